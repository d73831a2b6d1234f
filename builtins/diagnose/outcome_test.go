package diagnose

import (
	"fmt"
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

// One subject that is lost is not long prompts that are, though all of its own
// are the longest; several whose loss rises with their length may be.
func TestALostSubjectOfLongPromptsIsNoFaultOfLength(t *testing.T) {
	ask := func(lost func(subject, i int) bool) (rho, p float64) {
		var pairs []answered
		for subject := range 12 {
			for i := range 40 {
				s := run.Sample{Subject: fmt.Sprint(subject), Correct: true, PromptTokens: 100*subject + i}
				test := s
				test.Correct = !lost(subject, i)
				pairs = append(pairs, answered{test: test, base: s})
			}
		}
		rho, p, n := lengthCorrelation(pairs)
		require.Equal(t, 480, n)
		return rho, p
	}
	rho, p := ask(func(subject, i int) bool { return subject == 11 && i%4 > 0 || i == 0 })
	require.Greater(t, rho, 0.2)
	require.Greater(t, p, 0.01)
	rho, p = ask(func(subject, i int) bool { return i%13 <= subject/2 })
	require.Greater(t, rho, 0.2)
	require.Less(t, p, 0.01)
}
