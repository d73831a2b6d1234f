package vocabulary

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// zipped is an archive of entries, name and content by turns.
func zipped(t *testing.T, method uint16, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	require.NoError(t, w.SetComment("a/b"))
	for i := 0; i < len(entries); i += 2 {
		e, err := w.CreateHeader(&zip.FileHeader{Name: entries[i], Method: method})
		require.NoError(t, err)
		_, err = e.Write([]byte(entries[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestOpenReadsWhatTheArchiveHolds(t *testing.T) {
	v, err := Open(zipped(t, zip.Store, "a/b", "types", "a/b/c", "", DocsName, `{"a/b.F": {"Text": "F does.", "Example": "F()"}}`), nil)
	require.NoError(t, err)
	require.Equal(t, "a/b", v.Path)
	require.Equal(t, map[string][]byte{"a/b": []byte("types"), "a/b/c": {}}, v.Types)
	require.Equal(t, map[string]eval.Doc{"a/b.F": {Text: "F does.", Example: "F()"}}, v.Docs())
}

func TestADamagedArchiveIsAnError(t *testing.T) {
	_, err := Open([]byte("not a zip"), nil)
	require.ErrorContains(t, err, "vocabulary: ")
	_, err = Open(zipped(t, zip.Deflate, "a/b", "types"), nil)
	require.ErrorContains(t, err, "vocabulary: a/b: it is compressed")
	v, err := Open(zipped(t, zip.Store, "a/b", "types"), nil)
	require.NoError(t, err)
	require.PanicsWithValue(t, "vocabulary: docs.json is not what the generator writes: unexpected end of JSON input", func() { v.Docs() })
}
