package cache

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFolderThatCannotBeWrittenIsSaid(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o644))
	err := Once(filepath.Join(blocked, "adkernel", "demo"), func(string) error { return nil })
	require.ErrorContains(t, err, blocked)
	require.ErrorContains(t, err, "set ADKERNEL_CACHE to a folder that can be written")
}
