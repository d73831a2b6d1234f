package checkpoint

import (
	"fmt"
	"math/rand/v2"
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
	mostOrdered = 1 << 18
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

// moved reports that rows were recognized, and more than one in another place.
func (o order) moved() bool {
	moved := 0
	for i, from := range o.from {
		if i != from {
			moved++
		}
	}
	return moved > 1
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
