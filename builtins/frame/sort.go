package frame

import (
	"math"
	"slices"
	"strings"
)

// Sort orders the rows by the named columns, the first one first; a leading
// "-" means descending. Rows that compare equal keep their order. NaN comes
// after every number and null after NaN, in either direction. Strings compare
// byte by byte.
func (f *Frame) Sort(names ...string) *Frame {
	f = f.orEmpty()
	descending := make([]bool, len(names))
	plain := make([]string, len(names))
	for i, name := range names {
		plain[i], descending[i] = strings.CutPrefix(name, "-")
	}
	columns, err := f.lookupAll("sort", plain)
	if err != nil {
		return failed(err)
	}
	return f.take(sortedRows(columns, descending, f.rows))
}

// sortedRows returns the rows' numbers in the order of the columns: a stable
// sort by each column, the last one first.
func sortedRows(columns []*Column, descending []bool, n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	for i, c := range slices.Backward(columns) {
		radixSort(c.sortKeys(descending[i]), rows)
		nullsLast(c.null, rows)
	}
	return rows
}

// nullsLast moves the rows that are null to the end, keeping the order of the
// others and of themselves.
func nullsLast(null []bool, rows []int32) {
	if null == nil {
		return
	}
	var moved []int32
	kept := rows[:0]
	for _, r := range rows {
		if null[r] {
			moved = append(moved, r)
		} else {
			kept = append(kept, r)
		}
	}
	copy(rows[len(kept):], moved)
}

// sortKeys maps the values to integers that are ordered as the values are.
func (c *Column) sortKeys(descending bool) []uint64 {
	keys := make([]uint64, c.Len())
	switch c.kind {
	case Float:
		parallel(len(keys), func(low, high int) {
			for i := low; i < high; i++ {
				keys[i] = floatSortKey(c.floats[i], descending)
			}
		})
		return keys
	case Int:
		for i, v := range c.ints {
			keys[i] = uint64(v) ^ 1<<63
		}
	case Bool:
		for i, v := range c.bools {
			if v {
				keys[i] = 1
			}
		}
	case String:
		ranks := dictRanks(c.dict)
		for i, code := range c.codes {
			keys[i] = ranks[code]
		}
	}
	if descending {
		for i := range keys {
			keys[i] = ^keys[i]
		}
	}
	return keys
}

// floatSortKey orders as < does, with NaN last in either direction. The bits
// of a positive float64 are ordered as integers; those of a negative one are
// ordered the other way round.
func floatSortKey(v float64, descending bool) uint64 {
	if v != v {
		return math.MaxUint64
	}
	bits := math.Float64bits(v + 0) // -0 becomes 0
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	if descending {
		return ^bits
	}
	return bits
}

type keyedRow struct {
	key uint64
	row int32
}

// radixSort sorts rows by keys[row], stably: least significant digit first,
// 11 bits at a time, skipping digits that are the same in every key. Halves
// are sorted at the same time and merged.
func radixSort(keys []uint64, rows []int32) {
	a, b := make([]keyedRow, len(rows)), make([]keyedRow, len(rows))
	sorted := func(low, high int) []keyedRow {
		part := a[low:high]
		for i, r := range rows[low:high] {
			part[i] = keyedRow{keys[r], r}
		}
		return radixSortPart(part, b[low:high])
	}
	const worthwhile = 1 << 15
	if len(rows) < worthwhile {
		for i, k := range sorted(0, len(rows)) {
			rows[i] = k.row
		}
		return
	}
	middle := len(rows) / 2
	halves := [2][]keyedRow{}
	each(2, func(i int) {
		if i == 0 {
			halves[i] = sorted(0, middle)
		} else {
			halves[i] = sorted(middle, len(rows))
		}
	})
	merge(halves[0], halves[1], rows)
}

// radixSortPart sorts a with b as scratch space, and returns whichever of them
// holds the result.
func radixSortPart(a, b []keyedRow) []keyedRow {
	const digit = 11
	var ones, zeros uint64
	for i := range a {
		ones |= a[i].key
		zeros |= ^a[i].key
	}
	varying := ones & zeros
	for shift := 0; shift < 64; shift += digit {
		if varying>>shift&(1<<digit-1) == 0 {
			continue
		}
		var next [1<<digit + 1]int
		for i := range a {
			next[a[i].key>>shift&(1<<digit-1)+1]++
		}
		for i := range 1 << digit {
			next[i+1] += next[i]
		}
		for i := range a {
			d := a[i].key >> shift & (1<<digit - 1)
			b[next[d]] = a[i]
			next[d]++
		}
		a, b = b, a
	}
	return a
}

// merge writes the rows of two sorted halves in order; of equals, those of a first.
func merge(a, b []keyedRow, rows []int32) {
	i, j := 0, 0
	for k := range rows {
		if j == len(b) || i < len(a) && a[i].key <= b[j].key {
			rows[k] = a[i].row
			i++
		} else {
			rows[k] = b[j].row
			j++
		}
	}
}
