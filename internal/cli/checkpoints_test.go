package cli

import (
	"os"
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

// What calibrates is every task of launch's, in its words.
func TestQuantizeCalibratesWithLaunchsTasks(t *testing.T) {
	demo, err := filepath.Abs(filepath.Join("..", "..", "notebooks", "demo"))
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	write("mine.jsonl", `{"question": "12+30=", "answer": "42"}`+"\n"+`{"question": "7+7=", "answer": "14"}`+"\n")
	write("mine.yaml", "deployment: {model: elsewhere}\ntask: {kind: questions, dataset: mine.jsonl}\n")
	write("mmlu.yaml", "task: {kind: mmlu, dataset: "+filepath.Join(demo, "task")+", samples: 9}\n")
	write("chat.yaml", "task: {kind: questions, dataset: mine.jsonl, chat: true}\n")
	write("case.yaml", "case: fp8-drop\n")
	write("none.yaml", "deployment: {model: x}\n")
	write("wrong.yaml", "task: {kind: mmul}\n")
	quantize := func(out string, more ...string) (status int, stderr string) {
		status, _, stderr = adkernel(t, dir, append([]string{"quantize", filepath.Join(demo, "dense"), "--as", "fp8", "-o", out}, more...)...)
		return status, stderr
	}
	weights := func(out string) string {
		text, err := os.ReadFile(filepath.Join(dir, out, "model.safetensors"))
		require.NoError(t, err)
		return string(text)
	}
	for out, calibrate := range map[string][]string{
		"mine": {"--calibrate", "mine.yaml"}, "both": {"--calibrate", "mine.yaml", "--calibrate", "mmlu.yaml"},
		"mmlu": {"--calibrate", "mmlu.yaml"}, "folder": {"--calibrate", filepath.Join(demo, "task"), "--samples", "9"},
	} {
		status, stderr := quantize(out, calibrate...)
		require.Equal(t, exitOK, status, stderr)
	}
	require.Equal(t, weights("folder"), weights("mmlu"), "a folder is MMLU's")
	require.NotEqual(t, weights("mine"), weights("mmlu"), "the prompts decide the scales")
	require.NotEqual(t, weights("mine"), weights("both"))

	for want, calibrate := range map[string][]string{
		"no chat template":                 {"--calibrate", "chat.yaml"},
		`case`:                             {"--calibrate", "case.yaml"},
		"none.yaml: task.kind is missing":  {"--calibrate", "none.yaml"},
		`kind "mmul" is not known`:         {"--calibrate", "wrong.yaml"},
		"--samples is of a folder: a file": {"--calibrate", "mine.yaml", "--samples", "3"},
		"--samples -1: want 1 or more":     {"--calibrate", "mine.yaml", "--samples=-1"},
	} {
		status, stderr := quantize("wrong", calibrate...)
		require.NotEqual(t, exitOK, status)
		require.Contains(t, stderr, want)
		require.NoDirExists(t, filepath.Join(dir, "wrong"))
	}
}
