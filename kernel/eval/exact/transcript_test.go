package exact

import (
	"io"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/evaltest"
)

func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("../testdata/cells/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	evaltest.Run(t, start, nil, files...)
}

func start(stdout, stderr io.Writer) (eval.Evaluator, error) {
	return New(eval.Vocabulary{}, Options{Stdout: stdout, Stderr: stderr})
}

func TestTheNativeBoundaryIsAsCompiled(t *testing.T) {
	evaltest.Table(t, start, nil, "../testdata/boundary")
}

func TestGeneratedPrograms(t *testing.T) {
	evaltest.Programs(t, start, nil, "../testdata/generated")
}
