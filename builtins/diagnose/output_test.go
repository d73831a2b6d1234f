package diagnose

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

func shareOf(t *testing.T, facts Facts, name string) float64 {
	t.Helper()
	v, known := facts.number(name)
	require.True(t, known, name)
	return v
}

// GSM8K's right answers are whole solutions, and sound outputs begin as talk.
func TestWorkedAnswersAreJudgedByWhatFiltersFind(t *testing.T) {
	const ref = "3 + 4 = 7\n#### 7"
	sample := func(output string) run.Sample {
		return run.Sample{Ref: ref, Output: output, Finish: "stop", Verdicts: task.Spec{Kind: "gsm8k"}.Verdicts(ref, output)}
	}
	var pairs []answered
	for _, output := range []string{"Let's see: 3 + 4 = 7.\n#### 7", "<think> 3 and 4 </think> so 8", "", "zx qv"} {
		pairs = append(pairs, answered{sample(output), sample("Let's see: 3 + 4 = 7.\n#### 7")})
	}
	facts := Facts{}
	observeOutputs(pairs, facts)
	require.InDelta(t, .5, shareOf(t, facts, "output.answers"), 1e-12)
	require.InDelta(t, .25, shareOf(t, facts, "output.empty"), 1e-12)
	require.InDelta(t, .25, shareOf(t, facts, "output.stopped"), 1e-12)
	require.NotContains(t, facts, "output.meta")
	require.NotContains(t, facts, "output.gibberish")
	require.Zero(t, chance(pairs))
}

func TestWhatTheBaseLooksLikeTooIsNoFault(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	// A user's questions, answered at length.
	pair := func(test, base string) answered {
		return answered{run.Sample{Ref: "Paris", Output: test, Finish: "length"}, run.Sample{Ref: "Paris", Output: base, Finish: "length"}}
	}
	pairs := []answered{pair("Let me think: Rome", "Let me think: Paris"), pair("It is Rome", "It is Paris"), pair("It is Rome", "It is Paris")}
	facts := Facts{}
	observeOutputs(pairs, facts)
	require.InDelta(t, 2./3, shareOf(t, facts, "output.gibberish"), 1e-12)
	require.InDelta(t, 2./3, shareOf(t, facts, "output.base_gibberish"), 1e-12)
	for _, s := range rank(entries, facts) {
		require.False(t, s.accused(), "%+v", s)
		for _, e := range s.For {
			require.False(t, strings.Contains(e.Words, "neither answers nor words"), "%+v", s)
		}
	}
}

func TestRankedChoicesAreAnswers(t *testing.T) {
	choices := []run.Choice{{Text: "to the left"}, {Text: "zx"}}
	require.Equal(t, anAnswer, readerOf(nil).kind(run.Sample{Output: "to the left", Choices: choices}))
}

// An import need not say why outputs ended.
func TestAnEmptyOutputThatEndedForNoKnownReasonExcludesNothing(t *testing.T) {
	facts := Facts{}
	observeOutputs([]answered{{test: run.Sample{Ref: "A"}, base: run.Sample{Ref: "A", Output: "A"}}}, facts)
	require.InDelta(t, 1, shareOf(t, facts, "output.empty"), 1e-12)
	require.NotContains(t, facts, "output.stopped")
}

func TestWithoutPairsNothingIsKnownOfChance(t *testing.T) {
	require.Nil(t, answersOf(nil))
	require.Zero(t, chance(nil))
}
