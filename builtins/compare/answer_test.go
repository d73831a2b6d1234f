package compare

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/task"
)

// A comparison holds numbers, and reads the samples again: they are those that
// it compared, or it says that they are not.
func TestAComparisonKnowsItsSamplesAgain(t *testing.T) {
	data := dataset(t, 10)
	test, base := evaluate(t, data, "fp8", map[string]any{"drop": 1.5}), evaluate(t, data, "bf16", nil)
	c := compared(t, test, base)
	before := c.Samples()
	require.NoError(t, before.Err())

	never := task.NewScorer("never", func(string, task.Question) bool { return false })
	require.NoError(t, test.Rescore(never))
	again := c.Samples()
	require.NoError(t, again.Err())
	require.Equal(t, before.String(), again.String(), "judged as it was compared")
	require.Equal(t, c.Pairs.Losses, again.Where("outcome == 'loss'").Len())
	require.NoError(t, test.Rescore(nil))

	path := filepath.Join(test.Dir(), "samples.jsonl")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := bytes.SplitAfter(text, []byte("\n"))
	for i, line := range lines {
		if bytes.HasPrefix(line, []byte(`{"index":17,`)) {
			lines[i] = bytes.Replace(line, []byte(`"output":"`), []byte(`"output":"not `), 1)
		}
	}
	require.NoError(t, os.WriteFile(path+".new", bytes.Join(lines, nil), 0o644))
	require.NoError(t, os.Rename(path+".new", path))
	want := "samples of fp8 compared with bf16: sample 17 was computed anew since it was compared: compare again"
	require.EqualError(t, c.Samples().Err(), want)
	_, err = c.LogitsFigure()
	require.EqualError(t, err, want)
	require.NoError(t, compared(t, test, base).Samples().Err())
}
