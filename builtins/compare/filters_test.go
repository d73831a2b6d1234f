package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

// gsm8kRun is a run of outputs to GSM8K's questions, whose answers are 7.
func gsm8kRun(t *testing.T, name string, outputs []string) *run.Run {
	t.Helper()
	spec := run.Spec{Deployment: engine.Deployment{Name: name, Model: name}, Task: task.Spec{Kind: "gsm8k"},
		Import: &run.Import{Format: "test", Filter: "flexible-extract"}}
	w, err := run.NewWriter(spec, run.Options{Root: t.TempDir(), Name: name})
	require.NoError(t, err)
	for i, output := range outputs {
		verdicts := task.Spec{Kind: "gsm8k"}.Verdicts("3 + 4\n#### 7", output)
		require.NoError(t, w.Add(run.Sample{Index: i, Subject: "gsm8k", Question: i, Ref: "7", Output: output, Verdicts: verdicts,
			Correct: verdicts[1].Correct, Margin: float32(math.NaN())}, fmt.Sprint("question ", i), nil))
	}
	r, err := w.Finish()
	require.NoError(t, err)
	return r
}

func TestEachFilterAndTheirMeanAreCompared(t *testing.T) {
	const both, flexible, none = "#### 7", "it is 7", "I do not know"
	var test, base []string
	for i := range 100 {
		base = append(base, both)
		switch {
		case i < 20:
			test = append(test, flexible)
		case i < 25:
			test = append(test, none)
		default:
			test = append(test, both)
		}
	}
	testRun, baseRun := gsm8kRun(t, "fp8", test), gsm8kRun(t, "bf16", base)
	c := compared(t, testRun, baseRun)
	golden(t, "filters.txt", c.MimeBundle().Plain())
	require.Equal(t, 5, c.Pairs.Losses, "flexible-extract judges")
	require.Len(t, c.Filters, 2)
	require.Equal(t, 25, c.Filters[0].Pairs.Losses)
	require.False(t, c.Filters[0].Decides)
	require.True(t, c.Filters[1].Decides)
	require.InDelta(t, 0.85, c.Mean.Test, 1e-12)
	require.InDelta(t, -0.15, c.Mean.Change.Estimate, 1e-12)
	require.InDelta(t, 85, c.Gate.Score, 1e-9, "the gate is of what TensorRT-LLM reports")

	strictTest, err := testRun.By("strict-match")
	require.NoError(t, err)
	strictBase, err := baseRun.By("strict-match")
	require.NoError(t, err)
	strict := compared(t, strictTest, strictBase)
	require.Equal(t, 25, strict.Pairs.Losses)
	require.Equal(t, "filter strict-match", strict.JudgedBy)
	require.Equal(t, c.Filters[0].Pairs, strict.Pairs)
	require.Equal(t, c.Mean, strict.Mean)
	_, err = Runs(strictTest, baseRun)
	require.ErrorContains(t, err, "filter strict-match judges the answers of fp8, and filter flexible-extract those of bf16")
	_, err = Inspect(strictTest, baseRun, 3)
	require.ErrorContains(t, err, "inspect fp8 beside bf16: filter strict-match judges the answers of fp8")
	in, err := Inspect(strictTest, strictBase, 3)
	require.NoError(t, err)
	require.Equal(t, "loss", in.outcome())
	_, err = testRun.By("loose")
	require.ErrorContains(t, err, `filter "loose": there are ["strict-match" "flexible-extract"]`)

	text, err := json.Marshal(c)
	require.NoError(t, err)
	var back struct {
		Filters []struct{ Filter string }
		Mean    struct{ Test, Base float64 } `json:"mean_of_filters"`
	}
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, "strict-match", back.Filters[0].Filter)
	require.InDelta(t, 85, back.Mean.Test, 1e-9)
}

// Ten samples without a flip do not show that there is none.
func TestAMeanOfFiltersWithoutAFlipHasAnInterval(t *testing.T) {
	run := gsm8kRun(t, "bf16", slices.Repeat([]string{"#### 7"}, 10))
	c := compared(t, run, run)
	require.InDelta(t, c.Filters[0].Change.Low, c.Mean.Change.Low, 1e-9)
	require.Less(t, c.Mean.Change.Low, -0.2)
	require.Greater(t, c.Mean.Change.High, 0.2)
}

func TestAnswersWithoutAVerdictAreNamedAndLeftOut(t *testing.T) {
	data := dataset(t, 10)
	test, base := evaluate(t, data, "fp8", nil), evaluate(t, data, "bf16", nil)
	scorer := task.NewScorer("right", func(answer string, q task.Question) bool {
		if q.Subject == "virology" && q.Index < 5 {
			panic(fmt.Errorf("no rule for %d", q.Index))
		}
		return true
	})
	require.NoError(t, test.Rescore(scorer))
	_, err := Runs(test, base)
	require.ErrorContains(t, err, "the task's rule those of bf16: choose one for both")
	require.NoError(t, base.Rescore(scorer))
	c := compared(t, test, base)
	require.Equal(t, 35, c.N)
	require.Len(t, c.Unjudged, 10)
	require.Contains(t, c.MimeBundle().Plain(), "10 answers have no verdict and left out: sample 30 of fp8: the function that judges it panicked: no rule for 0; "+
		"sample 30 of bf16: the function that judges it panicked: no rule for 0; sample 31 of fp8: the function that judges it panicked: no rule for 1; and 7 more.")

	all := task.NewScorer("none", func(string, task.Question) bool { panic("no") })
	require.NoError(t, test.Rescore(all))
	require.NoError(t, base.Rescore(all))
	_, err = Runs(test, base)
	require.ErrorContains(t, err, "not one of 40 samples has a verdict in both: sample 0 of fp8: the function that judges it panicked: no")
}
