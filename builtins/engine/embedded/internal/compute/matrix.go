package compute

import "fmt"

// Panel is the width that column ranges and tiles are counted in.
const Panel = 32

// A Matrix is W [N, K], stored for products x·Wᵀ: the layout of a linear layer's
// weight, one row for each output.
type Matrix struct {
	N, K int
	data []float32
}

// NewMatrix returns a matrix of zeros.
func NewMatrix(n, k int) *Matrix {
	padded := (n + active.panel - 1) / active.panel * active.panel
	return &Matrix{N: n, K: k, data: make([]float32, padded*k)}
}

// Pack returns the matrix with the row-major elements w.
func Pack(w []float32, n, k int) *Matrix {
	if len(w) != n*k {
		panic(fmt.Sprintf("compute: %d elements for a matrix of %d x %d", len(w), n, k))
	}
	m := NewMatrix(n, k)
	for i := range n {
		m.SetRow(i, w[i*k:(i+1)*k])
	}
	return m
}

// SetRow replaces row n by v, which has K elements.
func (m *Matrix) SetRow(n int, v []float32) {
	p := active.panel
	at := n/p*p*m.K + n%p
	for _, x := range v[:m.K] {
		m.data[at] = x
		at += p
	}
}

// SetColumn replaces column k by v, which has N elements.
func (m *Matrix) SetColumn(k int, v []float32) {
	p := active.panel
	for n, x := range v[:m.N] {
		m.data[n/p*p*m.K+k*p+n%p] = x
	}
}

// Clear sets every element to zero.
func (m *Matrix) Clear() { clear(m.data) }

// rows are count rows of a larger row-major array, stride elements apart.
type rows struct {
	data   []float32
	stride int
	count  int
}

func (r rows) at(i int) []float32 { return r.data[i*r.stride:] }

// MultiplyAdd adds x·Wᵀ to y: count rows of x, xStride elements apart, give
// count rows of y, yStride apart. Of each row of y it computes the columns
// [from, to); from is a multiple of Panel.
func (m *Matrix) MultiplyAdd(y []float32, yStride int, x []float32, xStride, count, from, to int) {
	if count == 0 || from >= to {
		return
	}
	active.multiply(m, rows{y, yStride, count}, rows{x, xStride, count}, from, to)
}

// tileRows is how many rows of x share one pass over a panel of weights.
const tileRows = 48

// Tiles divides a result of the given shape among the workers, and calls tile
// for each part: rows [top, bottom), columns [left, right), left a multiple of
// Panel.
func Tiles(rows, columns int, tile func(top, bottom, left, right int)) {
	bands := (rows + tileRows - 1) / tileRows
	width := columns
	if parts := 2 * workers(); bands < parts { // few rows: divide the columns too
		panels := (columns + Panel - 1) / Panel
		width = (panels*bands + parts - 1) / parts * Panel
	}
	strips := (columns + width - 1) / width
	Parallel(bands*strips, func(i int) {
		top, left := i/strips*tileRows, i%strips*width
		tile(top, min(top+tileRows, rows), left, min(left+width, columns))
	})
}
