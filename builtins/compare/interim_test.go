package compare

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/internal/runtest"
)

// Runs that share a part: what is left out is said of each.
func TestSamplesOfOneRunAloneAreNotCalledUnfinished(t *testing.T) {
	data := dataset(t, 10)
	evaluate := func(label string, narrow task.Spec) *run.Run {
		narrow.Kind, narrow.Dataset = "mmlu", data
		r, err := run.Launch(t.Context(), run.Spec{Deployment: engine.Deployment{Name: label, Model: "none"}, Task: narrow},
			run.Options{Root: t.TempDir(), Name: label, Command: runtest.Command()})
		require.NoError(t, err)
		require.NoError(t, r.Wait(t.Context()))
		return r
	}
	all := evaluate("bf16", task.Spec{})
	few := compared(t, evaluate("few", task.Spec{Samples: 20}), all)
	require.Equal(t, LeftOut{}, few.TestLeft)
	require.Equal(t, LeftOut{Alone: 20}, few.BaseLeft)
	require.Nil(t, few.Interim)
	text := few.MimeBundle().Plain()
	require.Contains(t, text, "Left out: 20 samples of bf16 without a counterpart in few.")
	require.NotContains(t, text, "not finished")

	first := evaluate("first", task.Spec{Subjects: []string{"anatomy", "astronomy", "machine_learning"}})
	last := evaluate("last", task.Spec{Subjects: []string{"astronomy", "machine_learning", "virology"}})
	part := compared(t, first, last)
	require.Equal(t, 20, part.N)
	require.Contains(t, part.MimeBundle().Plain(), "Left out: 10 samples of first without a counterpart in last; 10 samples of last without a counterpart in first.")
	require.NotContains(t, compared(t, all, all).MimeBundle().Plain(), "Left out")
}

func TestRunsThatAreNotFinishedAreLookedAtOnce(t *testing.T) {
	data := dataset(t, 100)
	base := evaluate(t, data, "bf16", nil)
	for name, its := range map[string]struct {
		settings map[string]any
		words    string
		rejects  bool
	}{
		"a loss at every look": {map[string]any{"drop": 4.0, "stop": 120}, "(e-process) shows a loss.", true},
		"a loss at this look":  {map[string]any{"drop": 1.2, "stop": 9}, "(e-process) shows no loss yet.", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := compared(t, evaluate(t, data, "fp8", its.settings), base)
			require.Equal(t, RealLoss, c.Verdict.Outcome, c.Verdict.Words)
			require.Contains(t, c.Verdict.Words, " The runs are not finished, and this is one look at them; what is valid at every look "+its.words)
			require.Equal(t, its.rejects, c.Interim.Evidence.Rejects(c.Design.Alpha))
			require.Equal(t, its.rejects, c.Interim.Change.High < 0)
			require.Contains(t, c.MimeBundle().Plain(), "  at every look        e-process on discordant pairs")
			text, err := json.Marshal(c)
			require.NoError(t, err)
			var back struct{ Interim *struct{ Rejects bool } }
			require.NoError(t, json.Unmarshal(text, &back))
			require.Equal(t, its.rejects, back.Interim.Rejects)
		})
	}
	require.Nil(t, compared(t, base, base).Interim)
}
