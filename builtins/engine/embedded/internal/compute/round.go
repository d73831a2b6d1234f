package compute

import (
	"fmt"
	"math"
)

// A Format is the type in which activations are kept between operations.
// Values are held in float32 and rounded to what the format can represent.
type Format uint8

const (
	Float32 Format = iota
	BFloat16
	Float16
)

// ParseFormat understands the names that Hugging Face and PyTorch use.
func ParseFormat(name string) (Format, error) {
	switch name {
	case "float32", "torch.float32", "float":
		return Float32, nil
	case "bfloat16", "torch.bfloat16":
		return BFloat16, nil
	case "float16", "torch.float16", "half":
		return Float16, nil
	}
	return 0, fmt.Errorf("dtype %q: want float32, bfloat16 or float16", name)
}

func (f Format) String() string {
	return [...]string{"float32", "bfloat16", "float16"}[f]
}

// Round rounds every element to f, to nearest, ties to even. What float16
// cannot hold becomes infinite.
func (f Format) Round(x []float32) {
	switch f {
	case BFloat16:
		active.roundBF16(x)
	case Float16:
		active.clamp(x, 1<<16) // beyond every number of the format, and finite
		mini(x, 10, -14)
		for i, v := range x {
			if v > 65504 || v < -65504 {
				x[i] = v * math.MaxFloat32
			}
		}
	}
}

// RoundOne is Round for one number.
func (f Format) RoundOne(v float32) float32 {
	if f == BFloat16 {
		return roundBF16(v)
	}
	x := [1]float32{v}
	f.Round(x[:])
	return x[0]
}

// roundBF16 rounds to bfloat16: float32 with the lower half of its bits cut.
func roundBF16(v float32) float32 {
	b := math.Float32bits(v)
	if v != v {
		return math.Float32frombits(b&0xffff0000 | 0x00400000) // stays a NaN
	}
	return math.Float32frombits((b + 0x7fff + b>>16&1) & 0xffff0000)
}

// The largest values of the two narrow formats.
const (
	MaxE4M3 = 448
	MaxE2M1 = 6
)

// RoundE4M3 rounds every element to FP8 E4M3. Values beyond the format become
// ±448 when saturate is set, as the cast in a fused kernel does, and NaN
// otherwise, as PyTorch's plain cast does.
func RoundE4M3(x []float32, saturate bool) {
	if saturate {
		active.clamp(x, MaxE4M3)
	}
	mini(x, 3, -6)
	if saturate {
		return
	}
	for i, v := range x {
		if v > MaxE4M3 || v < -MaxE4M3 {
			x[i] = float32(math.NaN())
		}
	}
}

// RoundE2M1 rounds every element to FP4 E2M1 (0, 0.5, 1, 1.5, 2, 3, 4, 6),
// larger ones to ±6.
func RoundE2M1(x []float32) {
	active.clamp(x, MaxE2M1)
	mini(x, 1, 0)
}

// mini rounds to a binary format with the given number of explicit mantissa
// bits whose smallest normal number is 2^minExponent; infinities become NaN.
// Adding and subtracting 1.5·2^23 units in the last place lets the processor's
// own addition round to nearest, ties to even.
func mini(x []float32, mantissa, minExponent int) {
	smallest := float32(math.Ldexp(1, minExponent))
	magic := float32(math.Ldexp(1.5, 23-mantissa))
	active.roundMini(x, smallest, magic)
}
