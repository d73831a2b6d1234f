package run

import (
	"math"
	"slices"
	"strings"

	"adkernel/builtins/engine"
)

// topCount is how many of the greatest logits a sample's record keeps.
const topCount = 5

// measure fills in what a sample's record says of its logits.
func (s *Sample) measure(logits []float32, letters []int32, e engine.Engine) {
	var sum, squares float64
	s.Min, s.Max = math.MaxFloat32, -math.MaxFloat32
	for _, x := range logits {
		f := float64(x)
		switch {
		case math.IsNaN(f):
			s.NaN++
		case math.IsInf(f, 0):
			s.Inf++
		default:
			s.Min, s.Max = min(s.Min, x), max(s.Max, x)
			sum += f
			squares += f * f
		}
	}
	if finite := float64(len(logits) - s.NaN - s.Inf); finite > 0 {
		s.Mean, s.RMS = sum/finite, math.Sqrt(squares/finite)
	} else {
		s.Min, s.Max = 0, 0
	}
	for _, id := range topIDs(logits, topCount) {
		s.Top = append(s.Top, Top{ID: id, Text: e.Decode([]int32{id}), Logit: logits[id]})
	}
	s.Letters, s.Margin = letterLogits(logits, letters, s.Ref)
}

// topIDs returns the places of the k greatest logits, greatest first, the
// lower place first among equals. NaN is never among them.
func topIDs(logits []float32, k int) []int32 {
	var top []int32
	for i, x := range logits {
		if x != x || len(top) == k && x <= logits[top[k-1]] {
			continue
		}
		at := len(top)
		for at > 0 && logits[top[at-1]] < x {
			at--
		}
		top = slices.Insert(top, at, int32(i))
		top = top[:min(k, len(top))]
	}
	return top
}

// letterLogits returns the logits of the answers' letters and the margin of
// ref, NaN when ref is not one of them.
func letterLogits(logits []float32, letters []int32, ref string) ([]float32, float32) {
	nan := float32(math.NaN())
	right := strings.Index(answerLetters, ref)
	if len(letters) == 0 || len(ref) != 1 || right < 0 {
		return nil, nan
	}
	values := make([]float32, len(letters))
	best := float32(math.Inf(-1))
	for i, id := range letters {
		if int(id) >= len(logits) {
			return nil, nan
		}
		values[i] = logits[id]
		if i != right {
			best = max(best, values[i]) // NaN when any is NaN
		}
	}
	return values, values[right] - best
}
