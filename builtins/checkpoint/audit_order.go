package checkpoint

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// An order is rows, or columns, of a stored weight that are others of the
// reference: stored row (or column) i is the reference's from[i].
type order struct {
	axis string // "row" or "column"
	n    int
	from map[int]int // of a sample, of those that were recognized
}

const (
	orderSamples = 96
	projections  = 24
	// samePlace is the largest squared distance between what is the same row
	// but for rounding, over the row's own square: NVFP4 leaves 0.01, and rows
	// that have nothing in common are 2 apart.
	samePlace = .25
	// mostOrdered limits the rows or columns whose order is looked for.
	mostOrdered = 1 << 17
)

// explainOrder says in which order the rows or the columns are, "" where they
// are not those of the reference in any order.
func (p layerPair) explainOrder() string {
	for _, axis := range []string{"row", "column"} {
		if o := p.orderOf(axis); o.moved() {
			return o.String()
		}
	}
	return ""
}

// orderOf recognizes a sample of the stored rows (or columns) among the
// reference's, by their products with random signs.
func (p layerPair) orderOf(axis string) order {
	o := order{axis: axis, n: p.original.N, from: map[int]int{}}
	if axis == "column" {
		o.n = p.original.K
	}
	if o.n > mostOrdered || !p.someIsThere(axis) {
		return o
	}
	stored, original := p.stored.project(axis), p.original.project(axis)
	random := rand.New(rand.NewPCG(1, 2))
	tried := 0
	for _, i := range random.Perm(o.n)[:min(orderSamples, o.n)] {
		at := stored[i]
		size := square(at, projection{})
		if size == 0 {
			continue
		}
		tried++
		best, nearest, second := -1, float32(samePlace)*size, float32(samePlace)*size
		for j, r := range original {
			if d := square(at, r); d < nearest {
				best, nearest, second = j, d, nearest
			} else if d < second {
				second = d
			}
		}
		if best >= 0 && 2*nearest < second {
			o.from[i] = best
		}
	}
	if 10*len(o.from) < 9*tried {
		o.from = nil // too few to say that it is these rows
	}
	return o
}

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

type projection [projections]float32

func square(a, b projection) float32 {
	var sum float32
	for i, x := range a {
		sum += (x - b[i]) * (x - b[i])
	}
	return sum
}

// project multiplies each row (or column) of the weight with the same random
// signs, at some of its places: as many tell rows apart.
func (l *Linear) project(axis string) []projection {
	random := rand.New(rand.NewPCG(3, 4))
	n, across := l.N, places(l.K)
	if axis == "column" {
		n, across = l.K, places(l.N)
	}
	signs := make([]projection, len(across))
	for i := range signs {
		bits := random.Uint32()
		for j := range signs[i] {
			signs[i][j] = float32(bits>>j&1)*2 - 1
		}
	}
	out := make([]projection, n)
	row := make([]float32, l.K)
	if axis == "row" {
		for i := range out {
			l.decodeRow(row, i)
			for at, k := range across {
				out[i].add(row[k], &signs[at])
			}
		}
		return out
	}
	for at, i := range across {
		l.decodeRow(row, i)
		for k, v := range row {
			out[k].add(v, &signs[at])
		}
	}
	return out
}

func (p *projection) add(v float32, by *projection) {
	for j := range p {
		p[j] += v * by[j]
	}
}

// places are up to 512 of n, evenly apart.
func places(n int) []int {
	const most = 512
	list := make([]int, min(n, most))
	for i := range list {
		list[i] = i * n / len(list)
	}
	return list
}

// moved reports that rows were recognized, and some in another place.
func (o order) moved() bool {
	for i, from := range o.from {
		if i != from {
			return true
		}
	}
	return false
}

// fits reports whether every recognized row is where place says.
func (o order) fits(place func(i int) int) bool {
	for i, from := range o.from {
		if place(i) != from {
			return false
		}
	}
	return true
}

// String names the order, by the mistakes that give it.
func (o order) String() string {
	if o.n%2 == 0 && o.fits(func(i int) int { return (i + o.n/2) % o.n }) {
		return fmt.Sprintf("the two halves of its %ss are exchanged", o.axis)
	}
	// What converters of rotary embeddings do, per head (`permute` of
	// transformers' convert_llama_weights_to_hf.py and of llama.cpp).
	for head := 8; head <= o.n; head += 2 {
		if o.n%head != 0 {
			continue
		}
		half := head / 2
		if o.fits(func(i int) int { return i/head*head + i%head/2 + i%2*half }) {
			return fmt.Sprintf("its %ss are interleaved (0, %d, 1, %d, ...) in heads of %d, in the reference in halves: the order of the other kind of rotary embedding", o.axis, half, half+1, head)
		}
		if o.fits(func(i int) int { return i/head*head + i%half*2 + i%head/half }) {
			return fmt.Sprintf("its %ss are in halves (0, 2, 4, ...) in heads of %d, in the reference interleaved: the order of the other kind of rotary embedding", o.axis, head)
		}
	}
	first := -1
	for i, from := range o.from {
		if i != from && (first < 0 || i < first) {
			first = i
		}
	}
	if shift := o.from[first] - first; o.fits(func(i int) int { return min(max(i+shift, 0), o.n-1) }) {
		return fmt.Sprintf("its %ss are shifted: %s %d is the reference's %d", o.axis, o.axis, first, o.from[first])
	}
	return fmt.Sprintf("its %ss are the reference's in another order: %s %d is the reference's %d", o.axis, o.axis, first, o.from[first])
}

// otherWeights compares with the references of all layers of the same shape
// that have the same parent, or the same name in another layer or expert.
func (p layerPair) otherWeights() []alternative {
	var list []alternative
	module := p.stored.Module
	for _, name := range p.reference.linearModules() {
		if name == module || parentModule(name) != parentModule(module) && lastElement(name) != lastElement(module) {
			continue
		}
		other, err := p.reference.Linear(name)
		if err != nil || other.N != p.stored.N || other.K != p.stored.K || !p.resembles(other) {
			continue
		}
		cause := CauseMisplaced
		if fusionGroup(name) == fusionGroup(module) {
			cause = CauseSibling
		}
		list = append(list, alternative{cause: cause, detail: "the weight of " + name, decode: p.stored.decodeRow, original: other})
	}
	return list
}

// resembles compares a few rows, which tells the weights of thousands of
// layers apart at no cost.
func (p layerPair) resembles(other *Linear) bool {
	const rows = 4
	var sum difference
	deq, ref := make([]float32, other.K), make([]float32, other.K)
	for i := range min(rows, other.N) {
		p.stored.decodeRow(deq, i)
		other.decodeRow(ref, i)
		sum.add(compareCarefully(deq, ref))
	}
	return sum.sqnr() >= 6
}

// emptyRows counts the rows that are all zeros though the reference's are not.
func (p layerPair) emptyRows() (rows, first int) {
	first = -1
	row := make([]float32, p.original.K)
	something := func(v float32) bool { return v != 0 }
	for n := range p.original.N {
		p.stored.decodeRow(row, n)
		if slices.ContainsFunc(row, something) {
			continue
		}
		p.original.decodeRow(row, n)
		if slices.ContainsFunc(row, something) {
			if rows == 0 {
				first = n
			}
			rows++
		}
	}
	return rows, first
}
