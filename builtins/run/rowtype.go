package run

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"adkernel/builtins/checkpoint"
)

// A RowType is how the numbers of a logit row are stored, by the name in
// logits/header.json. All are little endian.
type RowType string

// The row types. Engines of this program write float32; the others are what
// imported results hold, kept as they were.
const (
	Float32  RowType = "float32"
	Float16  RowType = "float16"
	BFloat16 RowType = "bfloat16"

	// LogProb16 is llama.cpp's: float32 scale s, float32 m, then a uint16 u for
	// every token, padded to an even count. The token's log-probability is
	// s u + m (tools/perplexity/perplexity.cpp, log_softmax). What was more than
	// 16 below the greatest has u = 0, so it is an upper bound there.
	LogProb16 RowType = "llama.cpp-uint16"
)

// rowCodec reads and writes the rows of one type.
type rowCodec struct {
	file   string // in the folder logits
	size   func(cols int) int
	decode func(data []byte, row []float32)
}

var rowCodecs = map[RowType]rowCodec{
	Float32: {"rows.f32", width(4), func(data []byte, row []float32) {
		for i := range row {
			row[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	}},
	Float16: {"rows.f16", width(2), func(data []byte, row []float32) {
		for i := range row {
			row[i] = checkpoint.F16ToFloat32(binary.LittleEndian.Uint16(data[2*i:]))
		}
	}},
	BFloat16: {"rows.bf16", width(2), func(data []byte, row []float32) {
		for i := range row {
			row[i] = checkpoint.BF16ToFloat32(binary.LittleEndian.Uint16(data[2*i:]))
		}
	}},
	LogProb16: {"rows.llamacpp", func(cols int) int { return 2 * (2*((cols+1)/2) + 4) }, func(data []byte, row []float32) {
		scale := math.Float32frombits(binary.LittleEndian.Uint32(data))
		least := math.Float32frombits(binary.LittleEndian.Uint32(data[4:]))
		for i := range row {
			row[i] = scale*float32(binary.LittleEndian.Uint16(data[8+2*i:])) + least
		}
	}},
}

func width(bytes int) func(int) int { return func(cols int) int { return bytes * cols } }

// Size is the bytes of a row of that many logits.
func (t RowType) Size(cols int) int { return rowCodecs[t].size(cols) }

// Decode reads a row of len(row) logits from the Size(len(row)) bytes of data.
func (t RowType) Decode(data []byte, row []float32) { rowCodecs[t].decode(data, row) }

// codec returns the codec of a type that a file names.
func (t RowType) codec() (rowCodec, error) {
	c, ok := rowCodecs[t]
	if !ok {
		names := slices.Sorted(maps.Keys(rowCodecs))
		words := make([]string, len(names))
		for i, n := range names {
			words[i] = string(n)
		}
		return rowCodec{}, fmt.Errorf("dtype %q: want one of %s", t, strings.Join(words, ", "))
	}
	return c, nil
}
