package yaegi

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/evaltest"
)

func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("../testdata/cells/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	start := func(stdout, stderr io.Writer) (eval.Evaluator, error) {
		return New(eval.Vocabulary{}, Options{Stdout: stdout, Stderr: stderr})
	}
	evaltest.Run(t, start, knownFailures(t), files...)
}

func knownFailures(t *testing.T) map[string]string {
	b, err := os.ReadFile("testdata/known_failures.txt")
	require.NoError(t, err)
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if reason, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && reason != "#" {
			out[name] = reason
		}
	}
	return out
}
