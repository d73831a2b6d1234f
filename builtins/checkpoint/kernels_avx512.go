//go:build goexperiment.simd && amd64

package checkpoint

import (
	"math"
	"math/bits"
	"simd/archsimd"
)

// lanes is the number of float32 in a vector.
const lanes = 16

// hasAVX512 is read once: the kernels below need its F, BW, DQ and VL parts.
var hasAVX512 = archsimd.X86.AVX512()

func decodeBF16(out []float32, data []byte) {
	whole := 0
	if hasAVX512 {
		sixteen := archsimd.BroadcastUint32x16(16)
		whole = len(out) &^ (lanes - 1)
		for i := 0; i < whole; i += lanes {
			halves := archsimd.LoadUint8x32Slice(data[2*i : 2*i+2*lanes]).AsUint16x16()
			halves.ExtendToUint32().ShiftLeft(sixteen).AsFloat32x16().StoreSlice(out[i : i+lanes])
		}
		archsimd.ClearAVXUpperBits()
	}
	decodeBF16Scalar(out[whole:], data[2*whole:])
}

// decodeE4M3 moves a code's sign, exponent and mantissa to their places in a
// float32. The exponent's bias is then 120 too small, which the scale makes
// up for; subnormal codes become subnormal numbers of the same value.
func decodeE4M3(out []float32, codes []byte, scale float32) {
	whole := 0
	if hasAVX512 && scale < 1<<7 { // scale · 2^120 is finite
		const rebias = 1 << 120
		factor := archsimd.BroadcastFloat32x16(scale * rebias)
		signed := archsimd.BroadcastUint32x16(0x87f00000).AsInt32x16()
		unsigned := archsimd.BroadcastInt32x16(0x07f00000)
		twenty := archsimd.BroadcastInt32x16(20)
		nan := archsimd.BroadcastFloat32x16(float32(math.NaN()))
		whole = len(out) &^ (lanes - 1)
		for i := 0; i < whole; i += lanes {
			code := archsimd.LoadUint8x16Slice(codes[i : i+lanes]).AsInt8x16()
			placed := code.ExtendToInt32().ShiftLeft(twenty).And(signed)
			value := placed.AsFloat32x16().Mul(factor)
			nan.Merge(value, placed.And(unsigned).Equal(unsigned)).StoreSlice(out[i : i+lanes])
		}
		archsimd.ClearAVXUpperBits()
	}
	decodeE4M3Scalar(out[whole:], codes[whole:], scale)
}

// decodeNVFP4 decodes two groups, 16 bytes, at a time: each byte is spread
// over two lanes, shifted to its nibble, and looked up in a table of 16.
func decodeNVFP4(out []float32, packed, scales []byte, global float32) {
	whole := 0
	if hasAVX512 {
		table := archsimd.LoadFloat32x16Slice(e2m1Values[:])
		shift := archsimd.LoadUint32x16(&[16]uint32{0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4, 0, 4})
		first := archsimd.LoadUint32x16(&[16]uint32{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7})
		second := archsimd.LoadUint32x16(&[16]uint32{8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15})
		by := archsimd.BroadcastFloat32x16(global)
		const pair = 2 * groupSize
		for ; whole+pair <= len(out); whole += pair {
			bytes := archsimd.LoadUint8x16Slice(packed[whole/2 : whole/2+groupSize]).ExtendToUint32()
			g := whole / groupSize
			// The permutation reads the lowest 4 bits of each index.
			a := table.Permute(bytes.Permute(first).ShiftRight(shift))
			b := table.Permute(bytes.Permute(second).ShiftRight(shift))
			a.Mul(archsimd.BroadcastFloat32x16(e4m3Values[scales[g]]).Mul(by)).StoreSlice(out[whole : whole+groupSize])
			b.Mul(archsimd.BroadcastFloat32x16(e4m3Values[scales[g+1]]).Mul(by)).StoreSlice(out[whole+groupSize : whole+pair])
		}
		archsimd.ClearAVXUpperBits()
	}
	decodeNVFP4Scalar(out[whole:], packed[whole/2:], scales[whole/groupSize:], global)
}

func compare(d, r []float32) difference {
	if !hasAVX512 {
		return compareScalar(d, r)
	}
	const stretch = 4096 // float32 sums of 256 values a lane
	whole := len(d) &^ (lanes - 1)
	s := difference{}
	for start := 0; start < whole; start += stretch {
		end := min(start+stretch, whole)
		part := compareVectors(d[start:end], r[start:end])
		if sum := part.err2 + part.ref2 + part.deq2; sum-sum != 0 {
			part = compareScalar(d[start:end], r[start:end])
		}
		s.add(part)
	}
	s.add(compareScalar(d[whole:], r[whole:]))
	return s
}

// compareVectors serves whole vectors of finite sums.
func compareVectors(d, r []float32) difference {
	var err2, ref2, deq2, dot, deqMax, refMax archsimd.Float32x16 // maxima of squares
	for i := 0; i < len(d); i += lanes {
		x, y := archsimd.LoadFloat32x16Slice(d[i:i+lanes]), archsimd.LoadFloat32x16Slice(r[i:i+lanes])
		e := x.Sub(y)
		xx, yy := x.Mul(x), y.Mul(y)
		err2 = e.MulAdd(e, err2)
		dot = x.MulAdd(y, dot)
		deq2, ref2 = deq2.Add(xx), ref2.Add(yy)
		deqMax, refMax = deqMax.Max(xx), refMax.Max(yy)
	}
	s := difference{
		n: len(d), err2: laneSum(err2), ref2: laneSum(ref2), deq2: laneSum(deq2), dot: laneSum(dot),
		deqAmax: laneMax(deqMax), refAmax: laneMax(refMax),
	}
	archsimd.ClearAVXUpperBits()
	return s
}

func laneSum(v archsimd.Float32x16) float64 {
	var values [lanes]float32
	v.Store(&values)
	sum := 0.
	for _, x := range values {
		sum += float64(x)
	}
	return sum
}

func laneMax(squares archsimd.Float32x16) float32 {
	var values [lanes]float32
	squares.Store(&values)
	largest := float32(0)
	for _, x := range values {
		largest = max(largest, x)
	}
	return float32(math.Sqrt(float64(largest)))
}

func countMasked(data []byte, mask, want byte) int {
	whole, n := 0, 0
	if hasAVX512 {
		const width = 64
		masks, wanted := archsimd.BroadcastUint8x64(mask), archsimd.BroadcastUint8x64(want)
		for ; whole+width <= len(data); whole += width {
			v := archsimd.LoadUint8x64Slice(data[whole : whole+width])
			n += bits.OnesCount64(v.And(masks).Equal(wanted).ToBits())
		}
		archsimd.ClearAVXUpperBits()
	}
	return n + countMaskedScalar(data[whole:], mask, want)
}
