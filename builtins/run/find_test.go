package run

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARunIsFoundByItsDirectoryAndByItsNameAmongThoseKept(t *testing.T) {
	root := t.TempDir()
	t.Setenv("ADKERNEL_RUNS", root)
	kept := filepath.Join(root, "kept")
	require.NoError(t, os.Mkdir(kept, 0o755))
	writeSpec := func(dir string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "spec.json"), []byte(`{"format":1}`), 0o644))
	}
	writeSpec(kept)
	t.Chdir(t.TempDir())

	for _, name := range []string{kept, "kept"} {
		r, err := Find(name)
		require.NoError(t, err)
		require.Equal(t, kept, r.Dir())
	}

	require.NoError(t, os.Mkdir("kept", 0o755)) // what is here comes first
	_, err := Find("kept")
	require.ErrorContains(t, err, "holds no run")
	writeSpec("kept")
	r, err := Find("kept")
	require.NoError(t, err)
	require.NotEqual(t, kept, r.Dir())

	_, err = Find("lost")
	require.ErrorContains(t, err, "no run lost: neither a directory here nor the name of a run below "+root)
	require.NoError(t, os.WriteFile("samples.jsonl", nil, 0o644))
	_, err = Find("samples.jsonl")
	require.ErrorContains(t, err, "samples.jsonl is a file: want the directory of a run")
	_, err = Find("./lost")
	require.ErrorContains(t, err, "holds no run")
}
