package diagnose

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
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
		pairs = append(pairs, answered{test: sample(output), base: sample("Let's see: 3 + 4 = 7.\n#### 7")})
	}
	facts := Facts{}
	observeOutputs(pairs, facts)
	require.InDelta(t, .5, shareOf(t, facts, "output.answers"), 1e-12)
	require.InDelta(t, .25, shareOf(t, facts, "output.empty"), 1e-12)
	require.InDelta(t, .25, shareOf(t, facts, "output.stopped"), 1e-12)
	require.NotContains(t, facts, "output.meta")
	require.NotContains(t, facts, "output.gibberish")
}

func TestWhatTheBaseLooksLikeTooIsNoFault(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	// Questions with choices, answered at length or not at all.
	pair := func(test, base string) answered {
		return answered{run.Sample{Ref: "B", Output: test, Finish: "stop"}, run.Sample{Ref: "B", Output: base, Finish: "stop"}, 4}
	}
	pairs := []answered{pair("Let me think: C", "Let me think: B"), pair("It is C", "It is B"), pair("It is C", "It is B"), pair("", ""), pair("", "")}
	facts := Facts{}
	observeOutputs(pairs, facts)
	for _, run := range []string{"output.", "output.base_"} {
		require.InDelta(t, .4, shareOf(t, facts, run+"gibberish"), 1e-12)
		require.InDelta(t, .4, shareOf(t, facts, run+"empty"), 1e-12)
		require.InDelta(t, .4, shareOf(t, facts, run+"stopped"), 1e-12)
	}
	facts.set("engine.excess", .9, 8, "a table") // the logits are the reference's
	for _, p := range outputPatterns(&compare.Comparison{}, pairs, facts, nil) {
		require.False(t, p.Present, "%+v", p)
	}
	for _, s := range rank(entries, facts) {
		require.False(t, s.Standing.Accuses() && !s.Legitimate, "%+v", s)
		for _, e := range s.For {
			require.False(t, strings.Contains(e.Words, "neither answers nor words"), "%+v", s)
			require.False(t, strings.Contains(e.Words, "empty"), "%+v", s)
		}
	}
}

func TestRankedChoicesAreAnswers(t *testing.T) {
	choices := []run.Choice{{Text: "to the left"}, {Text: "zx"}}
	require.Equal(t, anAnswer, readerOf(nil).kind(run.Sample{Output: "to the left", Choices: choices}))
}

// Of a text that is no known answer nobody can say whether it is one.
func TestFreeTextIsNeitherAnAnswerNorGibberish(t *testing.T) {
	var pairs []answered
	for _, output := range []string{"The capital is Rome", "Rome", ""} {
		pairs = append(pairs, answered{test: run.Sample{Ref: "Paris", Output: output, Finish: "stop"}, base: run.Sample{Ref: "Paris", Output: "Paris", Correct: true, Finish: "stop"}})
	}
	facts := Facts{}
	observeOutputs(pairs, facts)
	require.InDelta(t, 1./3, shareOf(t, facts, "output.empty"), 1e-12)
	for _, name := range []string{"output.answers", "output.meta", "output.base_meta", "output.gibberish", "output.base_gibberish"} {
		require.NotContains(t, facts, name)
	}
	patterns := outputPatterns(&compare.Comparison{}, pairs, facts, nil)
	for _, i := range []int{0, 1, 3} {
		require.False(t, patterns[i].Known)
		require.Equal(t, "cannot be told of free text", patterns[i].Words)
	}
}

// An import need not say why outputs ended.
func TestAnEmptyOutputThatEndedForNoKnownReasonExcludesNothing(t *testing.T) {
	facts := Facts{}
	observeOutputs([]answered{{test: run.Sample{Ref: "A"}, base: run.Sample{Ref: "A", Output: "A"}}}, facts)
	require.InDelta(t, 1, shareOf(t, facts, "output.empty"), 1e-12)
	require.NotContains(t, facts, "output.stopped")
}

func TestWithoutPairsNoLettersAreKnown(t *testing.T) {
	require.Nil(t, letters(nil))
}
