package task

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Metrics of a task whose choices are ranked by their likelihood: which choice
// counts as the answer. They are lm-evaluation-harness's.
const (
	Acc      = "acc"       // the likeliest
	AccNorm  = "acc_norm"  // the likeliest for its length in characters
	AccBytes = "acc_bytes" // the likeliest for its length in bytes
)

// ExactMatch is lm-evaluation-harness's metric of outputs that are generated.
const ExactMatch = "exact_match"

// Ranked reports whether the task's questions are answered by ranking their
// choices: an output is not generated.
func (t *Task) Ranked() bool { return len(t.Questions) > 0 && len(t.Questions[0].Choices) > 0 }

// Rank returns the place of the choice that counts as the answer, given the
// log-likelihood of each in nats and whether each of its tokens was the
// likeliest, and whether it is the right one; -1 where one of them is NaN. The
// only choice of a question counts where it is what greedy decoding says, and -1
// is returned where it is not.
func (t *Task) Rank(q Question, logLikelihoods []float64, greedy []bool) (chosen int, right bool) {
	chosen = Likeliest(logLikelihoods, q.lengths)
	if len(q.Choices) == 1 && !greedy[0] {
		chosen = -1
	}
	return chosen, slices.Contains(q.Right, chosen)
}

// Likeliest is the place of the choice with the greatest log-likelihood, the
// first of equal ones, or where there are lengths, the greatest for its length;
// -1 where one is NaN.
func Likeliest(logLikelihoods []float64, lengths []int) int {
	best, chosen := 0.0, -1
	for i, score := range logLikelihoods {
		if math.IsNaN(score) {
			return -1
		}
		if lengths != nil {
			score /= float64(max(1, lengths[i]))
		}
		if chosen < 0 || score > best { // the first one may be -Inf
			best, chosen = score, i
		}
	}
	return chosen
}

// lengthsOf are the lengths by which a metric divides; nil where it does not.
// Padded ones count the white space in front of a choice.
func lengthsOf(choices []string, metric string, padded bool) []int {
	var of func(string) int
	switch metric {
	case AccNorm:
		of = utf8.RuneCountInString
	case AccBytes:
		of = func(s string) int { return len(s) }
	default:
		return nil
	}
	lengths := make([]int, len(choices))
	for i, choice := range choices {
		if !padded {
			choice = strings.TrimLeftFunc(choice, isPythonSpace)
		}
		lengths[i] = of(choice)
	}
	return lengths
}

// Advantage is how much likelier the likeliest right choice is than the likeliest
// other one, in nats: the margin of an answer that was ranked. It is NaN where one
// of them is, or there are only right ones or only others.
func Advantage(logLikelihoods []float64, right []int) float64 {
	if len(right) == 0 || len(right) >= len(logLikelihoods) {
		return math.NaN()
	}
	best, others := math.Inf(-1), math.Inf(-1)
	for i, l := range logLikelihoods {
		if slices.Contains(right, i) {
			best = max(best, l) // NaN stays
		} else {
			others = max(others, l)
		}
	}
	return best - others
}

// RightTexts are the right ones of choices, for people.
func RightTexts(choices []string, right []int) string {
	texts := make([]string, len(right))
	for i, place := range right {
		texts[i] = strings.TrimSpace(choices[place])
	}
	return strings.Join(texts, " or ")
}
