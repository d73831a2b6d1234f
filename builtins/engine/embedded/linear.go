package embedded

import "adkernel/builtins/engine/embedded/internal/compute"

// A linear layer computes y = x·Wᵀ + b for rows of activations, accumulating in
// float32 and rounding once to the activation format.
//
// With quantized weights there are two ways. Fused, as the low-precision
// kernels compute: segments hold codes, activations become codes as well, and
// the scales are applied to the sums. Fake: segments hold dequantized weights,
// activations are quantized and dequantized, and the product is an ordinary
// one in the activation format.
type linear struct {
	module   string // "model.layers.0.mlp.up_proj"
	n, k     int    // of this rank's shard
	format   compute.Format
	segments []segment
	quantize activationQuantizer // nil: activations stay as they are
	scale    float32             // of the sums; 1 unless fused
	bias     []float32           // [n] or nil

	observe func(module string, x []float32) // sees every input; nil but in calibration
}

// A segment is the part of the weight for inputs [from, to). There is one, but
// for fused FP8 blocks, where each has its own scales.
type segment struct {
	from, to int
	weight   *compute.Matrix // [n, to-from]
	scales   []float32       // [n], nil outside FP8 blocks
}

// forward computes y [rows, n] from x [rows, k].
func (l *linear) forward(y, x []float32, rows int) {
	if rows == 0 {
		return
	}
	if l.observe != nil {
		l.observe(l.module, x[:rows*l.k])
	}
	if l.quantize == nil {
		l.multiply(y, x, nil, rows)
		return
	}
	compute.WithScratch(rows*(l.k+len(l.segments)), func(scratch []float32) {
		codes, scales := scratch[:rows*l.k], scratch[rows*l.k:]
		const band = 16
		compute.Parallel((rows+band-1)/band, func(b int) {
			for i := b * band; i < min((b+1)*band, rows); i++ {
				row := codes[i*l.k : (i+1)*l.k]
				copy(row, x[i*l.k:])
				l.quantize.quantize(row, scales[i*len(l.segments):(i+1)*len(l.segments)])
			}
		})
		l.multiply(y, codes, scales, rows)
	})
}

// multiply computes the product; scales [rows, segments] are those of
// block-quantized activations.
func (l *linear) multiply(y, x, scales []float32, rows int) {
	compute.Tiles(rows, l.n, func(top, bottom, left, right int) {
		for i := top; i < bottom; i++ {
			clear(y[i*l.n+left : i*l.n+right])
		}
		for s, seg := range l.segments {
			if seg.scales == nil {
				seg.weight.MultiplyAdd(y[top*l.n:], l.n, x[top*l.k+seg.from:], l.k, bottom-top, left, right)
				continue
			}
			width := right - left
			compute.WithScratch((bottom-top)*l.n, func(sums []float32) {
				for i := range bottom - top {
					clear(sums[i*l.n+left:][:width])
				}
				seg.weight.MultiplyAdd(sums, l.n, x[top*l.k+seg.from:], l.k, bottom-top, left, right)
				for i := range bottom - top {
					row := top + i
					compute.ScaleAdd(y[row*l.n+left:][:width], sums[i*l.n+left:][:width],
						scales[row*len(l.segments)+s], seg.scales[left:right])
				}
			})
		}
		for i := top; i < bottom; i++ {
			l.finish(y[i*l.n+left:i*l.n+right], left)
		}
	})
}

// finish scales the sums of one row, adds the bias and rounds.
func (l *linear) finish(y []float32, left int) {
	if l.scale != 1 {
		compute.Scale(y, l.scale)
	}
	if l.bias != nil {
		compute.Add(y, l.bias[left:left+len(y)])
	}
	l.format.Round(y)
}
