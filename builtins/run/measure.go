package run

import (
	"strings"

	"adkernel/builtins/engine"
	"adkernel/builtins/logits"
)

// topCount is how many of the greatest logits a sample's record keeps.
const topCount = 5

// measure fills in what a sample's record says of its row of logits.
func (s *Sample) measure(row []float32, letters []int32, e engine.Engine) {
	s.Measure(row, letters, func(id int32) string { return e.Decode([]int32{id}) })
}

// Measure fills in what a sample's record says of its row of logits. letters
// are the tokens of the answers A to D, nil where the answers are not letters.
func (s *Sample) Measure(row []float32, letters []int32, decode func(id int32) string) {
	summary := logits.Stats(row)
	s.Min, s.Max, s.Mean, s.RMS = summary.Min, summary.Max, summary.Mean, summary.RMS
	s.NaN, s.Inf = summary.NaN, summary.PosInf+summary.NegInf
	for _, top := range logits.TopK(row, topCount) {
		s.Top = append(s.Top, Top{ID: top.ID, Text: decode(top.ID), Logit: top.Logit})
	}
	right := strings.Index(answerLetters, s.Ref)
	if len(letters) == 0 || len(s.Ref) != 1 || right < 0 {
		return
	}
	for _, id := range letters {
		if id < 0 || int(id) >= len(row) {
			s.Letters = nil
			return
		}
		s.Letters = append(s.Letters, row[id])
	}
	s.Margin = float32(logits.Margin(row, letters, right))
}
