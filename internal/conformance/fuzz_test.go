package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/internal/conformance/generate"
)

func TestSections(t *testing.T) {
	require.Equal(t, map[string]string{"u0": "a\nb", "u1": "c\n"}, sections([]byte("== u0\na\nb\n== u1\nc\n")))
	require.Empty(t, sections([]byte("adkernel: refused: no\n")))
}

func TestWithout(t *testing.T) {
	u := generate.Unit{Name: "u", Source: `type T int

func u() {
	x := 1
	if x > 0 {
		x++
		mu.Lock()
	}
	x--
}
`}
	var got []string
	for at := 0; ; at++ {
		out, more, err := without(u, at, 1)
		require.NoError(t, err)
		if !more {
			break
		}
		got = append(got, out.Source)
	}
	require.Equal(t, []string{
		"type T int\n\nfunc u() {\n\tx := 1\n\tif x > 0 {\n\n\t\tmu.Lock()\n\t}\n\tx--\n}\n\n", // x++
		"type T int\n\nfunc u() {\n\tx := 1\n\tif x > 0 {\n\t\tx++\n\t\tmu.Lock()\n\t}\n\n}\n\n",
		"type T int\n\nfunc u() {\n\tx := 1\n\n\tx--\n}\n\n",
		"type T int\n\nfunc u() {\n\n\tif x > 0 {\n\t\tx++\n\t\tmu.Lock()\n\t}\n\tx--\n}\n\n",
		"func u() {\n\tx := 1\n\tif x > 0 {\n\t\tx++\n\t\tmu.Lock()\n\t}\n\tx--\n}\n\n",
	}, got)
}

// TestFuzzFindsAWrongCommand has a command that is wrong in a way: the
// compiler, and every line that shows a variable changed.
func TestFuzzFindsAWrongCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles several programs")
	}
	dir := t.TempDir()
	wrong := filepath.Join(dir, "wrong")
	require.NoError(t, os.WriteFile(wrong, []byte("#!/bin/sh\ngo run \"$1\" 2>&1 | sed 's/^v/V/'\n"), 0o755))
	to := filepath.Join(dir, "found")
	var out bytes.Buffer
	err := fuzzCommand(t.Context(), []string{"-n", "1", "-seed", "4", "-shrink", "3", "-timeout", "120s", "-o", to, "--", wrong}, &out)
	require.ErrorIs(t, err, errGate)
	require.Contains(t, out.String(), "u0 differs")
	small, err := os.ReadFile(filepath.Join(to, "u0.go"))
	require.NoError(t, err)
	whole, err := generate.Program([]generate.Unit{generate.New(4, 0)})
	require.NoError(t, err)
	require.Less(t, len(small), len(whole))
	for _, name := range []string{"u0.want", "u0.got"} {
		require.FileExists(t, filepath.Join(to, name))
	}

	right := filepath.Join(dir, "right")
	require.NoError(t, os.WriteFile(right, []byte("#!/bin/sh\nexec go run \"$1\"\n"), 0o755))
	require.NoError(t, fuzzCommand(t.Context(), []string{"-n", "2", "-seed", "4", "-timeout", "120s", "-memory", "0", "-o", to, "--", right}, &out))
	require.Contains(t, out.String(), "2 functions as go run, 0 refused, 0 different")
}
