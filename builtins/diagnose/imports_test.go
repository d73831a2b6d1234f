package diagnose

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// imported is a run of texts without token ids, as other evaluators leave them.
func imported(t *testing.T, name, subject string, answer func(int) string) *run.Run {
	t.Helper()
	spec := run.Spec{Deployment: engine.Deployment{Name: name, Model: name},
		Import: &run.Import{Format: "lm-eval samples", Missing: []run.Missing{{What: run.TheTokenIDs, Why: "lm-eval keeps texts"}}}}
	w, err := run.NewWriter(spec, run.Options{Root: t.TempDir(), Name: name})
	require.NoError(t, err)
	for i := range 80 {
		s := run.Sample{Index: i, Subject: subject, Question: i, Ref: "A", Output: answer(i), Row: -1}
		s.Correct = s.Output == s.Ref
		require.NoError(t, w.Add(s, fmt.Sprint("question ", i), nil))
	}
	r, err := w.Finish()
	require.NoError(t, err)
	return r
}

// The comparison pairs them by text, since their subjects have other names.
func TestImportsAreDiagnosedByTheirPatterns(t *testing.T) {
	right := func(int) string { return "A" }
	most := func(i int) string { return string("AAAB"[i%4]) }
	half := func(i int) string { return string("AB"[i%2]) }
	c, err := compare.Runs(imported(t, "fp8", "mmlu_abstract_algebra", half), imported(t, "bf16", "abstract_algebra", right))
	require.NoError(t, err)
	require.Equal(t, compare.RealLoss, c.Verdict.Outcome)
	never := func(context.Context, engine.Deployment, engine.Site) (engine.Engine, error) {
		t.Error("nothing can be asked without token ids")
		return nil, context.Canceled
	}
	d, err := Run(t.Context(), c, Options{Open: never})
	require.NoError(t, err)
	require.Contains(t, d.Outputs[0].Words, "40 of 40 losses are an answer, the wrong one")
	require.Len(t, d.Probes, 1)
	require.Contains(t, d.Probes[0].Failed, "token ids of the prompts: lm-eval keeps texts")
	require.InDelta(t, 1, shareOf(t, d.Facts, "output.answers"), 1e-12)
	require.Contains(t, d.MimeBundle().Plain(), "all probes: no result (not run: ")

	// A loss of a quarter is what block scales cost, and what anything costs.
	c, err = compare.Runs(imported(t, "fp8", "mmlu_abstract_algebra", most), imported(t, "bf16", "abstract_algebra", right))
	require.NoError(t, err)
	d, err = Run(t.Context(), c, Options{Open: never})
	require.NoError(t, err)
	require.NotContains(t, d.Words, "cause:")
	require.Contains(t, d.Words, "Nobody can be accused by the two runs alone")
	require.Contains(t, d.Words, "Open are 28 of 33 suspects (attention 5, ")
	require.Contains(t, d.Words, "run both here, Run(deploy, task) and Run(base, task)")
}
