package serve

import (
	"errors"
	"math"

	"adkernel/builtins/logits"
	"adkernel/builtins/tokenizer"
)

// lowest stands for the logarithm of probability 0, which JSON has no number
// for; vLLM writes the same.
const lowest = -9999.0

var errNaN = errors.New("the model's logits hold NaN or +Inf: there are no log-probabilities")

// score notes the log-probability of s's token in row, and those of the top
// tokens. It fails where a row stands for no distribution.
func (s *step) score(t *tokenizer.Tokenizer, before int32, row []float32, top int) error {
	greatest := math.Inf(-1)
	for _, x := range row {
		if x != x || math.IsInf(float64(x), 1) {
			return errNaN
		}
		greatest = max(greatest, float64(x))
	}
	if math.IsInf(greatest, -1) {
		return errNaN
	}
	total := 0.0
	for _, x := range row {
		total += math.Exp(float64(x) - greatest)
	}
	normal := greatest + math.Log(total)
	logprob := func(id int32) float64 { return max(lowest, float64(row[id])-normal) }

	s.logprob = logprob(s.id)
	s.top = nil
	found := false
	for _, c := range logits.TopK(row, top) {
		s.top = append(s.top, choice{c.ID, spellOne(t, before, c.ID), logprob(c.ID)})
		found = found || c.ID == s.id
	}
	if !found {
		s.top = append(s.top, choice{s.id, s.token, s.logprob})
	}
	return nil
}
