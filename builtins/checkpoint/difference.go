package checkpoint

import "math"

// A difference sums up how dequantized values d differ from their reference
// r. Pairs in which either is NaN are counted and left out of the sums.
type difference struct {
	n       int     // pairs in the sums
	nan     int     // pairs left out
	err2    float64 // Σ (d-r)²
	ref2    float64 // Σ r²
	deq2    float64 // Σ d²
	dot     float64 // Σ d·r
	deqAmax float32 // max |d|
	refAmax float32 // max |r|
}

func (s *difference) add(o difference) {
	s.n += o.n
	s.nan += o.nan
	s.err2 += o.err2
	s.ref2 += o.ref2
	s.deq2 += o.deq2
	s.dot += o.dot
	s.deqAmax = max(s.deqAmax, o.deqAmax)
	s.refAmax = max(s.refAmax, o.refAmax)
}

// sqnr is the signal-to-quantization-noise ratio, 10 log10(Σr² / Σ(d-r)²) in dB.
func (s difference) sqnr() float64 { return 10 * math.Log10(s.ref2/s.err2) }

// relativeRMS is the error's root mean square over the reference's.
func (s difference) relativeRMS() float64 { return math.Sqrt(s.err2 / s.ref2) }

// gain is the slope of d on r: 1 when scales are right.
func (s difference) gain() float64 { return s.dot / s.ref2 }

// scaleFactor is what the scale would have to be divided by for the least
// error: the slope of r on d, inverted.
func (s difference) scaleFactor() float64 { return s.deq2 / s.dot }

// sqnrAtBestScale is the ratio that is left when d is rescaled for the least
// error: the share of the fault that no single factor explains.
func (s difference) sqnrAtBestScale() float64 {
	if s.dot <= 0 {
		return 0
	}
	left := 1 - s.dot/s.ref2*(s.dot/s.deq2)
	return -10 * math.Log10(max(left, 1e-15))
}

// A tally counts the special codes of a weight.
type tally struct {
	nan       int // E4M3 NaN, in codes or group scales
	saturated int // the largest magnitude of the format
	zero      int
}

func (l *Linear) tally() tally {
	switch l.Format {
	case FP8, FP8Block:
		return tally{countMasked(l.Codes, 0x7f, 0x7f), countMasked(l.Codes, 0x7f, 0x7e), countMasked(l.Codes, 0x7f, 0)}
	case NVFP4:
		return tally{
			nan:       countMasked(l.Scales, 0x7f, 0x7f),
			saturated: countMasked(l.Codes, 0x07, 0x07) + countMasked(l.Codes, 0x70, 0x70),
			zero:      countMasked(l.Codes, 0x07, 0) + countMasked(l.Codes, 0x70, 0),
		}
	}
	return tally{}
}
