//go:build goexperiment.simd && amd64

package compute

import (
	"math"
	"simd/archsimd"

	"github.com/viterin/vek/vek32"
)

// foldSum adds up the lanes of v.
func foldSum(v vector) float32 {
	var lane [lanes / 2]float32
	v.GetLo().Add(v.GetHi()).Store(&lane)
	archsimd.ClearAVXUpperBits()
	return (lane[0] + lane[4]) + (lane[1] + lane[5]) + ((lane[2] + lane[6]) + (lane[3] + lane[7]))
}

// foldMax returns the largest lane of v.
func foldMax(v vector) float32 {
	var lane [lanes / 2]float32
	v.GetLo().Max(v.GetHi()).Store(&lane)
	archsimd.ClearAVXUpperBits()
	largest := lane[0]
	for _, x := range lane[1:] {
		if x > largest {
			largest = x
		}
	}
	return largest
}

func sumAVX512(x []float32) float32 {
	var s vector
	for ; len(x) >= lanes; x = x[lanes:] {
		s = s.Add(archsimd.LoadFloat32x16Slice(x))
	}
	return foldSum(s.Add(archsimd.LoadFloat32x16SlicePart(x))) // missing lanes are 0
}

func sumSquaresAVX512(x []float32) float32 {
	var s vector
	for ; len(x) >= lanes; x = x[lanes:] {
		v := archsimd.LoadFloat32x16Slice(x)
		s = v.MulAdd(v, s)
	}
	v := archsimd.LoadFloat32x16SlicePart(x)
	return foldSum(v.MulAdd(v, s))
}

func maxAVX512(x []float32) float32 {
	if len(x) < lanes {
		return vek32.Max(x)
	}
	m := archsimd.LoadFloat32x16Slice(x[len(x)-lanes:]) // overlaps with the last of these
	for ; len(x) >= lanes; x = x[lanes:] {
		m = m.Max(archsimd.LoadFloat32x16Slice(x))
	}
	return foldMax(m)
}

func amaxAVX512(x []float32) float32 {
	sign := archsimd.BroadcastUint32x16(0x7fffffff)
	var m vector
	for ; len(x) >= lanes; x = x[lanes:] {
		v := archsimd.LoadFloat32x16Slice(x)
		if v.IsNaN().ToBits() != 0 {
			archsimd.ClearAVXUpperBits()
			return float32(math.NaN())
		}
		m = m.Max(v.AsUint32x16().And(sign).AsFloat32x16())
	}
	return max(foldMax(m), amaxPortable(x))
}

func addAVX512(y, x []float32) {
	full := len(x) &^ (lanes - 1)
	for i := 0; i < full; i += lanes {
		archsimd.LoadFloat32x16Slice(y[i:]).Add(archsimd.LoadFloat32x16Slice(x[i:])).StoreSlice(y[i:])
	}
	archsimd.ClearAVXUpperBits()
	for i := full; i < len(x); i++ {
		y[i] += x[i]
	}
}

func multiplyByAVX512(y, x []float32) {
	full := len(x) &^ (lanes - 1)
	for i := 0; i < full; i += lanes {
		archsimd.LoadFloat32x16Slice(y[i:]).Mul(archsimd.LoadFloat32x16Slice(x[i:])).StoreSlice(y[i:])
	}
	archsimd.ClearAVXUpperBits()
	for i := full; i < len(x); i++ {
		y[i] *= x[i]
	}
}

func scaleAVX512(x []float32, by float32) {
	factor := broadcast(by)
	for ; len(x) >= lanes; x = x[lanes:] {
		archsimd.LoadFloat32x16Slice(x).Mul(factor).StoreSlice(x)
	}
	archsimd.ClearAVXUpperBits()
	for i := range x {
		x[i] *= by
	}
}

func divideAVX512(x []float32, by float32) {
	divisor := broadcast(by)
	for ; len(x) >= lanes; x = x[lanes:] {
		archsimd.LoadFloat32x16Slice(x).Div(divisor).StoreSlice(x)
	}
	archsimd.ClearAVXUpperBits()
	for i := range x {
		x[i] /= by
	}
}

func clampAVX512(x []float32, limit float32) {
	high, low := broadcast(limit), broadcast(-limit)
	for ; len(x) >= lanes; x = x[lanes:] {
		v := archsimd.LoadFloat32x16Slice(x)
		c := v.Min(high).Max(low)
		c.Merge(v, v.Equal(v)).StoreSlice(x) // a NaN stays
	}
	archsimd.ClearAVXUpperBits()
	clampPortable(x, limit)
}

// expVector is exp of portable.go, on 16 lanes.
func expVector(x vector) vector {
	x = x.Max(broadcast(-87.5))
	n := x.Mul(broadcast(1.44269504)).RoundToEvenScaled(0)
	x = n.MulAdd(broadcast(-0.693359375), x)
	x = n.MulAdd(broadcast(2.12194440e-4), x)
	y := broadcast(1.9875691e-4)
	y = y.MulAdd(x, broadcast(1.3981999e-3))
	y = y.MulAdd(x, broadcast(8.3334519e-3))
	y = y.MulAdd(x, broadcast(4.1665796e-2))
	y = y.MulAdd(x, broadcast(1.6666665e-1))
	y = y.MulAdd(x, broadcast(0.5))
	return y.MulAdd(x.Mul(x), x).Add(broadcast(1)).Scale(n)
}

func expAVX512(x []float32, shift float32) {
	by, least := broadcast(shift), broadcast(-87)
	for len(x) > 0 {
		v := archsimd.LoadFloat32x16SlicePart(x).Sub(by)
		e := expVector(v).Masked(v.GreaterEqual(least))
		e.Add(v.Masked(v.IsNaN())).StoreSlicePart(x) // MAXPS in expVector drops a NaN
		x = x[min(lanes, len(x)):]
	}
	archsimd.ClearAVXUpperBits()
}

func siluAVX512(x []float32) {
	zero, one := broadcast(0), broadcast(1)
	for ; len(x) >= lanes; x = x[lanes:] {
		v := archsimd.LoadFloat32x16Slice(x)
		v.Div(expVector(zero.Sub(v).Min(broadcast(88))).Add(one)).StoreSlice(x)
	}
	archsimd.ClearAVXUpperBits()
	siluPortable(x)
}

func roundBF16AVX512(x []float32) {
	half := archsimd.BroadcastUint32x16(0x7fff)
	one, sixteen := archsimd.BroadcastUint32x16(1), archsimd.BroadcastUint32x16(16)
	upper := archsimd.BroadcastUint32x16(0xffff0000)
	for ; len(x) >= lanes; x = x[lanes:] {
		v := archsimd.LoadFloat32x16Slice(x)
		b := v.AsUint32x16()
		odd := b.ShiftRight(sixteen).And(one)
		rounded := b.Add(half).Add(odd).And(upper).AsFloat32x16()
		rounded.Merge(v, v.Equal(v)).StoreSlice(x) // a NaN stays: the carry could turn it into 0
	}
	archsimd.ClearAVXUpperBits()
	roundBF16Portable(x)
}

func roundMiniAVX512(x []float32, smallest, magic float32) {
	exponent := archsimd.BroadcastUint32x16(0x7f800000)
	least, scale := broadcast(smallest), broadcast(magic)
	for ; len(x) >= lanes; x = x[lanes:] {
		v := archsimd.LoadFloat32x16Slice(x)
		shift := v.AsUint32x16().And(exponent).AsFloat32x16().Max(least).Mul(scale)
		v.Add(shift).Sub(shift).StoreSlice(x)
	}
	archsimd.ClearAVXUpperBits()
	roundMiniPortable(x, smallest, magic)
}

func scaleAddAVX512(y, x []float32, scale float32, weight []float32) {
	by := broadcast(scale)
	full := len(x) &^ (lanes - 1)
	for i := 0; i < full; i += lanes {
		w := by.Mul(archsimd.LoadFloat32x16Slice(weight[i:]))
		archsimd.LoadFloat32x16Slice(x[i:]).MulAdd(w, archsimd.LoadFloat32x16Slice(y[i:])).StoreSlice(y[i:])
	}
	archsimd.ClearAVXUpperBits()
	scaleAddPortable(y[full:], x[full:], scale, weight[full:])
}
