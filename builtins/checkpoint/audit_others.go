package checkpoint

import "slices"

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
