package yamltext

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecode(t *testing.T) {
	var m map[string]any
	require.NoError(t, Decode([]byte("a: 1\nb: {c: x}\n"), &m))
	require.Equal(t, map[string]any{"a": uint64(1), "b": map[string]any{"c": "x"}}, m)
	require.NoError(t, Decode(nil, &m), "empty text changes nothing")
	require.Len(t, m, 2)
}

func TestDecodeStrictRefusesUnknownFields(t *testing.T) {
	var v struct{ Known int }
	require.NoError(t, DecodeStrict([]byte("known: 3"), &v))
	require.Error(t, DecodeStrict([]byte("unknown: 3"), &v))
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"a: 1", "rules:\n !0 #000", "[", "a: &b [*b]", "- !!binary x", "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var m map[string]any
		_ = Decode(text, &m) // an error or a value, never a panic
	})
}
