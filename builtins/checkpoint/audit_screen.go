package checkpoint

import "math/rand/v2"

// screened is how many rows or columns are looked for first: of weights of
// another model none is there, which has to be found out quickly.
const screened = 4

// someIsThere reports whether one of a few stored rows (or columns) is any of
// the reference's.
func (p layerPair) someIsThere(axis string) bool {
	random := rand.New(rand.NewPCG(5, 6))
	if axis == "row" {
		return p.someRowIsThere(random)
	}
	return p.someColumnIsThere(random)
}

func (p layerPair) someRowIsThere(random *rand.Rand) bool {
	l, across := p.original, places(p.original.K)
	row := make([]float32, l.K)
	pick := func(from *Linear, n int, out []float32) {
		from.decodeRow(row, n)
		for i, k := range across {
			out[i] = row[k]
		}
	}
	var stored [screened][]float32
	for i := range stored {
		stored[i] = make([]float32, len(across))
		pick(p.stored, random.IntN(l.N), stored[i])
	}
	original := make([]float32, len(across))
	for n := range l.N {
		pick(l, n, original)
		for _, s := range stored {
			if d := compare(s, original); similar(d.dot, d.deq2, d.ref2) {
				return true
			}
		}
	}
	return false
}

func (p layerPair) someColumnIsThere(random *rand.Rand) bool {
	l := p.original
	var at [screened]int
	var products [screened][]float32
	var squares [screened]float32
	for i := range at {
		at[i], products[i] = random.IntN(l.K), make([]float32, l.K)
	}
	stored, original, of := make([]float32, l.K), make([]float32, l.K), make([]float32, l.K)
	for _, n := range places(l.N) {
		p.stored.decodeRow(stored, n)
		l.decodeRow(original, n)
		for i, k := range at {
			x := stored[k]
			squares[i] += x * x
			for j, v := range original {
				products[i][j] += x * v
			}
		}
		for j, v := range original {
			of[j] += v * v
		}
	}
	for i := range at {
		for j, product := range products[i] {
			if similar(float64(product), float64(squares[i]), float64(of[j])) {
				return true
			}
		}
	}
	return false
}

// similar reports that two vectors have nearly one direction, by their product
// and their squares.
func similar(product, a, b float64) bool { return a > 0 && product > 0 && product*product >= .8*a*b }
