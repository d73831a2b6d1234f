package cli

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
)

// Weights without the scales that engines want are no checkpoint, and
// calibration that is not kept would look as if it had been.
func TestQuantizeIsCalibratedExactlyWhereScalesAreStored(t *testing.T) {
	demo, err := filepath.Abs(filepath.Join("..", "..", "notebooks", "demo"))
	require.NoError(t, err)
	for format, calibrated := range map[checkpoint.Format]bool{checkpoint.FP8: true, checkpoint.NVFP4: true, checkpoint.FP8Block: false} {
		t.Run(string(format), func(t *testing.T) {
			dir := t.TempDir()
			quantize := func(out string, more ...string) (status int, stderr string) {
				args := append([]string{"quantize", filepath.Join(demo, "dense"), "--as", string(format), "-o", out}, more...)
				status, _, stderr = adkernel(t, dir, args...)
				return status, stderr
			}
			right, wrong := []string{"--calibrate", filepath.Join(demo, "task"), "--samples", "9"}, []string(nil)
			if !calibrated {
				right, wrong = wrong, right
			}
			status, stderr := quantize("wrong", wrong...)
			require.Equal(t, exitFailed, status)
			require.Contains(t, stderr, "--calibrate")
			require.NoDirExists(t, filepath.Join(dir, "wrong"))

			status, stderr = quantize("right", right...)
			require.Equal(t, exitOK, status, stderr)
			status, _, stderr = adkernel(t, dir, "logits", "--model", "right", "--prompt-ids", "1,2,3")
			require.Equal(t, exitOK, status, "an engine takes it: %s", stderr)
		})
	}
}
