package task

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Metrics of a task whose choices are ranked by their likelihood: which choice
// counts as the answer. They are lm-evaluation-harness's.
const (
	Acc     = "acc"      // the likeliest
	AccNorm = "acc_norm" // the likeliest for its length in characters
)

// Ranked reports whether the task's questions are answered by ranking their
// choices: an output is not generated.
func (t *Task) Ranked() bool { return len(t.Questions) > 0 && len(t.Questions[0].Choices) > 0 }

// Rank returns the place of the choice that counts as the answer, given the
// log-likelihood of each in nats, and whether it is the right one; -1 where one
// of them is NaN.
func (t *Task) Rank(q Question, logLikelihoods []float64) (chosen int, right bool) {
	chosen = Likeliest(q.Choices, logLikelihoods, t.metric)
	return chosen, chosen >= 0 && chosen == q.Right
}

// Likeliest is the place of the choice with the greatest log-likelihood, the
// first of equal ones, or with AccNorm the greatest a character; -1 where one
// is NaN. White space in front of a choice does not count: it is the delimiter,
// or was moved there from the prompt's end, and lm-eval's length is of the
// choice alone.
func Likeliest(choices []string, logLikelihoods []float64, metric string) int {
	best, chosen := math.Inf(-1), -1
	for i, score := range logLikelihoods {
		if math.IsNaN(score) {
			return -1
		}
		if metric == AccNorm {
			score /= float64(max(1, utf8.RuneCountInString(strings.TrimLeftFunc(choices[i], isPythonSpace))))
		}
		if score > best {
			best, chosen = score, i
		}
	}
	return chosen
}

// Advantage is how much likelier the right choice is than the likeliest other
// one, in nats: the margin of an answer that was ranked. It is NaN where one of
// them is, or there is no other.
func Advantage(logLikelihoods []float64, right int) float64 {
	others := math.Inf(-1)
	for i, l := range logLikelihoods {
		if i != right {
			others = max(others, l) // NaN stays
		}
	}
	if len(logLikelihoods) < 2 {
		return math.NaN()
	}
	return logLikelihoods[right] - others
}
