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
	lost     int  // of these, those that the tested run has lost
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

// gatherQuestions takes prompts of the task, half of them lost ones, spread over
// the task: a fault may touch a few prompts only, and no others show it.
func gatherQuestions(test *run.Run, task []answered) (questions, error) {
	var q questions
	var whole [][]int32
	for _, place := range choose(task) {
		ids, err := test.PromptTokens(task[place].test.Index)
		if err != nil {
			return questions{}, err
		}
		whole = append(whole, ids)
		if task[place].lost() {
			q.lost++
		}
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

// choose returns the places of the whole prompts, ascending: lost ones, as far
// as there are that many, and beside each the nearest that was not lost, which
// often shares its shots and so costs less.
func choose(task []answered) []int {
	var lost, others []int
	for i, p := range task {
		if p.lost() {
			lost = append(lost, i)
		} else {
			others = append(others, i)
		}
	}
	places := spread(lost, max(wholePrompts/2, wholePrompts-len(others)))
	for _, place := range slices.Clone(places) {
		if len(others) == 0 || len(places) == wholePrompts {
			break
		}
		at, _ := slices.BinarySearch(others, place)
		if at == len(others) || at > 0 && place-others[at-1] < others[at]-place {
			at--
		}
		places = append(places, others[at])
		others = slices.Delete(others, at, at+1)
	}
	places = append(places, spread(others, wholePrompts-len(places))...)
	slices.Sort(places)
	return places
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
