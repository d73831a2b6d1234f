package checkpoint

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The kernels of the inner loops. These are the plain versions;
// kernels_avx512.go has others for builds and processors that allow them.
// Decoders give the same bits, sums agree to float32's rounding.

// decodeBF16Scalar decodes len(out) little-endian bfloat16 values.
func decodeBF16Scalar(out []float32, data []byte) {
	for len(out) >= 4 { // four values a load
		four := binary.LittleEndian.Uint64(data)
		low, high := uint32(four), uint32(four>>32)
		out[0] = math.Float32frombits(low << 16)
		out[1] = math.Float32frombits(low &^ 0xffff)
		out[2] = math.Float32frombits(high << 16)
		out[3] = math.Float32frombits(high &^ 0xffff)
		out, data = out[4:], data[8:]
	}
	for i := range out {
		out[i] = BF16ToFloat32(binary.LittleEndian.Uint16(data[2*i:]))
	}
}

// decodeE4M3Scalar decodes len(out) E4M3 codes times scale.
func decodeE4M3Scalar(out []float32, codes []byte, scale float32) {
	codes = codes[:len(out)]
	for i, code := range codes {
		out[i] = e4m3Values[code] * scale
	}
}

// decodeE2M1 decodes len(out) E2M1 codes times scale, two codes a byte, the
// first in the low nibble. len(out) is even.
func decodeE2M1(out []float32, packed []byte, scale float32) {
	packed = packed[:len(out)/2]
	for i, pair := range packed {
		out[2*i] = e2m1Values[pair&15] * scale
		out[2*i+1] = e2m1Values[pair>>4] * scale
	}
}

// decodeNVFP4Scalar decodes groups of 16 E2M1 codes, each times the product
// of its E4M3 scale and the global one: the two scales are multiplied first,
// as kernels do.
func decodeNVFP4Scalar(out []float32, packed, scales []byte, global float32) {
	for g := range len(out) / groupSize {
		decodeE2M1(out[g*groupSize:(g+1)*groupSize], packed[g*groupSize/2:], e4m3Values[scales[g]]*global)
	}
}

// compareScalar sums up how the values d differ from r, of the same length. Sums are kept in float32 for
// short stretches, which is as exact as the values are and twice as fast.
func compareScalar(d, r []float32) difference {
	const stretch = 256
	s := difference{}
	for start := 0; start < len(d); start += stretch {
		end := min(start+stretch, len(d))
		s.add(compareStretch(d[start:end], r[start:end]))
	}
	return s
}

func compareStretch(d, r []float32) difference {
	var err2, ref2, deq2, dot, deqAmax, refAmax float32
	r = r[:len(d)]
	for i, x := range d {
		y := r[i]
		e := x - y
		err2 += e * e
		ref2 += y * y
		deq2 += x * x
		dot += x * y
		if a := abs(x); a > deqAmax {
			deqAmax = a
		}
		if a := abs(y); a > refAmax {
			refAmax = a
		}
	}
	if sum := err2 + ref2 + deq2; sum-sum != 0 {
		return compareCarefully(d, r)
	}
	return difference{n: len(d), err2: float64(err2), ref2: float64(ref2), deq2: float64(deq2), dot: float64(dot), deqAmax: deqAmax, refAmax: refAmax}
}

// compareCarefully serves stretches whose float32 sums are not finite.
func compareCarefully(d, r []float32) difference {
	s := difference{}
	for i, x := range d {
		y := r[i]
		if x != x || y != y {
			s.nan++
			continue
		}
		e := float64(x) - float64(y)
		s.n++
		s.err2 += e * e
		s.ref2 += float64(y) * float64(y)
		s.deq2 += float64(x) * float64(x)
		s.dot += float64(x) * float64(y)
		s.deqAmax = max(s.deqAmax, abs(x))
		s.refAmax = max(s.refAmax, abs(y))
	}
	return s
}

// countMaskedScalar counts the bytes b with b&mask == want, eight at a time.
func countMaskedScalar(data []byte, mask, want byte) int {
	const (
		every = 0x0101010101010101
		low7  = 0x7f7f7f7f7f7f7f7f
	)
	n := 0
	for len(data) >= 8 {
		x := binary.LittleEndian.Uint64(data)&(every*uint64(mask)) ^ every*uint64(want)
		// Bytes of x that are 0 keep their top bit in the complement.
		n += bits.OnesCount64(^((x&low7 + low7) | x | low7))
		data = data[8:]
	}
	for _, b := range data {
		if b&mask == want {
			n++
		}
	}
	return n
}
