package compare

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// pair is one question as both runs answered it: 80 bytes.
type pair struct {
	test, base answer
	subject    string // the base run's, of which there is one copy
}

func (p pair) outcome() stats.Paired {
	return stats.Outcome(p.base.has(correct), p.test.has(correct))
}

// outcomeWords names the outcome of one sample.
func outcomeWords(o stats.Paired) string {
	switch {
	case o.BothRight > 0:
		return "both right"
	case o.Losses > 0:
		return "loss"
	case o.Gains > 0:
		return "gain"
	}
	return "both wrong"
}

// A LeftOut counts the samples of one run that a comparison leaves out.
type LeftOut struct {
	Unfinished int `json:"unfinished"` // in this run
	Alone      int `json:"alone"`      // finished, and not a finished sample of the other run
}

// leftOut is what of a run with so many finished samples is in none of the pairs.
func leftOut(r *run.Run, finished, pairs int) (LeftOut, error) {
	state, err := r.State()
	return LeftOut{Unfinished: max(state.Total-finished, 0), Alone: finished - pairs}, err
}

// A joint is two runs paired.
type joint struct {
	pairs              []pair // in the base run's order
	testLeft, baseLeft LeftOut
	unjudged           []Unjudged
}

// join pairs the samples that both runs have finished, and counts those that
// have no partner.
func join(test, base *run.Run) (joint, error) {
	testSamples, err := digests(test)
	if err != nil {
		return joint{}, err
	}
	baseSamples, err := digests(base)
	if err != nil {
		return joint{}, err
	}
	places, err := partners(test, base, testSamples, baseSamples)
	if err != nil {
		return joint{}, err
	}
	refs := knowsRight(test) && knowsRight(base)
	both, differ, first := 0, 0, 0
	for i, at := range places {
		if at < 0 {
			continue
		}
		both++
		if t, b := testSamples[at].has(ranked), baseSamples[i].has(ranked); t != b {
			return joint{}, rankedAndGenerated(test, base, t)
		}
		same, err := asked(test, base, testSamples[at], baseSamples[i])
		if err != nil {
			return joint{}, err
		}
		if !same || refs && strings.TrimSpace(testSamples[at].ref) != strings.TrimSpace(baseSamples[i].ref) {
			if differ++; differ == 1 {
				first = i
			}
		}
	}
	if differ > 0 {
		return joint{}, fmt.Errorf("%d of %d prompts differ, so the scores say nothing about each other: %w", differ, both,
			difference(test, base, testSamples[places[first]], baseSamples[first]))
	}
	if both == 0 {
		err := fmt.Errorf("%w: none is finished in both (%d and %d are finished)", stats.ErrNoSamples, len(testSamples), len(baseSamples))
		if len(testSamples) > 0 && len(baseSamples) > 0 {
			t, b := testSamples[0].question, baseSamples[0].question
			err = fmt.Errorf("%w: the first are %s, question %d, and %s, question %d", err, t.subject, t.index, b.subject, b.index)
		}
		if t, b := test.Spec().Task.Kind, base.Spec().Task.Kind; t != b && t != "" && b != "" {
			err = fmt.Errorf("%w: they are runs of two tasks, %s and %s", err, t, b)
		}
		return joint{}, errors.Join(err, failure(test), failure(base))
	}
	// Runs of two tasks are told so first, and not to be asked alike.
	if err := errors.Join(judgedAlike(test, base), generatedAlike(test, base)); err != nil {
		return joint{}, err
	}
	var j joint
	if j.testLeft, err = leftOut(test, len(testSamples), both); err != nil {
		return joint{}, err
	}
	if j.baseLeft, err = leftOut(base, len(baseSamples), both); err != nil {
		return joint{}, err
	}
	j.pairs, j.unjudged, err = withVerdicts(test, base, testSamples, baseSamples, places, both)
	return j, err
}

// rankedAndGenerated refuses an answer that a model wrote beside the choice that it
// held for the likeliest.
func rankedAndGenerated(test, base *run.Run, testRanks bool) error {
	ranks, writes := test, base
	if !testRanks {
		ranks, writes = base, test
	}
	return fmt.Errorf("%s ranks choices by their likelihood, and in %s answers were generated: they are two measures", ranks.Name(), writes.Name())
}

// failure is why a run failed, or nil.
func failure(r *run.Run) error {
	if state, err := r.State(); err == nil && state.Status == run.Failed {
		return errors.New(state.Error)
	}
	return nil
}

// difference says where the prompts of two samples differ first.
func difference(test, base *run.Run, t, b digest) error {
	place := fmt.Sprintf("first at sample %d (%s, question %d)", b.index, b.question.subject, b.question.index)
	if same, err := asked(test, base, t, b); err == nil && same {
		return fmt.Errorf("%s: the right answer is %q in %s and %q in %s", place, t.ref, test.Name(), b.ref, base.Name())
	}
	if !t.byTokens || !b.byTokens {
		return fmt.Errorf("%s, %w", place, textDifference(test, base, t, b))
	}
	testIDs, err1 := test.PromptTokens(t.index)
	baseIDs, err2 := base.PromptTokens(b.index)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	at := 0
	for at < min(len(testIDs), len(baseIDs)) && testIDs[at] == baseIDs[at] {
		at++
	}
	return fmt.Errorf("%s, token %d: %s in %s (%d tokens) and %s in %s (%d tokens)%s", place, at,
		tokenAt(test, testIDs, at), test.Name(), len(testIDs), tokenAt(base, baseIDs, at), base.Name(), len(baseIDs), hint(testIDs, baseIDs, at))
}

func tokenAt(r *run.Run, ids []int32, at int) string {
	if at == len(ids) {
		return "the prompt's end"
	}
	texts, err := r.TokenTexts()
	if err != nil || texts[ids[at]] == "" {
		return fmt.Sprintf("%d", ids[at])
	}
	return fmt.Sprintf("%d %q", ids[at], texts[ids[at]])
}

// hint names a difference that cannot be seen in the prompts' text.
func hint(test, base []int32, at int) string {
	switch {
	case at <= 1 && at < len(base) && slices.Equal(test[at:], base[min(at+1, len(base)):]):
		return "; the test run lacks a token at the beginning: is its BOS missing, or the base run's doubled?"
	case at <= 1 && at < len(test) && slices.Equal(base[at:], test[min(at+1, len(test)):]):
		return "; the test run has one token more at the beginning: is its BOS doubled, or the base run's missing?"
	}
	return ""
}
