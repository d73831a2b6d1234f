package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A DType is the element type of a tensor, by its name in safetensors.
type DType string

// Element types that have a meaning here. Others (integers, BOOL) can be
// listed and copied.
const (
	DTypeF32  DType = "F32"
	DTypeBF16 DType = "BF16"
	DTypeF16  DType = "F16"
	DTypeF64  DType = "F64"
	DTypeE4M3 DType = "F8_E4M3"
	DTypeE5M2 DType = "F8_E5M2"
	DTypeU8   DType = "U8"
)

// elementSize is in bytes.
var elementSize = map[DType]int{
	"BOOL": 1, DTypeU8: 1, "I8": 1, DTypeE4M3: 1, DTypeE5M2: 1, "F8_E8M0": 1,
	"I16": 2, "U16": 2, DTypeF16: 2, DTypeBF16: 2,
	"I32": 4, "U32": 4, DTypeF32: 4,
	"I64": 8, "U64": 8, DTypeF64: 8,
}

// A Tensor is a named array as stored: little endian, row-major.
type Tensor struct {
	Name  string
	DType DType
	Shape []int
	Data  []byte // a view of the mapped file; read only
}

// Len is the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Float32 returns the elements as float32: exactly, but for F64, which is
// rounded. Integer types are refused, since their meaning (packed codes,
// indices) is not a number.
func (t Tensor) Float32() ([]float32, error) {
	size, ok := elementSize[t.DType]
	if !ok || len(t.Data) != t.Len()*size {
		return nil, fmt.Errorf("tensor %s: %s %v does not fit its %d bytes", t.Name, t.DType, t.Shape, len(t.Data))
	}
	if !t.isFloat() {
		return nil, fmt.Errorf("tensor %s: elements of type %s are not floating-point numbers", t.Name, t.DType)
	}
	out := make([]float32, t.Len())
	t.decode(out, 0)
	return out, nil
}

func (t Tensor) isFloat() bool {
	switch t.DType {
	case DTypeF32, DTypeBF16, DTypeF16, DTypeF64, DTypeE4M3, DTypeE5M2:
		return true
	}
	return false
}

// decode writes the elements from index start on into out. The type is one of
// those that isFloat accepts.
func (t Tensor) decode(out []float32, start int) {
	switch t.DType {
	case DTypeF32:
		data := t.Data[4*start:]
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case DTypeBF16:
		decodeBF16(out, t.Data[2*start:])
	case DTypeF16:
		data := t.Data[2*start:]
		for i := range out {
			out[i] = F16ToFloat32(binary.LittleEndian.Uint16(data[2*i:]))
		}
	case DTypeF64:
		data := t.Data[8*start:]
		for i := range out {
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:])))
		}
	case DTypeE4M3:
		decodeE4M3(out, t.Data[start:], 1)
	case DTypeE5M2:
		for i := range out {
			out[i] = E5M2ToFloat32(t.Data[start+i])
		}
	}
}
