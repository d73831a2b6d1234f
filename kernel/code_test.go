package kernel

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func FuzzCursorsCountCodePoints(f *testing.F) {
	for _, s := range []string{"", "x := 1", "é𝒳🙂\n", "e\u0301", "\xff"} {
		for _, n := range []int{-1, 0, 1, 3, 100} {
			f.Add(s, n)
		}
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		if !utf8.ValidString(text) {
			return // not what JSON holds
		}
		at := byteOffset(text, n)
		require.True(t, at == len(text) || utf8.RuneStart(text[at]))
		require.Equal(t, min(max(n, 0), utf8.RuneCountInString(text)), runeOffset(text, at))
	})
}
