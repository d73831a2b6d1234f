package gguf

import (
	"encoding/binary"
	"fmt"
	"math"

	"adkernel/builtins/checkpoint"
)

// Type is how a tensor's values are stored (ggml_type).
type Type uint32

// The types that are read. Quantized ones hold blocks of 32 values of one row
// (ggml-common.h).
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2 // f16 d, 16 bytes: v = (nibble - 8) d
	Q4_1 Type = 3 // f16 d, f16 m, 16 bytes: v = nibble d + m
	Q8_0 Type = 8 // f16 d, 32 int8: v = q d
	BF16 Type = 30
)

const blockValues = 32

// layout is how many bytes a block of values has.
var layouts = map[Type]struct {
	name          string
	values, bytes int
}{
	F32: {"F32", 1, 4}, F16: {"F16", 1, 2}, BF16: {"BF16", 1, 2},
	Q4_0: {"Q4_0", blockValues, 18}, Q4_1: {"Q4_1", blockValues, 20}, Q8_0: {"Q8_0", blockValues, 34},
}

func (t Type) String() string {
	if l, ok := layouts[t]; ok {
		return l.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// bytes is the size of a tensor's data.
func (t Type) bytes(of Tensor) (int64, error) {
	l, ok := layouts[t]
	if !ok {
		return 0, fmt.Errorf("%s of ggml is not read: only F32, F16, BF16, Q4_0, Q4_1 and Q8_0 are", t)
	}
	if row := of.Shape[len(of.Shape)-1]; row%l.values != 0 {
		return 0, fmt.Errorf("%s in rows of %d: want a multiple of %d", t, row, l.values)
	}
	return int64(of.Len()) / int64(l.values) * int64(l.bytes), nil
}

// decode returns n values.
func (t Type) decode(data []byte, n int) []float32 {
	out := make([]float32, n)
	half := func(b []byte) float32 { return checkpoint.F16ToFloat32(binary.LittleEndian.Uint16(b)) }
	l := layouts[t]
	for i := 0; i < n; i += l.values {
		block := data[i/l.values*l.bytes:]
		switch t {
		case F32:
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(block))
		case F16:
			out[i] = half(block)
		case BF16:
			out[i] = checkpoint.BF16ToFloat32(binary.LittleEndian.Uint16(block))
		case Q4_0:
			nibbles(out[i:], block[2:], half(block), -8*half(block))
		case Q4_1:
			nibbles(out[i:], block[4:], half(block), half(block[2:]))
		case Q8_0:
			d := half(block)
			for j := range blockValues {
				out[i+j] = float32(int8(block[2+j])) * d
			}
		}
	}
	return out
}

// nibbles decodes a block of 4-bit codes: the low halves of its 16 bytes are
// the first 16 values, the high ones the others.
func nibbles(out []float32, codes []byte, scale, least float32) {
	for j := range blockValues / 2 {
		out[j] = float32(codes[j]&15)*scale + least
		out[j+blockValues/2] = float32(codes[j]>>4)*scale + least
	}
}
