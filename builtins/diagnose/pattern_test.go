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

// That no difference shows between subjects of a sample each says nothing.
func TestSubjectsAreAlikeWhereADifferenceWouldShow(t *testing.T) {
	of := func(pairs func(i int) stats.Paired) Pattern {
		c := &compare.Comparison{}
		var tables []stats.Paired
		for i := range 18 {
			tables = append(tables, pairs(i))
			c.N += pairs(i).N()
		}
		c.Change.Estimate = -.5
		p, err := evenly(c, tables)
		require.NoError(t, err)
		return p
	}
	one := of(func(i int) stats.Paired {
		if i%2 == 0 {
			return stats.Paired{Losses: 1}
		}
		return stats.Paired{BothRight: 1}
	})
	require.False(t, one.Known)
	require.False(t, one.Present)
	require.Equal(t, "cannot be seen with so few samples in each of 18 subjects: had half of them lost all that they can, and the others nothing, heterogeneity would have p = 1", one.Words)

	five := of(func(int) stats.Paired { return stats.Paired{BothRight: 3, Losses: 2} })
	require.True(t, five.Known)
	require.True(t, five.Present, five.Words)
	all := of(func(int) stats.Paired { return stats.Paired{Losses: 50} })
	require.True(t, all.Known)
	require.True(t, all.Present, "whoever loses everything is alike: %s", all.Words)
	some := of(func(i int) stats.Paired { return stats.Paired{BothRight: 3 - 3*(i%2), Losses: 3 * (i % 2)} })
	require.True(t, some.Known)
	require.False(t, some.Present, some.Words)
}
