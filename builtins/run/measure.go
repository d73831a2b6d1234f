package run

import (
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
// are the tokens of the answers that the question offers, from A on; nil where
// the answers are not letters, or how many it offers is not known: a margin over
// some of them could be that of a wrong answer, and positive.
func (s *Sample) Measure(row []float32, letters []int32, decode func(id int32) string) {
	summary := logits.Stats(row)
	s.Min, s.Max, s.Mean, s.RMS = summary.Min, summary.Max, summary.Mean, summary.RMS
	s.NaN, s.Inf = summary.NaN, summary.PosInf+summary.NegInf
	for _, top := range logits.TopK(row, topCount) {
		s.Top = append(s.Top, Top{ID: top.ID, Text: decode(top.ID), Logit: top.Logit})
	}
	right := rightLetter(s.Ref, len(letters))
	if right < 0 {
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
