package diagnose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine/backend"
)

// The four cases, n = 180: the true cause is first, and its mechanism shown.
func TestTheTrueCauseOfEveryCaseIsRankedFirst(t *testing.T) {
	for _, want := range []struct{ name, suspect, evidence string }{
		{"fp8-drop", "block-scale", "120 of 576 rows have a wrong factor"},
		{"nvfp4-collapse", "to-for-view", "converted as integers (`.to`)"},
		{"bf16-drop", "attention-scale", "where config.json's head size of 32 means 1/√32"},
		{"moe-drop", "all-reduce-per-branch", "by world_size 2 makes the logits right"},
	} {
		t.Run(want.name, func(t *testing.T) {
			c := openCase(t, want.name)
			cmp := compared(t, want.name, caseSamples, c.Deploy, c.Base)
			require.Equal(t, compare.RealLoss, cmp.Verdict.Outcome, cmp.Verdict.Words)
			d, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Open: backend.Open})
			require.NoError(t, err)
			t.Log("\n" + d.MimeBundle().Plain())
			for _, p := range d.Probes {
				if p.Name != "outputs of the modules" && p.Name != "logits at every position" { // which this engine does not tell
					require.Empty(t, p.Failed, p.Name)
				}
			}
			require.Equal(t, want.suspect, d.Suspects[0].Name)
			require.Equal(t, diagnose.Shown, d.Suspects[0].Standing)
			require.Contains(t, d.Suspects[0].For[0].Words, want.evidence)
			require.NotEqual(t, diagnose.Shown, d.Suspects[1].Standing)
			require.NotContains(t, d.Words, "nothing measured tells apart")
			if e, asked := d.Facts["unquantized.excess"].Value.(float64); asked { // on a sound engine
				require.Greater(t, e, 0.3, "by the unquantized model's own rounding")
				require.Less(t, e, 3.0)
			}
		})
	}
}
