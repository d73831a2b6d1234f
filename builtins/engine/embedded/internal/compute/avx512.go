//go:build goexperiment.simd && amd64

package compute

import (
	"simd/archsimd"
	"unsafe"
)

func choose() operations {
	if archsimd.X86.AVX512() {
		return avx512()
	}
	return portable()
}

func avx512() operations {
	return operations{
		name:       "avx512",
		panel:      Panel,
		multiply:   multiplyPanels,
		sumSquares: sumSquaresAVX512,
		exp:        expAVX512,
		silu:       siluAVX512,
		roundBF16:  roundBF16AVX512,
		roundMini:  roundMiniAVX512,
		scaleAdd:   scaleAddAVX512,
	}
}

type vector = archsimd.Float32x16

const lanes = 16

func broadcast(v float32) vector { return archsimd.BroadcastFloat32x16(v) }

func load(p unsafe.Pointer, offset int) vector {
	return archsimd.LoadFloat32x16((*[lanes]float32)(unsafe.Add(p, offset)))
}

func store(v vector, p unsafe.Pointer, offset int) {
	v.Store((*[lanes]float32)(unsafe.Add(p, offset)))
}

// multiplyPanels passes all rows of x over one panel of weights (K·128 bytes,
// which stay in the first or second cache) before it goes to the next.
func multiplyPanels(m *Matrix, y, x rows, from, to int) {
	k := m.K
	for left := from; left < to; left += Panel {
		panel := m.data[left*k : (left+Panel)*k]
		if to-left < Panel {
			multiplyEdge(panel, y, x, k, left, to)
			continue
		}
		i := 0
		for ; i+4 <= x.count; i += 4 {
			multiply4(panel, x.at(i), x.stride, y.at(i)[left:], y.stride, k)
		}
		for ; i < x.count; i++ {
			multiply1(panel, x.at(i)[:k], y.at(i)[left:left+Panel])
		}
	}
}

// multiplyEdge is for a last panel of fewer than 32 columns.
func multiplyEdge(panel []float32, y, x rows, k, left, to int) {
	var tile [Panel]float32
	for i := range x.count {
		out := y.at(i)[left:to]
		copy(tile[:], out)
		multiply1(panel, x.at(i)[:k], tile[:])
		copy(out, tile[:])
	}
}

// multiply4 computes 4 rows by 32 columns. The compiler has 15 vector
// registers: 8 sums, 2 weights and a broadcast input fit, 12 sums would spill.
func multiply4(panel, x []float32, xStride int, y []float32, yStride, k int) {
	_, _ = y[3*yStride+Panel-1], panel[k*Panel-1] // what the pointers below reach
	x0, x1, x2, x3 := x[:k], x[xStride:][:k], x[2*xStride:][:k], x[3*xStride:][:k]
	out, row := unsafe.Pointer(&y[0]), 4*yStride
	a0, a1 := load(out, 0), load(out, 64)
	b0, b1 := load(out, row), load(out, row+64)
	c0, c1 := load(out, 2*row), load(out, 2*row+64)
	d0, d1 := load(out, 3*row), load(out, 3*row+64)
	w := unsafe.Pointer(&panel[0])
	for i := range x0 {
		w0, w1 := load(w, 0), load(w, 64)
		w = unsafe.Add(w, 4*Panel)
		s := broadcast(x0[i])
		a0, a1 = s.MulAdd(w0, a0), s.MulAdd(w1, a1)
		s = broadcast(x1[i])
		b0, b1 = s.MulAdd(w0, b0), s.MulAdd(w1, b1)
		s = broadcast(x2[i])
		c0, c1 = s.MulAdd(w0, c0), s.MulAdd(w1, c1)
		s = broadcast(x3[i])
		d0, d1 = s.MulAdd(w0, d0), s.MulAdd(w1, d1)
	}
	store(a0, out, 0)
	store(a1, out, 64)
	store(b0, out, row)
	store(b1, out, row+64)
	store(c0, out, 2*row)
	store(c1, out, 2*row+64)
	store(d0, out, 3*row)
	store(d1, out, 3*row+64)
}

// multiply1 computes 1 row by 32 columns, in the same order as multiply4.
func multiply1(panel, x, y []float32) {
	_, _ = y[Panel-1], panel[len(x)*Panel-1]
	out, w := unsafe.Pointer(&y[0]), unsafe.Pointer(&panel[0])
	a0, a1 := load(out, 0), load(out, 64)
	for i := range x {
		s := broadcast(x[i])
		a0, a1 = s.MulAdd(load(w, 0), a0), s.MulAdd(load(w, 64), a1)
		w = unsafe.Add(w, 4*Panel)
	}
	store(a0, out, 0)
	store(a1, out, 64)
}

func sum(v vector) float32 {
	var lane [lanes]float32
	v.Store(&lane)
	var s float32
	for _, x := range lane {
		s += x
	}
	return s
}

func sumSquaresAVX512(x []float32) float32 {
	var s vector
	for ; len(x) >= lanes; x = x[lanes:] {
		v := archsimd.LoadFloat32x16Slice(x)
		s = v.MulAdd(v, s)
	}
	v := archsimd.LoadFloat32x16SlicePart(x) // missing lanes are 0
	return sum(v.MulAdd(v, s))
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
	for ; len(x) >= lanes; x = x[lanes:] {
		v := archsimd.LoadFloat32x16Slice(x).Sub(by)
		e := expVector(v).Masked(v.GreaterEqual(least))
		e.Add(v.Masked(v.IsNaN())).StoreSlice(x) // MAXPS in expVector drops a NaN
	}
	expPortable(x, shift)
}

func siluAVX512(x []float32) {
	zero, one := broadcast(0), broadcast(1)
	for ; len(x) >= lanes; x = x[lanes:] {
		v := archsimd.LoadFloat32x16Slice(x)
		v.Div(expVector(zero.Sub(v).Min(broadcast(88))).Add(one)).StoreSlice(x)
	}
	siluPortable(x)
}

func roundBF16AVX512(x []float32) {
	half := archsimd.BroadcastUint32x16(0x7fff)
	one := archsimd.BroadcastUint32x16(1)
	upper := archsimd.BroadcastUint32x16(0xffff0000)
	for ; len(x) >= lanes; x = x[lanes:] {
		v := archsimd.LoadFloat32x16Slice(x)
		b := v.AsUint32x16()
		odd := b.ShiftAllRight(16).And(one)
		rounded := b.Add(half).Add(odd).And(upper).AsFloat32x16()
		rounded.Merge(v, v.Equal(v)).StoreSlice(x) // a NaN stays: the carry could turn it into 0
	}
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
	roundMiniPortable(x, smallest, magic)
}

func scaleAddAVX512(y, x []float32, scale float32, weight []float32) {
	y, weight = y[:len(x)], weight[:len(x)]
	by := broadcast(scale)
	full := len(x) &^ (lanes - 1)
	for i := 0; i < full; i += lanes {
		w := by.Mul(archsimd.LoadFloat32x16Slice(weight[i:]))
		archsimd.LoadFloat32x16Slice(x[i:]).MulAdd(w, archsimd.LoadFloat32x16Slice(y[i:])).StoreSlice(y[i:])
	}
	scaleAddPortable(y[full:], x[full:], scale, weight[full:])
}
