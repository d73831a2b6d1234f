package embedded

import (
	"math"

	"adkernel/builtins/engine/embedded/internal/compute"
)

// An activationQuantizer prepares one row of a linear layer's input in place.
// scales has an element for each segment of the layer, which block formats
// fill in.
type activationQuantizer interface {
	quantize(row, scales []float32)
}

// tensorFP8 quantizes with one scale found in calibration, as FP8 per tensor
// does.
type tensorFP8 struct {
	scale  float32
	format compute.Format
	fake   bool
}

// quantize divides in the activation format before the cast, as the kernels
// do. The fused kernel clamps to ±448; the fake one casts as PyTorch does, to
// NaN from 466·scale on.
func (q tensorFP8) quantize(row, _ []float32) {
	divide(row, q.scale)
	q.format.Round(row)
	compute.RoundE4M3(row, !q.fake)
	if q.fake {
		compute.Scale(row, q.scale)
		q.format.Round(row)
	}
}

// blockFP8 quantizes each segment of the row with a scale of its own, from
// the largest value now: dynamic quantization in blocks of 1 x 128.
type blockFP8 struct {
	bounds []int // starts of the segments, then the end of the row
	format compute.Format
	fake   bool
}

func (q blockFP8) quantize(row, scales []float32) {
	for s := range len(q.bounds) - 1 {
		block := row[q.bounds[s]:q.bounds[s+1]]
		scale := max(compute.Amax(block)/compute.MaxE4M3, 1e-12)
		divide(block, scale)
		compute.RoundE4M3(block, true)
		if q.fake {
			compute.Scale(block, scale)
			continue
		}
		scales[s] = scale
	}
	if q.fake {
		q.format.Round(row)
	}
}

const groupNVFP4 = 16 // values of a row that share a scale

// groupedNVFP4 quantizes to E2M1 with an E4M3 scale for each 16 values,
// counted in units of the calibrated scale.
type groupedNVFP4 struct {
	scale  float32 // input_scale: amax / (6·448)
	format compute.Format
	fake   bool
}

// quantize leaves codes times group scales in the row: both are so short that
// their product is exact, and the fused kernel's sum is the sum of these
// times alpha. The fake operation casts group scales without a clamp, so that
// a group beyond the calibrated range becomes NaN.
func (q groupedNVFP4) quantize(row, _ []float32) {
	compute.WithScratch(len(row)/groupNVFP4, func(scales []float32) {
		for g := range scales {
			scales[g] = compute.Amax(group(row, g)) / compute.MaxE2M1 / q.scale
		}
		compute.RoundE4M3(scales, !q.fake)
		for g, s := range scales {
			if s != 0 {
				divide(group(row, g), s*q.scale)
			}
		}
		compute.RoundE2M1(row)
		for g, s := range scales {
			compute.Scale(group(row, g), s)
		}
	})
	if q.fake {
		compute.Scale(row, q.scale)
		q.format.Round(row)
	}
}

func group(row []float32, g int) []float32 {
	return row[g*groupNVFP4 : (g+1)*groupNVFP4]
}

// divide guards against the scale of a layer that saw only zeros in
// calibration.
func divide(x []float32, by float32) {
	compute.Divide(x, max(by, math.SmallestNonzeroFloat32))
}
