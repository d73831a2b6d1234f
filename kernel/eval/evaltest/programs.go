package evaltest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/internal/program"
)

// Programs evaluates every program (NAME.go.txt) of a folder as one cell, and
// compares what it prints with what it printed when compiled (NAME.out), to
// the letter. known names the programs that fail, each with the reason; one
// that passes although it is listed fails the test.
func Programs(t *testing.T, start New, known map[string]string, folder string) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	listed := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".go.txt")
		listed[name] = true
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(strings.TrimSuffix(file, ".go.txt") + ".out")
			require.NoError(t, err)
			got, err := runProgram(file, start)
			ok := err == nil && got == string(want)
			_, isKnown := known[name]
			switch {
			case ok && isKnown:
				t.Errorf("passes, but is listed as failing (%s)", known[name])
			case !ok && !isKnown:
				require.NoError(t, err)
				require.Equal(t, string(want), got)
			}
		})
	}
	for name := range known {
		if !listed[name] {
			t.Errorf("%s is listed as failing, but there is no such program", name)
		}
	}
}

func runProgram(file string, start New) (string, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	cell, err := program.Parse(filepath.Base(file), src)
	if err != nil {
		return "", err
	}
	var stdout, stderr Buffer
	e, err := start(&stdout, &stderr)
	if err != nil {
		return "", err
	}
	_, err = e.Evaluate(context.Background(), cell)
	return stdout.String(), errors.Join(err, e.Close())
}
