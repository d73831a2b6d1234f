// Package logits measures rows of logits: one row is what a model says of
// every token of its vocabulary at one position. Range and moments show a
// wrong scale, margins an answer at risk, divergence how far two deployments
// are apart before an answer flips.
//
// It knows no tokens, models or files. Broken numerics are what it is for:
// NaN and infinities are counted, and left out of everything else as each
// function says.
package logits

import (
	"math"

	"github.com/viterin/vek/vek32"
)

// A Summary describes one row. Min, Max, Mean and RMS are those of the finite
// logits; NaN if there is none.
type Summary struct {
	Count               int // logits in the row
	NaN, PosInf, NegInf int
	Min, Max            float32
	Mean                float64
	RMS                 float64 // root of the mean square, about zero
}

// Finite returns the number of logits that are neither NaN nor infinite.
func (s Summary) Finite() int { return s.Count - s.NaN - s.PosInf - s.NegInf }

// Stats summarizes a row.
func Stats(row []float32) Summary {
	t := totals{Summary: Summary{Count: len(row), Min: float32(math.Inf(1)), Max: float32(math.Inf(-1))}}
	for len(row) > 0 {
		n := min(blockSize, len(row))
		t.addBlock(row[:n])
		row = row[n:]
	}
	s := t.Summary
	finite := float64(s.Finite())
	if finite == 0 {
		s.Min, s.Max = float32(math.NaN()), float32(math.NaN())
	}
	s.Mean = t.sum / finite // 0/0 is NaN
	s.RMS = math.Sqrt(t.squares / finite)
	return s
}

// totals is a Summary on the way.
type totals struct {
	Summary
	sum, squares float64
}

// blockSize is how many logits are summed in single precision before the sums
// go on in double precision: 4 KiB stay in the first cache for four passes,
// and a vector lane adds up too few values to lose digits.
const blockSize = 1024

// Sums of squares outside of this range come from values that are not finite,
// or whose squares single precision cannot hold.
const leastSquares, mostSquares = 1e-24, math.MaxFloat32

// addBlock adds a block by vector instructions, or, where these would not do,
// value by value.
func (t *totals) addBlock(block []float32) {
	squares := float64(vek32.Dot(block, block))
	if !(squares >= leastSquares && squares <= mostSquares) { // NaN as well
		for _, x := range block {
			t.add(x)
		}
		return
	}
	t.squares += squares
	t.sum += float64(vek32.Sum(block))
	t.Min = min(t.Min, vek32.Min(block))
	t.Max = max(t.Max, vek32.Max(block))
}

func (t *totals) add(x float32) {
	v := float64(x)
	switch {
	case math.IsNaN(v):
		t.NaN++
	case math.IsInf(v, 1):
		t.PosInf++
	case math.IsInf(v, -1):
		t.NegInf++
	default:
		t.sum += v
		t.squares += v * v
		t.Min = min(t.Min, x)
		t.Max = max(t.Max, x)
	}
}

// Margin returns by how much the logit of the right answer is above the best
// of the wrong ones: positive if the right one wins. letters are the answers'
// token ids, right is the index in letters of the right one. The margin is NaN
// if one of the logits is NaN, if two infinities are compared, or if there are
// fewer than two letters, a token outside of the row, or no letter at right.
func Margin(row []float32, letters []int32, right int) float64 {
	if len(letters) < 2 || right < 0 || right >= len(letters) {
		return math.NaN()
	}
	best := math.Inf(-1)
	for i, id := range letters {
		if id < 0 || int(id) >= len(row) {
			return math.NaN()
		}
		if i != right {
			best = max(best, float64(row[id])) // NaN stays
		}
	}
	return float64(row[letters[right]]) - best
}

// MarginOf returns by how much the logit of a token is above the best other
// one of the row: positive if the token leads. It is NaN if the row holds a
// NaN, has fewer than two logits, or has none of this token, and if two
// infinities are compared.
func MarginOf(row []float32, token int32) float64 {
	if token < 0 || int(token) >= len(row) || len(row) < 2 {
		return math.NaN()
	}
	best := math.Inf(-1)
	for id, x := range row {
		if id != int(token) {
			best = max(best, float64(x)) // NaN stays
		}
	}
	return float64(row[token]) - best
}
