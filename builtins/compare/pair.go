package compare

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/run"
	"adkernel/builtins/stats"
)

// pair is one question as both runs answered it.
type pair struct{ test, base *run.Sample }

func (p pair) outcome() stats.Paired { return stats.Outcome(p.base.Correct, p.test.Correct) }

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

// leftOut is what of a run with these samples is in none of the pairs.
func leftOut(r *run.Run, samples []run.Sample, pairs []pair) LeftOut {
	left := LeftOut{Alone: len(samples) - len(pairs)}
	if state, err := r.State(); err == nil {
		left.Unfinished = max(state.Total-len(samples), 0)
	}
	return left
}

// join pairs the samples that both runs have finished, in the base run's
// order, and counts those that have no partner.
func join(test, base *run.Run) (pairs []pair, testLeft, baseLeft LeftOut, err error) {
	fail := func(err error) ([]pair, LeftOut, LeftOut, error) { return nil, LeftOut{}, LeftOut{}, err }
	if err := judgedAlike(test, base); err != nil {
		return fail(err)
	}
	testSamples, err := test.Samples()
	if err != nil {
		return fail(err)
	}
	baseSamples, err := base.Samples()
	if err != nil {
		return fail(err)
	}
	places, err := partners(test, base, testSamples, baseSamples)
	if err != nil {
		return fail(err)
	}
	refs := knowsRight(test) && knowsRight(base)
	differ := 0
	var first pair
	for i, at := range places {
		if at < 0 {
			continue
		}
		p := pair{test: &testSamples[at], base: &baseSamples[i]}
		pairs = append(pairs, p)
		same, err := asked(test, base, p)
		if err != nil {
			return fail(err)
		}
		if !same || refs && strings.TrimSpace(p.test.Ref) != strings.TrimSpace(p.base.Ref) {
			if differ++; differ == 1 {
				first = p
			}
		}
	}
	if differ > 0 {
		return fail(fmt.Errorf("%d of %d prompts differ, so the scores say nothing about each other: %w", differ, len(pairs), difference(test, base, first)))
	}
	if len(pairs) == 0 {
		err := fmt.Errorf("%w: none is finished in both (%d and %d are finished)", stats.ErrNoSamples, len(testSamples), len(baseSamples))
		return fail(errors.Join(err, failure(test), failure(base)))
	}
	return pairs, leftOut(test, testSamples, pairs), leftOut(base, baseSamples, pairs), nil
}

// failure is why a run failed, or nil.
func failure(r *run.Run) error {
	if state, err := r.State(); err == nil && state.Status == run.Failed {
		return errors.New(state.Error)
	}
	return nil
}

// difference says where a pair's prompts differ first.
func difference(test, base *run.Run, p pair) error {
	place := fmt.Sprintf("first at sample %d (%s, question %d)", p.base.Index, p.base.Subject, p.base.Question)
	if same, err := asked(test, base, p); err == nil && same {
		return fmt.Errorf("%s: the right answer is %q in %s and %q in %s", place, p.test.Ref, test.Name(), p.base.Ref, base.Name())
	}
	if p.test.PromptTokens == 0 || p.base.PromptTokens == 0 {
		return fmt.Errorf("%s, %w", place, textDifference(test, base, p))
	}
	testIDs, err1 := test.PromptTokens(p.test.Index)
	baseIDs, err2 := base.PromptTokens(p.base.Index)
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

// sortedBy returns the pairs in ascending order of key.
func sortedBy(pairs []pair, key func(pair) float64) []pair {
	return slices.SortedStableFunc(slices.Values(pairs), func(a, b pair) int { return cmp.Compare(key(a), key(b)) })
}
