package diagnose

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// One wrong answer of two is no subject that guesses, even if the base has both
// right: its score there is not known to be 1.
func TestASubjectOfTwoSamplesIsNotNearChance(t *testing.T) {
	subjects := func(n int, lost stats.Paired) *compare.Comparison {
		c := &compare.Comparison{}
		for i := range 18 {
			s := compare.Subject{Pairs: stats.Paired{BothRight: n}}
			if i < 6 {
				s.Pairs = lost
			}
			c.BySubject = append(c.BySubject, s)
		}
		return c
	}
	near, err := nearChance(subjects(2, stats.Paired{BothRight: 1, Losses: 1}), .25)
	require.NoError(t, err)
	require.False(t, near.Known, "were both lost, it would be no more")
	require.False(t, near.Present)
	require.Equal(t, "cannot be seen: the base has too few samples right in each of 18 subjects", near.Words)

	near, err = nearChance(subjects(9, stats.Paired{BothRight: 8, Losses: 1}), .25)
	require.NoError(t, err)
	require.True(t, near.Known)
	require.False(t, near.Present, near.Words)

	near, err = nearChance(subjects(40, stats.Paired{BothRight: 12, Losses: 28}), .25)
	require.NoError(t, err)
	require.True(t, near.Present)
	require.Contains(t, near.Words, "6 of 18 subjects lose against the base and are not above 25 %")
}

// Many samples show a connection too weak to be the fault's; a card that says no
// beside a small p says why.
func TestAWeakConnectionWithLengthIsSaidToBeOne(t *testing.T) {
	var pairs []answered
	for i := range 4000 {
		s := run.Sample{Subject: "all", Correct: true, PromptTokens: i}
		test := s
		test.Correct = i%20 >= 4+i/2000
		pairs = append(pairs, answered{test: test, base: s})
	}
	p := followsLength(pairs)
	require.False(t, p.Present)
	require.Regexp(t, `Spearman \+0\.05 \(p = 0\.00\d+, between and within subjects\), too weak to count below 0\.1$`, p.Words)
}
