package checkpoint

import "math"

// e2m1Values holds the value of each 4-bit code (OCP Microscaling formats,
// E2M1): bit 3 is the sign.
var e2m1Values = [16]float32{0, .5, 1, 1.5, 2, 3, 4, 6, float32(math.Copysign(0, -1)), -.5, -1, -1.5, -2, -3, -4, -6}

// E2M1ToFloat32 decodes a 4-bit E2M1 code; the upper nibble is ignored.
func E2M1ToFloat32(code byte) float32 { return e2m1Values[code&15] }

// Float32ToE2M1 rounds to the nearest E2M1 value, ties to the code with an
// even last bit, and saturates at 6. NaN, which E2M1 does not have, becomes 6
// with its sign.
func Float32ToE2M1(f float32) byte {
	sign := byte(math.Float32bits(f) >> 28 & 8)
	f = float32(math.Abs(float64(f)))
	switch {
	case f <= .25:
		return sign
	case f < .75:
		return sign | 1
	case f <= 1.25:
		return sign | 2
	case f < 1.75:
		return sign | 3
	case f <= 2.5:
		return sign | 4
	case f < 3.5:
		return sign | 5
	case f <= 5:
		return sign | 6
	}
	return sign | 7
}
