package checkpoint

import "math"

// BF16ToFloat32 is exact: bfloat16 is the upper half of a float32.
func BF16ToFloat32(bits uint16) float32 {
	return math.Float32frombits(uint32(bits) << 16)
}

// Float32ToBF16 rounds to the nearest bfloat16, ties to even. A NaN stays a
// (quiet) NaN of the same sign.
func Float32ToBF16(f float32) uint16 {
	u := math.Float32bits(f)
	if f != f {
		return uint16(u>>16) | 0x40
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

// F16ToFloat32 is exact (IEEE 754 binary16).
func F16ToFloat32(bits uint16) float32 {
	sign := uint32(bits&0x8000) << 16
	exponent, mantissa := uint32(bits>>10&0x1f), uint32(bits&0x3ff)
	switch exponent {
	case 0: // zero or subnormal: mantissa x 2^-24
		f := float32(mantissa) * 0x1p-24
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | mantissa<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | mantissa<<13)
}

// Float32ToF16 rounds to the nearest binary16, ties to even; what is beyond
// 65504 by half a step or more becomes infinite.
func Float32ToF16(f float32) uint16 {
	u := math.Float32bits(f)
	sign := uint16(u >> 16 & 0x8000)
	magnitude := u &^ (1 << 31)
	switch {
	case magnitude > 0x7f800000: // NaN
		return sign | 0x7e00 | uint16(magnitude>>13&0x3ff)
	case magnitude >= 0x477ff000: // 65520 and above
		return sign | 0x7c00
	case magnitude < 0x38800000: // below 2^-14: subnormal, in steps of 2^-24
		steps := math.RoundToEven(math.Abs(float64(f)) * 0x1p24)
		return sign | uint16(steps)
	}
	rounded := magnitude + 0xfff + magnitude>>13&1
	return sign | uint16((rounded-(127-15)<<23)>>13)
}
