package diagnose

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/run"
	"adkernel/builtins/stats"
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

// Samples of one margin fall in one quartile: there are no larger margins to
// say anything about.
func TestEqualMarginsSayNothingOfLargeOnes(t *testing.T) {
	c := &compare.Comparison{Margins: &compare.Margins{Quartiles: [4]compare.Quartile{{Pairs: stats.Paired{BothRight: 30, Losses: 10}}}}}
	facts := Facts{}
	observeLogits(c, nil, facts)
	require.Empty(t, facts)
	p := hardQuestions(c)
	require.False(t, p.Known)
	require.Contains(t, p.Words, "all in one half")
}
