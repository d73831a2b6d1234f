package cache

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAFolderThatCannotBeWrittenIsSaid(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o644))
	err := Once(filepath.Join(blocked, "adkernel", "demo"), func(string) error { return nil })
	require.ErrorContains(t, err, blocked)
	require.ErrorContains(t, err, "set ADKERNEL_CACHE to a folder that can be written")
}

func TestWhatAKilledProgramLeftIsSwept(t *testing.T) {
	root := t.TempDir()
	left := filepath.Join(root, "another-model.tmp-1234")
	require.NoError(t, os.MkdirAll(filepath.Join(left, "new"), 0o755))
	then := time.Now().Add(-48 * time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(left, "new"), then, then))
	require.NoError(t, os.Chtimes(left, then, then))
	require.NoError(t, Once(filepath.Join(root, "model"), func(dir string) error { return os.Mkdir(dir, 0o755) }))
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, "model", entries[0].Name())
}
