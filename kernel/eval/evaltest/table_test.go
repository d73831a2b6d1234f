package evaltest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFormatWritesWhatReadReads(t *testing.T) {
	list := []Sequence{
		{"one", []string{"x := 1\nx"}, "=> 1"},
		{"lines", []string{"fmt.Println(1)\nfmt.Println(2)"}, "1\n2"},
		{"two cells", []string{"x := 1", "x"}, "=> 1"},
		{"silent", []string{"y := 2"}, ""},
	}
	file := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(file, Format(list), 0o644))
	got, err := Read(file)
	require.NoError(t, err)
	require.Equal(t, list, got)
}

func TestTableFiles(t *testing.T) {
	_, err := TableFiles(t.TempDir())
	require.ErrorContains(t, err, "no table")
	files, err := TableFiles("../testdata/boundary")
	require.NoError(t, err)
	require.Contains(t, files, "../testdata/boundary/fmt.txt")
	require.Equal(t, "fmt", TableName("../testdata/boundary/fmt.txt"))
	require.True(t, MayRefuse("x/may-refuse.txt"))
	require.False(t, MayRefuse("may-refuse/fmt.txt"))
}
