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

	sum, sumSquares, largest, amax func(x []float32) float32

	add, multiplyBy func(y, x []float32)
	scale, divide   func(x []float32, by float32)
	clamp           func(x []float32, limit float32)
	exp             func(x []float32, shift float32)
	silu, roundBF16 func(x []float32)
	roundMini       func(x []float32, smallest, magic float32)
	scaleAdd        func(y, x []float32, scale float32, weight []float32)
}

// active is the fastest of the implementations that this processor can run.
var active = choose()

// Name says which inner loops are in use: "avx512", "portable".
func Name() string { return active.name }

// Sum returns the sum of x.
func Sum(x []float32) float32 { return active.sum(x) }

// SumSquares returns the sum of the squares of x.
func SumSquares(x []float32) float32 { return active.sumSquares(x) }

// Max returns the largest element of x, which is not empty. A NaN may be
// passed over.
func Max(x []float32) float32 { return active.largest(x) }

// Amax returns the largest magnitude in x, or NaN if there is a NaN; 0 when x
// is empty.
func Amax(x []float32) float32 { return active.amax(x) }

// Add adds x to y.
func Add(y, x []float32) { active.add(y[:len(x)], x) }

// Multiply multiplies y by x, element by element.
func Multiply(y, x []float32) { active.multiplyBy(y[:len(x)], x) }

// Scale multiplies every element of x.
func Scale(x []float32, by float32) { active.scale(x, by) }

// Divide divides every element of x.
func Divide(x []float32, by float32) { active.divide(x, by) }

// ScaleAdd adds scale·weight[i]·x[i] to every y[i].
func ScaleAdd(y, x []float32, scale float32, weight []float32) {
	active.scaleAdd(y[:len(x)], x, scale, weight[:len(x)])
}

// ExpOfDifference replaces every x by exp(x-shift); results below 1e-38 become 0.
func ExpOfDifference(x []float32, shift float32) { active.exp(x, shift) }

// Exp is the exponential function, with a relative error below 2e-7.
func Exp(x float32) float32 { return exp(x) }

// Softmax replaces x by exp(x-max(x)) divided by its sum. A NaN makes all of
// it NaN.
func Softmax(x []float32) {
	ExpOfDifference(x, Max(x))
	Divide(x, Sum(x))
}

// SiLU replaces every x by x·sigmoid(x).
func SiLU(x []float32) { active.silu(x) }

// Sigmoid is 1 / (1 + exp(-x)).
func Sigmoid(x float32) float32 {
	return float32(1 / (1 + math.Exp(-float64(x))))
}
