package run

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/task"
)

// ownSpec asks a file of a user's with n questions, whose answers scorer judges.
func ownSpec(t *testing.T, n int, scorer *task.Scorer) Spec {
	t.Helper()
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "{\"question\": \"question %d\", \"limit\": %d}\n", i, i)
	}
	path := filepath.Join(t.TempDir(), "own.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o644))
	spec := testSpec(dataset(t, 1), nil)
	spec.Task = task.Spec{Kind: "questions", Dataset: path, Scorer: scorer, MaxTokens: 2}
	return spec
}

func TestAFunctionJudgesAnswersOnceAndTheRunKeepsItsVerdicts(t *testing.T) {
	calls := 0
	scorer := task.NewScorer("func(answer string, q Question) bool { ... }", func(answer string, q task.Question) bool {
		calls++
		limit := q.Fields["limit"].(float64)
		if limit == 3 {
			panic("no number in " + q.Prompt)
		}
		return int(limit)%2 == 0
	})
	options := testOptions(t)
	r := executed(t, ownSpec(t, 8, scorer), options)

	samples, err := r.Samples()
	require.NoError(t, err)
	require.Equal(t, 8, calls)
	for i, s := range samples {
		require.Equal(t, i%2 == 0, s.Correct, "sample %d", i)
	}
	require.Equal(t, "the function that judges it panicked: no number in question 3", samples[3].Unjudged)
	p, err := r.Progress()
	require.NoError(t, err)
	require.Equal(t, []int{8, 4, 1}, []int{p.Done, p.Correct, p.Unjudged})
	require.Contains(t, r.MimeBundle().Plain(), "57.1 % of 7 judged, 95 % interval 25.0 to 84.2, n = 8")
	require.Equal(t, 8, calls, "each answer is judged once")

	f, err := r.Frame()
	require.NoError(t, err)
	row, err := f.Row(3)
	require.NoError(t, err)
	require.Nil(t, row["correct"])
	require.Equal(t, samples[3].Unjudged, row["unjudged"])

	list, err := Overview(options.Root)
	require.NoError(t, err)
	row, err = list.Row(0)
	require.NoError(t, err)
	require.InDelta(t, 400.0/7, row["accuracy"], 1e-9)

	// Another session has the function's text, and its verdicts.
	again, err := Attach(r.Dir())
	require.NoError(t, err)
	require.False(t, again.Spec().Task.Scorer.Live())
	require.Equal(t, scorer.Source(), again.Spec().Task.Scorer.Source())
	stored, err := again.Samples()
	require.NoError(t, err)
	want, err := json.Marshal(samples)
	require.NoError(t, err)
	got, err := json.Marshal(stored)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
}

func TestAnswersThatNobodyJudgedAreSaidToBe(t *testing.T) {
	scorer := task.NewScorer("right", func(string, task.Question) bool { return true })
	r := executed(t, ownSpec(t, 4, scorer), testOptions(t))
	_, err := os.Stat(filepath.Join(r.Dir(), verdictsFile))
	require.NoError(t, err, "waiting for it judged its answers")
	require.NoError(t, os.Remove(filepath.Join(r.Dir(), verdictsFile)))

	again, err := Attach(r.Dir())
	require.NoError(t, err)
	samples, err := again.Samples()
	require.NoError(t, err)
	for _, s := range samples {
		require.False(t, s.Correct)
		require.Equal(t, NotJudged, s.Unjudged)
	}
	require.Contains(t, again.MimeBundle().Plain(), "no answer judged")

	require.NoError(t, again.Rescore(task.NewScorer("other", func(_ string, q task.Question) bool { return q.Index < 1 })))
	p, err := again.Progress()
	require.NoError(t, err)
	require.Equal(t, []int{1, 0}, []int{p.Correct, p.Unjudged})
	state, err := again.State()
	require.NoError(t, err)
	require.Equal(t, []int{1, 0}, []int{state.Correct, state.Unjudged})
	require.Equal(t, "other", again.Spec().Task.Scorer.Source())
	require.ErrorContains(t, again.Rescore(nil), "the rule of its task never judged 4 of its answers")
}

func TestRescoreAndBackToTheRuleOfTheTask(t *testing.T) {
	r := executed(t, testSpec(dataset(t, 10), nil), testOptions(t))
	before, err := r.Samples()
	require.NoError(t, err)

	require.NoError(t, r.Rescore(task.NewScorer("never", func(string, task.Question) bool { return false })))
	require.Contains(t, r.JudgedBy(), "a function (")
	p, err := r.Progress()
	require.NoError(t, err)
	require.Zero(t, p.Correct)

	require.NoError(t, r.Rescore(nil))
	require.Empty(t, r.JudgedBy())
	after, err := r.Samples()
	require.NoError(t, err)
	require.Equal(t, before, after)
	state, err := r.State()
	require.NoError(t, err)
	require.Positive(t, state.Correct)
}

func TestAnAnswerThatWasComputedAnewIsJudgedAnew(t *testing.T) {
	r := executed(t, ownSpec(t, 3, task.NewScorer("right", func(string, task.Question) bool { return true })), testOptions(t))
	path := filepath.Join(r.Dir(), samplesFile)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var first struct{ Output string }
	require.NoError(t, json.Unmarshal([]byte(strings.SplitN(string(text), "\n", 2)[0]), &first))
	old, err := json.Marshal(first.Output)
	require.NoError(t, err)
	changed := strings.Replace(string(text), `"output":`+string(old), `"output":"another"`, 1)
	require.NotEqual(t, string(text), changed)
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o644))

	again, err := Attach(r.Dir())
	require.NoError(t, err)
	samples, err := again.Samples()
	require.NoError(t, err)
	n := 0
	for _, s := range samples {
		if s.Unjudged == NotJudged {
			n++
			require.Equal(t, "another", s.Output)
		}
	}
	require.Equal(t, 1, n)
}

func TestDamagedVerdictsAreAnError(t *testing.T) {
	r := executed(t, ownSpec(t, 3, task.NewScorer("right", func(string, task.Question) bool { return true })), testOptions(t))
	path := filepath.Join(r.Dir(), verdictsFile)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text[:len(text)-20], 0o644))
	again, err := Attach(r.Dir())
	require.NoError(t, err)
	_, err = again.Samples()
	require.ErrorContains(t, err, "verdicts.jsonl: line 4: not a verdict: delete the file")
}

func TestWhatEndsACellIsNoVerdict(t *testing.T) {
	scorer := task.NewScorer("interrupted", func(string, task.Question) bool { panic(leaving{}) })
	r := executed(t, testSpec(dataset(t, 5), nil), testOptions(t))
	require.Panics(t, func() { r.Rescore(scorer) })
	require.Panics(t, func() { r.Progress() }, "the locks are free")
	again, err := Attach(r.Dir())
	require.NoError(t, err)
	p, err := again.Progress()
	require.NoError(t, err)
	require.Equal(t, 10, p.Unjudged, "nothing was counted")
}

// leaving is marked as what an evaluator leaves a cell's function with.
type leaving struct{}

func (leaving) PassesPrinters() {}

func TestASessionIsToldThatAnotherOneNamedWhoJudges(t *testing.T) {
	options := testOptions(t)
	first := executed(t, ownSpec(t, 4, task.NewScorer("all", func(string, task.Question) bool { return true })), options)
	second, err := Attach(first.Dir())
	require.NoError(t, err)
	none := task.NewScorer("none", func(string, task.Question) bool { return false })

	require.NoError(t, second.Rescore(none))

	_, err = first.Samples()
	require.ErrorContains(t, err, "another session has let another function ("+none.Hash()[:12]+") judge its answers since (Rescore)")
	_, err = first.Sample(0)
	require.ErrorContains(t, err, "Attach to the run again")
	third, err := Attach(first.Dir())
	require.NoError(t, err)
	samples, err := third.Samples()
	require.NoError(t, err)
	for _, s := range samples {
		require.Empty(t, s.Unjudged, "the verdicts of the second are kept")
		require.False(t, s.Correct)
	}
	state, err := third.State()
	require.NoError(t, err)
	require.Equal(t, []int{0, 0}, []int{state.Correct, state.Unjudged})

	own := executed(t, testSpec(dataset(t, 4), nil), options)
	require.NoError(t, own.Rescore(none))
	other, err := Attach(own.Dir())
	require.NoError(t, err)
	require.NoError(t, other.Rescore(nil))
	_, err = own.Samples()
	require.ErrorContains(t, err, "another session has let the rule of its task judge its answers since")
}

// The function of one session judges while another one names another function.
func TestVerdictsOfTwoSessionsAreNotMixed(t *testing.T) {
	r := executed(t, ownSpec(t, 4, task.NewScorer("all", func(string, task.Question) bool { return true })), testOptions(t))
	other, err := Attach(r.Dir())
	require.NoError(t, err)
	none := task.NewScorer("none", func(string, task.Question) bool { return false })
	meanwhile := task.NewScorer("meanwhile", func(_ string, q task.Question) bool {
		if q.Index == 2 {
			require.NoError(t, other.Rescore(none))
		}
		return true
	})

	require.ErrorContains(t, r.Rescore(meanwhile), "another session has let another function")

	again, err := Attach(r.Dir())
	require.NoError(t, err)
	require.Equal(t, "none", again.Spec().Task.Scorer.Source())
	samples, err := again.Samples()
	require.NoError(t, err)
	for _, s := range samples {
		require.Empty(t, s.Unjudged)
		require.False(t, s.Correct)
	}
	state, err := again.State()
	require.NoError(t, err)
	require.Equal(t, []int{0, 0}, []int{state.Correct, state.Unjudged})
}

// Two sessions judge a run's answers by one function, each those that it reads.
func TestVerdictsOfTwoSessionsAddUp(t *testing.T) {
	scorer := task.NewScorer("all", func(string, task.Question) bool { return true })
	r := executed(t, ownSpec(t, 4, scorer), testOptions(t))
	require.NoError(t, os.Remove(filepath.Join(r.Dir(), verdictsFile)))
	var other *Run
	slow := task.NewScorer("all", func(_ string, q task.Question) bool {
		if q.Index == 0 {
			_, err := other.Sample(3)
			require.NoError(t, err)
		}
		return true
	})
	session := func(s *task.Scorer) *Run {
		again, err := Attach(r.Dir())
		require.NoError(t, err)
		again.scorer = s
		return again
	}
	other = session(scorer)

	_, err := session(slow).Sample(0)
	require.NoError(t, err)

	reader, err := Attach(r.Dir())
	require.NoError(t, err)
	for index, want := range []string{"", NotJudged, NotJudged, ""} {
		s, err := reader.Sample(index)
		require.NoError(t, err)
		require.Equal(t, want, s.Unjudged, "sample %d", index)
	}
}
