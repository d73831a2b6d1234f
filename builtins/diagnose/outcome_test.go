package diagnose

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/run"
)

// A run without logits has no RMS: a ratio of 0 would be a cause made up.
func TestRunsWithoutLogitsHaveNoRatioOfThem(t *testing.T) {
	with := run.Sample{Row: 0, RMS: 2}
	for _, p := range []answered{
		{test: run.Sample{Row: -1}, base: with},
		{test: with, base: run.Sample{Row: -1}},
	} {
		facts := Facts{}
		observeLogits(&compare.Comparison{}, []answered{p}, facts)
		require.Empty(t, facts)
	}
	facts := Facts{}
	observeLogits(&compare.Comparison{}, []answered{{test: run.Sample{Row: 0, RMS: 4}, base: with}}, facts)
	require.InDelta(t, 2, facts["logits.rms_ratio"].Value, 1e-12)
}
