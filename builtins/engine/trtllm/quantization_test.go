package trtllm_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuantizationIsNamedAsTheRecordsNameIt(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on this machine")
	}
	out, err := exec.Command(python, "testdata/check_quantization.py", "python").CombinedOutput()
	require.NoError(t, err, "%s", out)
}
