package checkpoint

import (
	"fmt"
	"slices"
)

// A mistake is one wrong way to read stored scales.
type mistake struct {
	cause   Cause
	detail  string
	factors func(row, col int) float32
}

// explain names the mistake that reproduces every loaded factor.
func (layer *LoadedLayer) explain(c *Checkpoint, l *Linear, stored factors, loaded []float32) {
	where := fmt.Sprintf("%d of %d rows have a wrong factor (first: row %d), %s times the stored one",
		layer.RowsWrong, l.N, layer.FirstRow, ratios(layer.LowestRatio, layer.TopRatio))
	for _, m := range slices.Concat(gridMistakes(l, stored), valueMistakes(l, stored), siblingMistakes(c, l), commonFactor(stored, loaded)) {
		if reproduces(m, stored, loaded) {
			layer.Cause, layer.Finding = m.cause, where+"; exactly explained by: "+m.detail
			return
		}
	}
	layer.Cause, layer.Finding = CauseUnknown, where+"; no mistake that is known here reproduces them"
}

// ratios words a range of them, one of a single value as that.
func ratios(low, high Measure) string {
	a, b := fmt.Sprintf("%.3g", low), fmt.Sprintf("%.3g", high)
	if a == b {
		return a
	}
	return "between " + a + " and " + b
}

func reproduces(m mistake, stored factors, loaded []float32) bool {
	for i, v := range loaded {
		if !sameFactor(v, m.factors(i/stored.cols, i%stored.cols)) {
			return false
		}
	}
	return true
}

// valueMistakes are those that look at one factor at a time.
func valueMistakes(l *Linear, stored factors) []mistake {
	at := func(row, col int) float32 { return stored.values[row*stored.cols+col] }
	mistakes := []mistake{
		{CauseMissing, "factor 1: the scale is not applied", func(int, int) float32 { return 1 }},
		{CauseInverted, "the reciprocal of the stored factor", func(row, col int) float32 { return 1 / at(row, col) }},
		{CauseTwice, "the square of the stored factor", func(row, col int) float32 { return at(row, col) * at(row, col) }},
	}
	if l.Format == NVFP4 {
		code := func(row, col int) byte { return l.Scales[row*stored.cols+col] }
		mistakes = append(mistakes,
			mistake{CauseConverted, "the E4M3 scale bytes converted as integers (`.to`), not reinterpreted (`.view`): values 0 to 255 times weight_scale_2",
				func(row, col int) float32 { return float32(code(row, col)) * l.Scale }},
			mistake{CauseConverted, "the E4M3 scale bytes converted as integers (`.to`) and rounded to E4M3 again, times weight_scale_2",
				func(row, col int) float32 { return E4M3ToFloat32(Float32ToE4M3(float32(code(row, col)))) * l.Scale }},
			mistake{CauseMissing, "weight_scale_2 is not applied", func(row, col int) float32 { return e4m3Values[code(row, col)] }},
			mistake{CauseMissing, "the group scales are not applied", func(int, int) float32 { return l.Scale }},
			mistake{CauseInverted, "divided by weight_scale_2, not multiplied", func(row, col int) float32 { return e4m3Values[code(row, col)] / l.Scale }},
		)
	}
	return mistakes
}

// commonFactor is the ratio of the first factors, if it is the same for all.
func commonFactor(stored factors, loaded []float32) []mistake {
	i := slices.IndexFunc(stored.values, func(v float32) bool { return v != 0 })
	if i < 0 {
		return nil
	}
	ratio := loaded[i] / stored.values[i]
	return []mistake{{CauseFactor, fmt.Sprintf("every factor is %.6g times the stored one", ratio),
		func(row, col int) float32 { return stored.values[row*stored.cols+col] * ratio }}}
}

var neighbours = []struct {
	name  string
	shift int
}{{"next", 1}, {"previous", -1}}

// gridMistakes are those that take a stored scale from the wrong place.
func gridMistakes(l *Linear, stored factors) []mistake {
	switch l.Format {
	case FP8Block:
		return append(blockMistakes(l), transposed(l.BlockScale, l.BlockRows, l.BlockCols, blockSize))
	case NVFP4:
		mistakes := []mistake{
			transposed(stored.values, stored.rows, stored.cols, 1),
			{CauseSwizzled, "the group scales in the kernel's interleaved order of 128 x 4, not undone", func(row, col int) float32 {
				if i := swizzledOffset(row, col, stored.cols); i < len(stored.values) {
					return stored.values[i]
				}
				return 0
			}},
		}
		for _, side := range neighbours {
			mistakes = append(mistakes, mistake{CauseShifted, "each group takes the scale of the " + side.name + " group of its row", func(row, col int) float32 {
				return stored.values[row*stored.cols+min(max(col+side.shift, 0), stored.cols-1)]
			}})
		}
		return mistakes
	}
	return nil
}

// blockMistakes are other sizes of the block, in rows or in columns, and
// scales of the block beside. The size that is the quotient of the weight's
// and the scales' number of rows comes first: it is the one that code derives
// when it does not read the block size.
func blockMistakes(l *Linear) []mistake {
	var mistakes []mistake
	scale := func(i, j int) float32 {
		return l.BlockScale[min(max(i, 0), l.BlockRows-1)*l.BlockCols+min(max(j, 0), l.BlockCols-1)]
	}
	rows := func(size int) mistake {
		return mistake{CauseBlockSize, fmt.Sprintf("blocks of %d rows where the format says %d%s", size, blockSize, derivation(size, l.N, l.BlockRows)),
			func(row, col int) float32 { return scale(row/size, col) }}
	}
	cols := func(size int) mistake {
		return mistake{CauseBlockSize, fmt.Sprintf("blocks of %d columns where the format says %d%s", size, blockSize, derivation(size, l.K, l.BlockCols)),
			func(row, col int) float32 { return scale(row/blockSize, col*blockSize/size) }}
	}
	for _, size := range candidateSizes(l.N, l.BlockRows) {
		mistakes = append(mistakes, rows(size))
	}
	for _, size := range candidateSizes(l.K, l.BlockCols) {
		mistakes = append(mistakes, cols(size))
	}
	for _, side := range neighbours {
		mistakes = append(mistakes,
			mistake{CauseShifted, "each block takes the scale of the " + side.name + " block of rows", func(row, col int) float32 { return scale(row/blockSize+side.shift, col) }},
			mistake{CauseShifted, "each block takes the scale of the " + side.name + " block of columns", func(row, col int) float32 { return scale(row/blockSize, col+side.shift) }})
	}
	return mistakes
}

// candidateSizes lists block sizes 1 to length, the derived ones first.
func candidateSizes(length, blocks int) []int {
	sizes := []int{ceilDiv(length, blocks), max(1, length/blocks)}
	for size := 1; size <= length; size++ {
		if !slices.Contains(sizes, size) {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

func derivation(size, length, blocks int) string {
	if size != ceilDiv(length, blocks) {
		return ""
	}
	return fmt.Sprintf(" (%d/%d rounded up: derived by division)", length, blocks)
}

// transposed reads a [rows, cols] grid as [cols, rows], then exchanges the
// axes; each cell serves size rows.
func transposed(values []float32, rows, cols, size int) mistake {
	return mistake{CauseTransposed, fmt.Sprintf("the [%d, %d] grid of scales read as [%[2]d, %[1]d]", rows, cols), func(row, col int) float32 {
		return values[col*rows+row/size]
	}}
}

// swizzledOffset is where the kernels keep the scale of (row, col) in a grid
// of cols columns, padded to 128 x 4.
func swizzledOffset(row, col, cols int) int {
	return (row/128*ceilDiv(cols, 4)+col/4)*512 + row%32*16 + row%128/32*4 + col%4
}

// siblingMistakes take the scales of a layer that is fused with this one.
func siblingMistakes(c *Checkpoint, l *Linear) []mistake {
	var mistakes []mistake
	for _, module := range siblingsOf(l.Module) {
		sibling, err := c.Linear(module)
		if err != nil || sibling.Format != l.Format || sibling.K != l.K {
			continue
		}
		other := factorsOf(sibling)
		mistakes = append(mistakes, mistake{CauseSibling, "the scales of " + module, func(row, col int) float32 {
			return other.values[min(row, other.rows-1)*other.cols+col]
		}})
		if l.Format == NVFP4 {
			own := factorsOf(l)
			mistakes = append(mistakes, mistake{CauseSibling, "weight_scale_2 of " + module, func(row, col int) float32 {
				return e4m3Values[l.Scales[row*own.cols+col]] * sibling.Scale
			}})
		}
	}
	return mistakes
}
