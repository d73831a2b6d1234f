package evaltest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadATranscript(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(file, []byte("=== one\nx := 1\n---\nx\n>>> => 1\n=== silent\ny := 2\n>>>\n"), 0o644))
	got, err := Read(file)
	require.NoError(t, err)
	require.Equal(t, []Sequence{{"one", []string{"x := 1", "x"}, "=> 1"}, {"silent", []string{"y := 2"}, ""}}, got)
	require.True(t, got[0].Matches("=>  1\n"))
	require.True(t, Sequence{Want: "~ c"}.Matches("a b c"))
	require.False(t, got[0].Matches("=> 12"))
	require.True(t, Sequence{Want: "~ c\n~ a  b"}.Matches("a\nb c"))
	require.False(t, Sequence{Want: "~ c\n~ d"}.Matches("a b c"))
}
