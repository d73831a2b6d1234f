package checkpoint

import (
	"fmt"
	"math"
)

// leastSQNR is the lowest SQNR, in dB, that is ordinary for a correct
// quantizer. Gaussian weights give 31.6 (FP8), 31.8 (FP8Block) and 20.5
// (NVFP4); trained ones a little less. Below it, the reference quantizer
// decides what the weight itself allows.
var leastSQNR = map[Format]float64{FP8: 30, FP8Block: 30, NVFP4: 18.5, BF16: 45, F16: 45, F32: 45}

// A layerPair is one linear layer in the model and in the reference.
type layerPair struct {
	model     *Checkpoint
	reference *Checkpoint
	stored    *Linear
	original  *Linear
}

// auditLayer never fails: what cannot be compared is the layer's finding.
func auditLayer(model, reference *Checkpoint, module string) Layer {
	unknown := Measure(math.NaN())
	layer := Layer{Module: module, SQNR: unknown, Expected: unknown, RelativeRMS: unknown, Gain: unknown, AmaxRatio: unknown, FirstRowOff: -1}
	original, err := reference.Linear(module)
	_, own := reference.Tensor(module + weightName)
	if !own { // a head that is tied to the embeddings
		original, err = reference.Linear(embeddingModule)
	}
	if err != nil {
		return layer.fault(CauseMismatch, "the reference cannot be read: %v", err)
	}
	layer.N, layer.K = original.N, original.K
	if original.Format.Quantized() {
		return layer.fault(CauseMismatch, "the reference is quantized itself (%s), so there is nothing to compare with", original.Format)
	}
	stored, err := model.Linear(module)
	if err != nil {
		return layer.fault(CauseMismatch, "%v", err)
	}
	layer.Format = stored.Format
	if stored.N != original.N || stored.K != original.K {
		return layer.fault(CauseMismatch, "the weight is [%d, %d], the reference's [%d, %d]", stored.N, stored.K, original.N, original.K)
	}
	if stored.Format.Calibrated() && stored.InputScale == 0 && model.calibrated() {
		return layer.fault(CauseMismatch, "no tensor %s, which other layers have: an engine takes 1 for it, or refuses", module+inputName)
	}
	if err := model.kvScale(module); err != nil {
		return layer.fault(CauseMismatch, "%v", err)
	}
	p := layerPair{model, reference, stored, original}
	m := p.measure(stored.decodeRow, original)
	layer.record(m, stored)
	layer = p.judge(layer, m)
	if !own && !layer.Right() {
		layer.Finding += " (compared with the embeddings, to which the reference ties the head)"
	}
	return layer
}

func (l Layer) fault(cause Cause, format string, args ...any) Layer {
	l.Cause, l.Finding = cause, fmt.Sprintf(format, args...)
	return l
}

func (l *Layer) record(m measurement, stored *Linear) {
	l.SQNR, l.Expected = Measure(m.sqnr()), Measure(leastSQNR[stored.Format])
	l.RelativeRMS, l.Gain = Measure(m.relativeRMS()), Measure(m.gain())
	l.AmaxRatio = Measure(m.deqAmax) / Measure(m.refAmax)
	codes := stored.tally()
	l.NaN, l.Saturated, l.Zero = codes.nan, codes.saturated, codes.zero
	l.RowsOff, l.FirstRowOff = m.rowsOff, m.firstRowOff
}

// judge decides whether the layer is right, and if not, why.
func (p layerPair) judge(layer Layer, m measurement) Layer {
	if layer.NaN > 0 {
		return layer.fault(CauseNaN, "%d codes are NaN", layer.NaN)
	}
	if m.nan > 0 {
		if !layer.Format.Quantized() {
			return p.diagnoseUnquantized(layer, m)
		}
		return layer.fault(CauseNaN, "%d weights are NaN, here or in the reference", m.nan)
	}
	if m.err2 == 0 {
		layer.SQNR = Measure(math.Inf(1)) // also where both are all zeros
		layer.Finding = "identical to the reference"
		return layer
	}
	if m.rowsOff == 0 && m.sqnr() >= leastSQNR[layer.Format] {
		layer.Finding = fmt.Sprintf("as a correct quantizer leaves it: %.1f dB", m.sqnr())
		return layer
	}
	if !layer.Format.Quantized() {
		return p.diagnoseUnquantized(layer, m)
	}
	if m.rowsOff == 0 {
		attainable := p.measure(p.requantized().decodeRow, p.original).sqnr()
		if m.sqnr() >= attainable-1 {
			layer.Finding = fmt.Sprintf("%.1f dB, and the reference quantizer reaches no more than %.1f dB on this weight", m.sqnr(), attainable)
			return layer
		}
	}
	return p.diagnose(layer, m)
}

// requantized is what the reference quantizer makes of the original weight in
// the stored format.
func (p layerPair) requantized() *Linear {
	q := *p.stored
	switch q.Format {
	case FP8:
		amax, _ := p.original.amax()
		q.Scale = scaleOf(amax, perMaxE4M3)
		q.Codes = encodeFP8(p.original, q.Scale)
	case FP8Block:
		q.BlockScale = blockScales(p.original)
		q.Codes = encodeFP8Block(p.original, q.BlockScale)
	case NVFP4:
		q.Scale = scaleOf(p.sharedAmax(), perMaxNVFP4)
		q.Scales = nvfp4Scales(p.original, q.Scale)
		q.Codes = encodeNVFP4(p.original, q.Scales, q.Scale)
	}
	return &q
}

// sharedAmax is the largest magnitude of the original and its siblings.
func (p layerPair) sharedAmax() float32 {
	amax, _ := p.original.amax()
	for _, module := range siblingsOf(p.original.Module) {
		if sibling, err := p.reference.Linear(module); err == nil {
			other, _ := sibling.amax()
			amax = max(amax, other)
		}
	}
	return amax
}

// A measurement is a layer's difference with the rows that rounding alone
// cannot explain.
type measurement struct {
	difference
	rowsOff     int
	firstRowOff int
}

// measure compares the rows that decode writes with those of original.
func (p layerPair) measure(decode func(out []float32, row int), original *Linear) measurement {
	m := measurement{firstRowOff: -1}
	deq, ref := make([]float32, original.K), make([]float32, original.K)
	for n := range original.N {
		decode(deq, n)
		original.decodeRow(ref, n)
		row := compare(deq, ref)
		m.add(row)
		if p.stored.Format.Quantized() && row.err2 > p.stored.roundingBound(n, row) {
			if m.rowsOff == 0 {
				m.firstRowOff = n
			}
			m.rowsOff++
		}
	}
	return m
}

// roundingBound is the largest Σ err² that rounding row n to the nearest
// value of its format can leave, whatever the quantizer's choice of scales:
// for E4M3 1/16 of each value, or half a subnormal step of 2^-9 scales; for
// E2M1 1/5 of each value, or half a step of 1/2. A row beyond the bound was
// not made with the scales that are stored.
func (l *Linear) roundingBound(n int, row difference) float64 {
	square := func(v float64) float64 { return v * v }
	switch l.Format {
	case FP8:
		return row.ref2*square(1./16) + float64(l.K)*square(float64(l.Scale)/1024)
	case FP8Block:
		sum := 0.
		for col := range l.BlockCols {
			width := min(l.BlockK, l.K-col*l.BlockK)
			sum += float64(width) * square(float64(l.BlockScale[n/l.BlockN*l.BlockCols+col])/1024)
		}
		return row.ref2*square(1./16) + sum
	}
	sum := 0.
	for _, scale := range l.Scales[n*l.K/groupSize : (n+1)*l.K/groupSize] {
		sum += groupSize * square(float64(e4m3Values[scale]*l.Scale)/4)
	}
	return row.ref2*square(1./5) + sum
}

// kvScale is an error where the scale of the KV cache that belongs to module
// cannot be one.
func (c *Checkpoint) kvScale(module string) error {
	name, ok := kvScaleOf(module)
	t, there := c.Tensor(name)
	if !ok || !there {
		return nil
	}
	scale, err := c.scalar(t)
	if err == nil && scale == 0 {
		return c.tensorError(t, "is 0, and keys or values are divided by it")
	}
	return err
}
