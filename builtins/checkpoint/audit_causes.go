package checkpoint

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// An alternative is another way to read a layer's tensors: if it makes the
// layer right, its mistake is the cause.
type alternative struct {
	cause    Cause
	detail   string
	decode   func(out []float32, row int)
	original *Linear // what it should equal; nil: the layer's own reference
	loss     float64 // dB that a right weight has less under this reading
}

// diagnose names the cause of a layer that is known to be wrong.
func (p layerPair) diagnose(layer Layer, m measurement) Layer {
	where := fmt.Sprintf("%.1f dB where %.1f dB is ordinary", m.sqnr(), leastSQNR[layer.Format])
	if m.rowsOff > 0 {
		where += fmt.Sprintf(", %d of %d rows further off than rounding can be (first: row %d)", m.rowsOff, layer.N, m.firstRowOff)
	}
	if p.signsLost() {
		return layer.fault(CauseSign, "%s; no code is negative, though the reference has negative weights", where)
	}
	if m.deq2 == 0 {
		return layer.fault(CauseZeros, "%s; all weights are 0, by their scale or their codes", where)
	}
	enough := leastSQNR[layer.Format] - 1
	cause, detail := p.explainGrid(enough)
	if cause != "" && cause != CauseUnknown {
		return layer.fault(cause, "%s; %s", where, detail)
	}
	if m.sqnrAtBestScale() >= enough {
		cause, detail := p.explainFactor(m.scaleFactor())
		return layer.fault(cause, "%s; a single factor makes it right (%.1f dB): %s", where, m.sqnrAtBestScale(), detail)
	}
	best, sqnr := p.bestAlternative()
	if sqnr >= enough {
		return layer.fault(best.cause, "%s; %.1f dB under another reading: %s", where, sqnr-best.loss, best.detail)
	}
	if rows, first := p.emptyRows(); rows > 0 {
		return layer.fault(CauseZeros, "%s; %d of %d rows are all zeros (first: row %d)", where, rows, layer.N, first)
	}
	if cause == CauseUnknown {
		return layer.fault(CauseUnknown, "%s; %s", where, detail)
	}
	if detail := p.explainOrder(); detail != "" {
		return layer.fault(CauseOrder, "%s; %s", where, detail)
	}
	return layer.fault(CauseUnknown, "%s; no known mistake of scales or layout makes it right (the best of them: %.1f dB)", where, sqnr)
}

// explainGrid serves formats with a grid of scales. If the codes are right
// under the reference quantizer's scales, the stored scales alone are wrong,
// and a mistake that turns the former into the latter is the cause; it is ""
// if the codes are wrong as well.
func (p layerPair) explainGrid(enough float64) (Cause, string) {
	if p.stored.Format == FP8 {
		return "", ""
	}
	right := p.requantized()
	want, stored := factorsOf(right), factorsOf(p.stored)
	exchanged := *right
	exchanged.Codes = p.stored.Codes
	sqnr := p.measure(exchanged.decodeRow, p.original).sqnr()
	if sqnr < enough {
		return "", ""
	}
	where := fmt.Sprintf("the codes are right under the reference quantizer's scales (%.1f dB), the stored scales are", sqnr)
	for _, m := range slices.Concat(gridMistakes(right, want), valueMistakes(right, want), siblingMistakes(p.model, right)) {
		if reproduces(m, want, stored.values) {
			return m.cause, where + ": " + m.detail
		}
	}
	powers := func(values []float32) bool {
		return !slices.ContainsFunc(values, func(v float32) bool { fraction, _ := math.Frexp(float64(v)); return fraction != .5 })
	}
	if powers(stored.values) && !powers(want.values) {
		return CauseElements, where + " powers of two, as E8M0 stores them, and the codes were not made with them"
	}
	different := 0
	for i, v := range stored.values {
		if !sameFactor(v, want.values[i]) {
			different++
		}
	}
	return CauseUnknown, fmt.Sprintf("%s not, in %d of %d places", where, different, len(stored.values))
}

// signsLost reports that no code is negative where about half should be.
func (p layerPair) signsLost() bool {
	negative := countMasked(p.stored.Codes, 0x80, 0x80)
	if p.stored.Format == NVFP4 {
		negative += countMasked(p.stored.Codes, 0x08, 0x08)
	}
	if negative > 0 {
		return false
	}
	row := make([]float32, p.original.K)
	for n := range p.original.N {
		p.original.decodeRow(row, n)
		if slices.ContainsFunc(row, func(v float32) bool { return v < 0 }) {
			return true
		}
	}
	return false
}

// explainFactor says what it means that the stored scales are factor times
// the right ones.
func (p layerPair) explainFactor(factor float64) (Cause, string) {
	name, divisor := scaleName, float64(MaxE4M3)
	switch p.stored.Format {
	case FP8Block:
		return CauseFactor, fmt.Sprintf("every block scale is %.4g times the right one", factor)
	case NVFP4:
		name, divisor = globalName, 6*MaxE4M3
	}
	stored := float64(p.stored.Scale)
	right := stored / factor
	value := fmt.Sprintf("%s%s is %.4g, the weights say %.4g", p.stored.Module, name, stored, right)
	near := func(a, b float64) bool { return math.Abs(a-b) <= .02*math.Abs(b) }
	switch sibling := p.siblingOfEqualScale(); {
	case stored == 1:
		return CauseMissing, value + ": no scale was stored"
	case near(stored, 1/right):
		return CauseInverted, value + ": the reciprocal"
	case near(stored, right*right):
		return CauseTwice, value + ": the square"
	case sibling != "":
		return CauseSibling, value + ": it is that of " + sibling
	case near(factor, divisor):
		return CauseFactor, fmt.Sprintf("%s: the maximum was not divided by %.0f", value, divisor)
	case near(factor, MaxE4M3/240.) || near(factor, 240./MaxE4M3):
		return CauseFactor, value + ": computed for the E4M3 variant with maximum 240 (e4m3fnuz)"
	}
	return CauseFactor, fmt.Sprintf("%s: %.4g times", value, factor)
}

// siblingOfEqualScale names the sibling whose FP8 scale is the same number,
// which does not happen by chance.
func (p layerPair) siblingOfEqualScale() string {
	for _, module := range siblingsOf(p.stored.Module) {
		sibling, err := p.model.Linear(module)
		if err == nil && sibling.Format == FP8 && p.stored.Format == FP8 && sibling.Scale == p.stored.Scale {
			return module
		}
	}
	return ""
}

// bestAlternative returns the reading with the highest SQNR, its loss made up.
func (p layerPair) bestAlternative() (best alternative, sqnr float64) {
	sqnr = math.Inf(-1)
	for _, a := range p.alternatives() {
		original := a.original
		if original == nil {
			original = p.original
		}
		if got := p.measure(a.decode, original).sqnr() + a.loss; got > sqnr {
			best, sqnr = a, got
		}
	}
	return best, sqnr
}

// alternatives lists the readings to be tried.
func (p layerPair) alternatives() []alternative {
	list := append(p.otherWeights(), p.negated())
	switch p.stored.Format {
	case FP8:
		return append(list, p.fp8Alternatives()...)
	case FP8Block:
		return append(list, p.blockAlternatives()...)
	case NVFP4:
		return append(list, p.nvfp4Alternatives()...)
	}
	if p.stored.N == p.stored.K {
		list = append(list, p.transposedWeight())
	}
	return list
}

// negated reads every weight with the other sign: codes of two's complement or
// of a sign bit that is set for positive ones.
func (p layerPair) negated() alternative {
	return alternative{cause: CauseSign, detail: "all signs reversed", decode: func(out []float32, row int) {
		p.stored.decodeRow(out, row)
		for i := range out {
			out[i] = -out[i]
		}
	}}
}

// transposedWeight reads a square weight of numbers by columns.
func (p layerPair) transposedWeight() alternative {
	l := p.stored
	whole := Tensor{DType: DType(strings.ToUpper(string(l.Format))), Shape: []int{l.N, l.K}, Data: l.Codes}
	return alternative{cause: CauseTransposed, detail: fmt.Sprintf("[%d, %d] weights, transposed", l.K, l.N), decode: func(out []float32, row int) {
		for k := range out {
			whole.decode(out[k:k+1], k*l.N+row)
		}
	}}
}

func (p layerPair) fp8Alternatives() []alternative {
	l := p.stored
	return []alternative{
		// One bit of mantissa less costs 6 dB.
		{cause: CauseCodeType, detail: "E5M2 codes", loss: 6, decode: func(out []float32, row int) {
			for k, code := range l.Codes[row*l.K : (row+1)*l.K] {
				out[k] = e5m2Values[code] * l.Scale
			}
		}},
		{cause: CauseTransposed, detail: fmt.Sprintf("[%d, %d] codes, transposed", l.K, l.N), decode: func(out []float32, row int) {
			for k := range out {
				out[k] = e4m3Values[l.Codes[k*l.N+row]] * l.Scale
			}
		}},
	}
}

// withFactors decodes the stored E4M3 codes with other block factors.
func (p layerPair) withFactors(m mistake) alternative {
	l := p.stored
	return alternative{cause: m.cause, detail: m.detail, decode: func(out []float32, row int) {
		codes := l.Codes[row*l.K : (row+1)*l.K]
		for start := 0; start < l.K; start += blockSize {
			end := min(start+blockSize, l.K)
			decodeE4M3(out[start:end], codes[start:end], m.factors(row, start/blockSize))
		}
	}}
}

func (p layerPair) blockAlternatives() []alternative {
	l := p.stored
	stored := factorsOf(l)
	mistakes := []mistake{
		{CauseInverted, "scales to divide by", func(row, col int) float32 { return 1 / stored.values[row*stored.cols+col] }},
		transposed(l.BlockScale, l.BlockRows, l.BlockCols, blockSize),
	}
	for _, size := range []int{ceilDiv(l.N, l.BlockRows), 32, 64, 256} {
		if size != blockSize {
			mistakes = append(mistakes, mistake{CauseBlockSize, fmt.Sprintf("scales of blocks of %d rows", size),
				func(row, col int) float32 { return l.BlockScale[min(row/size, l.BlockRows-1)*l.BlockCols+col] }})
		}
	}
	mistakes = append(mistakes, siblingMistakes(p.model, l)...)
	var list []alternative
	for _, m := range mistakes {
		list = append(list, p.withFactors(m))
	}
	return list
}

func (p layerPair) nvfp4Alternatives() []alternative {
	l := p.stored
	cols := l.K / groupSize
	withScales := func(cause Cause, detail string, scale func(row, col int) float32) alternative {
		return alternative{cause: cause, detail: detail, decode: func(out []float32, row int) {
			packed := l.Codes[row*l.K/2:]
			for g := range cols {
				decodeE2M1(out[g*groupSize:(g+1)*groupSize], packed[g*groupSize/2:], scale(row, g))
			}
		}}
	}
	at := func(i int) float32 { return e4m3Values[l.Scales[i]] * l.Scale }
	list := []alternative{
		{cause: CauseNibbles, detail: "packed with even columns in the high nibble", decode: func(out []float32, row int) {
			l.decodeRow(out, row)
			for k := 0; k+1 < len(out); k += 2 {
				out[k], out[k+1] = out[k+1], out[k]
			}
		}},
		withScales(CauseTransposed, fmt.Sprintf("[%d, %d] group scales, transposed", cols, l.N), func(row, col int) float32 { return at(col*l.N + row) }),
		withScales(CauseSwizzled, "group scales in the kernel's interleaved order", func(row, col int) float32 {
			if i := swizzledOffset(row, col, cols); i < len(l.Scales) {
				return at(i)
			}
			return 0
		}),
	}
	// MXFP4's scales: powers of two, which lose up to 3 dB.
	list = append(list, alternative{cause: CauseElements, detail: "E8M0 scales, said to be E4M3", loss: 3, decode: withScales("", "",
		func(row, col int) float32 { return float32(math.Exp2(float64(l.Scales[row*cols+col])-127)) * l.Scale }).decode})
	for _, m := range siblingMistakes(p.model, l) {
		list = append(list, withScales(m.cause, m.detail, m.factors))
	}
	return list
}
