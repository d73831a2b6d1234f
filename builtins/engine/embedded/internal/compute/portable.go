package compute

import (
	"math"

	"github.com/viterin/vek/vek32"
)

// portable runs everywhere: vek32 has AVX2 assembly for amd64 and plain Go for
// the rest.
func portable() operations {
	return operations{
		name:       "portable",
		panel:      1,
		multiply:   multiplyRows,
		sum:        vek32.Sum,
		sumSquares: func(x []float32) float32 { return vek32.Dot(x, x) },
		largest:    vek32.Max,
		amax:       amaxPortable,
		add:        vek32.Add_Inplace,
		multiplyBy: vek32.Mul_Inplace,
		scale:      vek32.MulNumber_Inplace,
		divide:     dividePortable,
		clamp:      clampPortable,
		exp:        expPortable,
		silu:       siluPortable,
		roundBF16:  roundBF16Portable,
		roundMini:  roundMiniPortable,
		scaleAdd:   scaleAddPortable,
	}
}

// multiplyRows takes rows of weights in groups that stay in the cache while
// the rows of x pass.
func multiplyRows(m *Matrix, y, x rows, from, to int) {
	const group = 48
	for left := from; left < to; left += group {
		right := min(left+group, to)
		for i := range x.count {
			in, out := x.at(i)[:m.K], y.at(i)
			for n := left; n < right; n++ {
				out[n] += vek32.Dot(in, m.data[n*m.K:][:m.K])
			}
		}
	}
}

func amaxPortable(x []float32) float32 {
	var amax float32
	for _, v := range x {
		if v < 0 {
			v = -v
		}
		amax = max(amax, v) // NaN, once there is one
	}
	return amax
}

// dividePortable rounds every quotient correctly; vek32 multiplies with the
// reciprocal, which puts some activations on the other side of a code's border.
func dividePortable(x []float32, by float32) {
	for i := range x {
		x[i] /= by
	}
}

func clampPortable(x []float32, limit float32) {
	for i, v := range x {
		if v > limit {
			x[i] = limit
		} else if v < -limit {
			x[i] = -limit
		}
	}
}

func expPortable(x []float32, shift float32) {
	for i, v := range x {
		x[i] = exp(v - shift)
	}
}

func siluPortable(x []float32) {
	for i, v := range x {
		x[i] = v / (1 + exp(-v))
	}
}

func roundBF16Portable(x []float32) {
	for i, v := range x {
		x[i] = roundBF16(v)
	}
}

func roundMiniPortable(x []float32, smallest, magic float32) {
	for i, v := range x {
		power := math.Float32frombits(math.Float32bits(v) & 0x7f800000)
		shift := float32(max(power, smallest) * magic)
		x[i] = (v + shift) - shift
	}
}

func scaleAddPortable(y, x []float32, scale float32, weight []float32) {
	for i, v := range x {
		y[i] += v * (scale * weight[i])
	}
}

// exp is Cephes' expf: a polynomial on [-ln 2/2, ln 2/2], relative error below
// 2e-7.
func exp(x float32) float32 {
	switch {
	case x < -87:
		return 0
	case x > 88:
		return float32(math.Inf(1))
	case x != x:
		return x
	}
	k := int32(x*math.Log2E + 127.5) // positive, so that truncation is floor
	n := float32(k - 127)
	x -= n*0.693359375 + n*-2.12194440e-4
	y := float32(1.9875691e-4)
	for _, c := range [...]float32{1.3981999e-3, 8.3334519e-3, 4.1665796e-2, 1.6666665e-1, 0.5} {
		y = y*x + c
	}
	return (y*x*x + x + 1) * math.Float32frombits(uint32(k)<<23)
}
