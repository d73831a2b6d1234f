// Package compute is the arithmetic of a forward pass on float32 slices:
// products with packed matrices, softmax, SiLU, rounding to bfloat16, float16,
// FP8 and FP4, and the workers that share the processor's cores.
//
// It knows numbers and memory layout. It does not know what a layer, a token
// or a checkpoint is.
//
// Every result is the same however the work was divided: a row of a product
// depends on that row of the input alone, and sums run in a fixed order.
package compute

import "math"

// operations are the inner loops, once for every instruction set.
type operations struct {
	name string

	// panel is the number of matrix rows that lie interleaved in a packed
	// Matrix, 1 for plain row-major storage.
	panel int

	// multiply adds x·Wᵀ to y, for all given rows of x, and for the columns
	// [from, to) of y; from is a multiple of Panel.
	multiply func(m *Matrix, y rows, x rows, from, to int)

	sumSquares func(x []float32) float32
	exp        func(x []float32, shift float32)
	silu       func(x []float32)
	roundBF16  func(x []float32)
	roundMini  func(x []float32, smallest, magic float32)
	scaleAdd   func(y, x []float32, scale float32, weight []float32)
}

// active is the fastest of the implementations that this processor can run.
var active = choose()

// Name says which inner loops are in use: "avx512", "portable".
func Name() string { return active.name }

// SumSquares returns the sum of the squares of x.
func SumSquares(x []float32) float32 { return active.sumSquares(x) }

// ExpOfDifference replaces every x by exp(x-shift); results below 1e-38 become 0.
func ExpOfDifference(x []float32, shift float32) { active.exp(x, shift) }

// Exp is the exponential function, with a relative error below 2e-7.
func Exp(x float32) float32 { return exp(x) }

// Softmax replaces x by exp(x-max(x)) divided by its sum.
func Softmax(x []float32) {
	largest := x[0]
	for _, v := range x {
		largest = max(largest, v) // NaN, if there is one
	}
	active.exp(x, largest)
	var sum float32
	for _, v := range x {
		sum += v
	}
	for i := range x {
		x[i] /= sum
	}
}

// SiLU replaces every x by x·sigmoid(x).
func SiLU(x []float32) { active.silu(x) }

// ScaleAdd adds scale·weight[i]·x[i] to every y[i].
func ScaleAdd(y, x []float32, scale float32, weight []float32) {
	active.scaleAdd(y, x, scale, weight)
}

// Scale multiplies every element of x.
func Scale(x []float32, by float32) {
	for i := range x {
		x[i] *= by
	}
}

// Add adds x to y.
func Add(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += v
	}
}

// Multiply multiplies y by x, element by element.
func Multiply(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] *= v
	}
}

// Amax returns the largest magnitude in x; NaN if there is one.
func Amax(x []float32) float32 {
	var amax float32
	for _, v := range x {
		if v != v {
			return v
		}
		if v < 0 {
			v = -v
		}
		amax = max(amax, v)
	}
	return amax
}

// Sigmoid is 1 / (1 + exp(-x)).
func Sigmoid(x float32) float32 {
	return float32(1 / (1 + math.Exp(-float64(x))))
}
