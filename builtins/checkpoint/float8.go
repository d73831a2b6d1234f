package checkpoint

import "math"

// MaxE4M3 is the largest finite E4M3 value.
const MaxE4M3 = 448

// e4m3Values and e5m2Values hold the value of each code.
var e4m3Values, e5m2Values = float8Values()

func float8Values() (e4m3, e5m2 [256]float32) {
	for code := range 256 {
		e4m3[code] = e4m3Value(byte(code))
		// E5M2 is the upper half of a binary16.
		e5m2[code] = F16ToFloat32(uint16(code) << 8)
	}
	return e4m3, e5m2
}

// e4m3Value decodes by the definition (OCP 8-bit floating point, E4M3): sign,
// 4 bits of exponent with bias 7, 3 bits of mantissa; no infinities; 0x7f and
// 0xff are NaN.
func e4m3Value(code byte) float32 {
	exponent, mantissa := int(code>>3&15), float64(code&7)
	var v float64
	switch {
	case code&0x7f == 0x7f:
		v = math.NaN()
	case exponent == 0:
		v = math.Ldexp(mantissa, -9)
	default:
		v = math.Ldexp(8+mantissa, exponent-10)
	}
	if code&0x80 != 0 {
		v = math.Copysign(v, -1)
	}
	return float32(v)
}

// E4M3ToFloat32 decodes a float8_e4m3fn code exactly. 0x7f and 0xff are NaN.
func E4M3ToFloat32(code byte) float32 { return e4m3Values[code] }

// E5M2ToFloat32 decodes a float8_e5m2 code exactly.
func E5M2ToFloat32(code byte) float32 { return e5m2Values[code] }

// Float32ToE4M3 rounds to the nearest E4M3 value, ties to even, and saturates:
// whatever is beyond 448, infinities included, becomes 448 with its sign. This
// is what quantizers and fused kernels do. NaN becomes NaN.
func Float32ToE4M3(f float32) byte {
	switch {
	case f > MaxE4M3:
		f = MaxE4M3
	case f < -MaxE4M3:
		f = -MaxE4M3
	}
	return Float32ToE4M3Unclamped(f)
}

// Float32ToE4M3Unclamped rounds to the nearest E4M3 value, ties to even, as
// torch's `.to(torch.float8_e4m3fn)` does on CUDA: up to 464, half a step
// beyond 448, it gives 448; beyond that, NaN. (On the CPU, torch 2.13
// saturates.) This is the cast of fake quantization.
func Float32ToE4M3Unclamped(f float32) byte {
	u := math.Float32bits(f)
	sign := byte(u >> 24 & 0x80)
	magnitude := u &^ (1 << 31)
	switch {
	case magnitude > 0x43e80000: // above 464, infinite, NaN
		return sign | 0x7f
	case magnitude < 0x3c800000: // below 2^-6: subnormal, in steps of 2^-9
		return sign | byte(math.RoundToEven(math.Abs(float64(f))*0x1p9))
	}
	rounded := magnitude + 0x7ffff + magnitude>>20&1
	return sign | byte((rounded-(127-7)<<23)>>20)
}
