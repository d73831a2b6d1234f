package checkpoint

import (
	"encoding/binary"
	"math"
)

// nvidia-modelopt divides a maximum by a constant on the GPU, where torch
// multiplies by the constant's float32 reciprocal. The last bit differs.
const (
	perMaxE4M3  = float32(1) / MaxE4M3       // of a per-tensor or block scale
	perMaxNVFP4 = float32(1) / (6 * MaxE4M3) // of weight_scale_2: E2M1's maximum times E4M3's
	minE4M3     = float32(1) / 512           // smallest positive E4M3 value
)

// scaleOf is amax·reciprocal, and 1 for a weight that is all zeros: any scale
// is right then, but dividing by 0 is not.
func scaleOf(amax, reciprocal float32) float32 {
	if scale := amax * reciprocal; scale > 0 {
		return scale
	}
	return 1
}

// encodeFP8 returns the codes of a weight with one scale. Like modelopt it
// divides in the weight's own type, the scale rounded to it: for a bfloat16
// weight 3 % of the codes differ from those of a float32 division.
func encodeFP8(l *Linear, scale float32) []byte {
	round := roundingOf(l.Format)
	divisor := round(scale)
	if divisor == 0 { // too small for a float16
		divisor = scale
	}
	codes := make([]byte, 0, l.N*l.K)
	row := make([]float32, l.K)
	for n := range l.N {
		l.decodeRow(row, n)
		for _, w := range row {
			codes = append(codes, Float32ToE4M3(round(w/divisor)))
		}
	}
	return codes
}

// roundingOf rounds a float32 result to the precision of format f.
func roundingOf(f Format) func(float32) float32 {
	switch f {
	case BF16:
		return func(v float32) float32 { return BF16ToFloat32(Float32ToBF16(v)) }
	case F16:
		return func(v float32) float32 { return F16ToFloat32(Float32ToF16(v)) }
	}
	return func(v float32) float32 { return v }
}

// blockScales returns the scales of blocks of 128 x 128, [ceil(N/128),
// ceil(K/128)]: a block's largest magnitude over 448.
func blockScales(l *Linear) []float32 {
	cols := ceilDiv(l.K, blockSize)
	scales := make([]float32, ceilDiv(l.N, blockSize)*cols)
	row := make([]float32, l.K)
	for n := range l.N {
		l.decodeRow(row, n)
		band := scales[n/blockSize*cols:]
		for k, w := range row {
			band[k/blockSize] = max(band[k/blockSize], abs(w))
		}
	}
	for i, amax := range scales {
		scales[i] = scaleOf(amax, perMaxE4M3)
	}
	return scales
}

// encodeFP8Block divides in float32, as modelopt does for blocks.
func encodeFP8Block(l *Linear, scales []float32) []byte {
	cols := ceilDiv(l.K, blockSize)
	codes := make([]byte, 0, l.N*l.K)
	row := make([]float32, l.K)
	for n := range l.N {
		l.decodeRow(row, n)
		band := scales[n/blockSize*cols:]
		for k, w := range row {
			codes = append(codes, Float32ToE4M3(w/band[k/blockSize]))
		}
	}
	return codes
}

// nvfp4Scales returns the E4M3 scale of each 16 values of a row, [N, K/16]:
// the group's largest magnitude over 6 · global, between E4M3's smallest
// positive value and its largest, and 1 for a group of zeros.
func nvfp4Scales(l *Linear, global float32) []byte {
	scales := make([]byte, 0, l.N*l.K/groupSize)
	row := make([]float32, l.K)
	for n := range l.N {
		l.decodeRow(row, n)
		for start := 0; start < l.K; start += groupSize {
			var amax float32
			for _, w := range row[start : start+groupSize] {
				amax = max(amax, abs(w))
			}
			scale := float32(1)
			if amax > 0 {
				scale = min(max(amax/(6*global), minE4M3), MaxE4M3)
			}
			scales = append(scales, Float32ToE4M3(scale))
		}
	}
	return scales
}

// encodeNVFP4 returns the packed codes, [N, K/2], even k in the low nibble. A
// value is divided by the product of both scales, in float32.
func encodeNVFP4(l *Linear, scales []byte, global float32) []byte {
	packed := make([]byte, 0, l.N*l.K/2)
	row := make([]float32, l.K)
	for n := range l.N {
		l.decodeRow(row, n)
		groups := scales[n*l.K/groupSize:]
		for k := 0; k < l.K; k += 2 {
			factor := e4m3Values[groups[k/groupSize]] * global
			packed = append(packed, Float32ToE2M1(row[k]/factor)|Float32ToE2M1(row[k+1]/factor)<<4)
		}
	}
	return packed
}

func float32Bytes(values ...float32) []byte {
	out := make([]byte, 0, 4*len(values))
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}
