package wholefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestAnErrorLeavesWhatWasThere(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o640))
	full := errors.New("no space left on device")
	require.ErrorIs(t, Write(path, func(w io.Writer) error {
		_, _ = w.Write(make([]byte, 1<<20))
		return full
	}), full)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, left, 1)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(got))
	require.ErrorContains(t, Write(folder, text("new")), "it is not a regular file")
	require.ErrorIs(t, Write(filepath.Join(folder, "none", "file"), text("new")), os.ErrNotExist)
}

func TestAFileKeepsItsPermissionsAndItsLinks(t *testing.T) {
	folder := t.TempDir()
	path, link := filepath.Join(folder, "file"), filepath.Join(folder, "link")
	require.NoError(t, os.Symlink(path, link))
	for _, mode := range []os.FileMode{0o640, 0o666} { // which a umask would make 0644
		require.NoError(t, os.WriteFile(path, nil, mode))
		require.NoError(t, os.Chmod(path, mode))
		require.NoError(t, Write(link, text("new")))
		info, err := os.Lstat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode())
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "new", string(got))
	}
	target, err := os.Readlink(link)
	require.NoError(t, err)
	require.Equal(t, path, target)
}
