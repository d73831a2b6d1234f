package embedded

import (
	"context"
	"fmt"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded/internal/compute"
	"adkernel/builtins/engine/embedded/internal/fault"
)

// scaleTable is the factor of every code of a quantized weight [N, K]:
// values [N, ceil(K/group)].
type scaleTable struct {
	group  int
	values []float32
}

func (t scaleTable) columns(k int) int { return (k + t.group - 1) / t.group }

// loadScales expands the stored scales row by row. Everything that this engine
// computes with quantized weights goes through this table.
func loadScales(l *checkpoint.Linear, planted fault.Fault) scaleTable {
	switch l.Format {
	case checkpoint.FP8:
		t := scaleTable{group: l.K, values: make([]float32, l.N)}
		for n := range t.values {
			t.values[n] = l.Scale
		}
		return t
	case checkpoint.FP8Block:
		return loadBlockScales(l, planted)
	case checkpoint.NVFP4:
		t := scaleTable{group: groupNVFP4, values: make([]float32, len(l.Scales))}
		for i, code := range l.Scales {
			t.values[i] = groupScale(code, planted) * l.Scale
		}
		return t
	}
	return scaleTable{}
}

func loadBlockScales(l *checkpoint.Linear, planted fault.Fault) scaleTable {
	blockN := l.BlockN
	if planted == fault.BlockSizeByDivision {
		blockN = (l.N + l.BlockRows - 1) / l.BlockRows
	}
	t := scaleTable{group: l.BlockK}
	for n := range l.N {
		at := min(n/blockN, l.BlockRows-1) * l.BlockCols
		t.values = append(t.values, l.BlockScale[at:at+l.BlockCols]...)
	}
	return t
}

// groupScale is the number that an NVFP4 scale byte stands for.
func groupScale(code byte, planted fault.Fault) float32 {
	if planted == fault.ScaleBytesAsNumbers {
		return float32(code)
	}
	return checkpoint.E4M3ToFloat32(code)
}

// codes writes the unscaled values of row n, inputs [from, from+len(out)).
func codes(l *checkpoint.Linear, n, from int, out []float32) {
	if l.Format == checkpoint.NVFP4 {
		row := l.Codes[n*l.K/2:]
		for i := range out {
			k := from + i
			out[i] = checkpoint.E2M1ToFloat32(row[k/2] >> (4 * (k % 2)) & 15)
		}
		return
	}
	for i, code := range l.Codes[n*l.K+from:][:len(out)] {
		out[i] = checkpoint.E4M3ToFloat32(code)
	}
}

// A shard is the part of a weight that one rank holds: outputs [top, bottom)
// and inputs [left, right).
type shard struct{ top, bottom, left, right int }

// quantizedLinear builds the layer of a quantized weight for one rank.
func quantizedLinear(w *checkpoint.Linear, s shard, format compute.Format, fused bool, planted fault.Fault) (*linear, error) {
	l := &linear{module: w.Module, n: s.bottom - s.top, k: s.right - s.left, format: format, scale: 1}
	if w.Format != checkpoint.FP8Block && w.InputScale == 0 {
		return nil, fmt.Errorf("%s.input_scale is missing: %s activations need a calibrated scale; quantize the model again with calibration",
			w.Module, w.Format)
	}
	bounds := []int{0, l.k}
	switch w.Format {
	case checkpoint.FP8:
		l.quantize = tensorFP8{scale: w.InputScale, format: format, fake: !fused}
	case checkpoint.FP8Block:
		bounds = blockBounds(s, w.BlockK)
		l.quantize = blockFP8{bounds: bounds, format: format, fake: !fused}
	case checkpoint.NVFP4:
		if s.left%groupNVFP4 != 0 || s.right%groupNVFP4 != 0 {
			return nil, fmt.Errorf("%s: inputs %d to %d of %d on one rank cut an NVFP4 group of %d: choose another world_size",
				w.Module, s.left, s.right, w.K, groupNVFP4)
		}
		l.quantize = groupedNVFP4{scale: w.InputScale, format: format, fake: !fused}
	default:
		return nil, fmt.Errorf("%s: format %s is not a quantized one", w.Module, w.Format)
	}
	for i := range len(bounds) - 1 {
		l.segments = append(l.segments, segment{from: bounds[i], to: bounds[i+1], weight: compute.NewMatrix(l.n, bounds[i+1]-bounds[i])})
	}
	if fused {
		l.loadFused(w, s, planted)
	} else {
		l.loadFake(w, s, planted)
	}
	return l, nil
}

// blockBounds cuts a rank's inputs where the whole weight's blocks end.
func blockBounds(s shard, block int) []int {
	bounds := []int{0}
	for at := (s.left/block + 1) * block; at < s.right; at += block {
		bounds = append(bounds, at-s.left)
	}
	return append(bounds, s.right-s.left)
}

// loadFused keeps codes, and scales beside them. The E4M3 scales of NVFP4 are
// multiplied in: a code times its group's scale is exact in float32.
func (l *linear) loadFused(w *checkpoint.Linear, s shard, planted fault.Fault) {
	table := loadScales(w, planted)
	columns := table.columns(w.K)
	for i := range l.segments {
		seg := &l.segments[i]
		row := make([]float32, seg.to-seg.from)
		for n := range l.n {
			codes(w, s.top+n, s.left+seg.from, row)
			if w.Format == checkpoint.NVFP4 {
				first := (s.top+n)*columns + s.left/groupNVFP4
				for g := range len(row) / groupNVFP4 {
					compute.Scale(group(row, g), groupScale(w.Scales[first+g], planted))
				}
			}
			seg.weight.SetRow(n, row)
		}
		if w.Format == checkpoint.FP8Block {
			seg.scales = make([]float32, l.n)
			for n := range l.n {
				seg.scales[n] = table.values[(s.top+n)*columns+(s.left+seg.from)/table.group]
			}
		}
	}
	if w.Format != checkpoint.FP8Block {
		l.scale = w.Scale * w.InputScale
	}
}

// loadFake dequantizes the weight to the activation format.
func (l *linear) loadFake(w *checkpoint.Linear, s shard, planted fault.Fault) {
	table := loadScales(w, planted)
	columns := table.columns(w.K)
	for _, seg := range l.segments {
		row := make([]float32, seg.to-seg.from)
		for n := range l.n {
			codes(w, s.top+n, s.left+seg.from, row)
			for i := range row {
				row[i] *= table.values[(s.top+n)*columns+(s.left+seg.from+i)/table.group]
			}
			l.format.Round(row)
			seg.weight.SetRow(n, row)
		}
	}
}

// LoadedScales lists the scales of every quantized linear layer as this
// engine computes with them, in the order of the layers.
func (e *Engine) LoadedScales(ctx context.Context) ([]engine.LoadedScale, error) {
	var out []engine.LoadedScale
	for _, module := range e.quantized {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w, err := e.files.Linear(module)
		if err != nil {
			return nil, err
		}
		table := loadScales(w, e.fault)
		out = append(out, engine.LoadedScale{
			Module: module, Format: string(w.Format),
			N: w.N, K: w.K, Group: table.group, Values: table.values,
		})
	}
	return out, nil
}
