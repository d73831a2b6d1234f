//go:build goexperiment.simd && amd64

package compute

import (
	"simd/archsimd"
	"unsafe"
)

// choose takes AVX-512 where the processor has it; vek32 finds out about AVX2
// by itself.
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
		sum:        sumAVX512,
		sumSquares: sumSquaresAVX512,
		largest:    maxAVX512,
		amax:       amaxAVX512,
		add:        addAVX512,
		multiplyBy: multiplyByAVX512,
		scale:      scaleAVX512,
		divide:     divideAVX512,
		clamp:      clampAVX512,
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
	archsimd.ClearAVXUpperBits()
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
		w0, w1 := load(w, i*4*Panel), load(w, i*4*Panel+64)
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
		a0, a1 = s.MulAdd(load(w, i*4*Panel), a0), s.MulAdd(load(w, i*4*Panel+64), a1)
	}
	store(a0, out, 0)
	store(a1, out, 64)
}
