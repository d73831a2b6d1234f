package diagnose

import (
	"slices"

	"adkernel/builtins/run"
)

// questions are the prompts of all probes, in one list, so that a deployment
// is loaded once for them.
type questions struct {
	prompts [][]int32

	whole    span // prompts of the task
	short    span // their last shortTokens tokens
	single   span // one token each
	repeated span // one token, repeatedTokens times
	pairs    span // two tokens that follow each other in the task
}

// A span is a part of the list.
type span struct{ from, to int }

func (s span) of(prompts [][]int32) [][]int32 { return prompts[s.from:s.to] }

const (
	wholePrompts   = 8
	shortTokens    = 64
	singleTokens   = 32
	repeatedTokens = 8
	repeatedCount  = 8
	pairCount      = 16
)

// gatherQuestions takes prompts spread over the task, two neighbours at each
// place, which often share their shots and so cost less.
func gatherQuestions(test *run.Run, samples []run.Sample) (questions, error) {
	var q questions
	var whole [][]int32
	for i := range min(wholePrompts, len(samples)) {
		place := i/2*2*len(samples)/max(wholePrompts, 1) + i%2
		if len(samples) <= wholePrompts {
			place = i
		}
		ids, err := test.PromptTokens(samples[place].Index)
		if err != nil {
			return questions{}, err
		}
		whole = append(whole, ids)
	}
	q.whole = q.add(whole)
	var short [][]int32
	for _, ids := range whole {
		short = append(short, ids[max(0, len(ids)-shortTokens):])
	}
	q.short = q.add(short)

	tokens := slices.Concat(short...)
	distinct := slices.Compact(slices.Sorted(slices.Values(tokens)))
	var single, repeated, pairs [][]int32
	for _, id := range spread(distinct, singleTokens) {
		single = append(single, []int32{id})
	}
	q.single = q.add(single)
	for _, id := range spread(distinct, repeatedCount) {
		repeated = append(repeated, slices.Repeat([]int32{id}, repeatedTokens))
	}
	q.repeated = q.add(repeated)
	for i := 0; i+1 < len(tokens) && len(pairs) < pairCount; i += max(2, len(tokens)/pairCount) {
		if tokens[i] != tokens[i+1] { // equal ones are what repeated asks
			pairs = append(pairs, tokens[i:i+2:i+2])
		}
	}
	q.pairs = q.add(pairs)
	return q, nil
}

func (q *questions) add(prompts [][]int32) span {
	from := len(q.prompts)
	q.prompts = append(q.prompts, prompts...)
	return span{from, len(q.prompts)}
}

// spread takes n elements of list at even distances.
func spread[T any](list []T, n int) []T {
	n = min(n, len(list))
	out := make([]T, n)
	for i := range out {
		out[i] = list[i*len(list)/n]
	}
	return out
}
