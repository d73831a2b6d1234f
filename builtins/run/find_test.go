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

	for _, dir := range []string{"20261126-235959-served-fp8", "20261127-000000-served-fp8", "20261127-000001-dense"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, dir), 0o755))
	}
	for name, meant := range map[string]string{
		"served-fp8": "20261127-000000-served-fp8", "served fp8": "20261127-000000-served-fp8", "20261127-00001-dense": "20261127-000001-dense",
	} {
		_, err = Find(name)
		require.ErrorContains(t, err, root+"; did you mean \""+meant+"\"?")
	}

	_, err = Find("lost")
	require.ErrorContains(t, err, "no run lost: neither a directory here nor the name of a run below "+root)
	require.NotContains(t, err.Error(), "did you mean")
	require.NoError(t, os.WriteFile("samples.jsonl", nil, 0o644))
	_, err = Find("samples.jsonl")
	require.ErrorContains(t, err, "samples.jsonl is a file: want the directory of a run")
	_, err = Find("./lost")
	require.ErrorContains(t, err, "holds no run")
}
