package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// release is the Go that the committed files are of.
const release = "go1.26."

func TestGeneratedFilesAreCurrent(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the standard library")
	}
	if !strings.HasPrefix(runtime.Version(), release) {
		t.Skipf("the generated files are those of %s*, this is %s", release, runtime.Version())
	}
	const dir = "../.."
	files, err := generate(dir)
	require.NoError(t, err)
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		if filepath.Ext(name) == ".zip" { // compression may change
			require.Equal(t, entries(t, want), entries(t, got), "%s: run make generate", name)
		} else {
			require.Equal(t, string(want), string(got), "%s: run make generate", name)
		}
	}
	old, err := filepath.Glob(filepath.Join(dir, prefix+"*.go"))
	require.NoError(t, err)
	for _, name := range old {
		rel, err := filepath.Rel(dir, name)
		require.NoError(t, err)
		require.Contains(t, files, rel, "it is of a package that is gone: run make generate")
	}
}

func entries(t *testing.T, archive []byte) map[string]string {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	require.NoError(t, err)
	out := map[string]string{}
	for _, f := range r.File {
		e, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(e)
		require.NoError(t, err)
		out[f.Name] = string(text)
	}
	return out
}
