package frame

import "slices"

// take returns the given rows of c, in that order; row -1 is null.
func (c *Column) take(rows []int32) *Column {
	t := &Column{name: c.name, kind: c.kind, dict: c.dict}
	switch c.kind {
	case Float:
		t.floats = gather(c.floats, rows)
	case Int:
		t.ints = gather(c.ints, rows)
	case Bool:
		t.bools = gather(c.bools, rows)
	case String:
		t.codes = gather(c.codes, rows)
	}
	t.null = gatherNull(c.null, rows)
	return t
}

// gather returns values[rows[i]] for each i, the zero value where rows[i] < 0.
func gather[T any](values []T, rows []int32) []T {
	out := make([]T, len(rows))
	parallel(len(rows), func(low, high int) {
		for i, r := range rows[low:high] {
			if r >= 0 {
				out[low+i] = values[r]
			}
		}
	})
	return out
}

// gatherNull is gather for null masks: a missing row is null, and a mask
// without any null is nil.
func gatherNull(null []bool, rows []int32) []bool {
	if null == nil && !slices.ContainsFunc(rows, func(r int32) bool { return r < 0 }) {
		return nil
	}
	found := false
	out := make([]bool, len(rows))
	for i, r := range rows {
		isNull := r < 0 || (null != nil && null[r])
		out[i] = isNull
		found = found || isNull
	}
	if !found {
		return nil
	}
	return out
}

// take returns the given rows of f; row -1 is a row of nulls.
func (f *Frame) take(rows []int32) *Frame {
	columns := make([]*Column, len(f.columns))
	each(len(columns), func(i int) { columns[i] = f.columns[i].take(rows) })
	t := &Frame{columns: columns, position: f.position, rows: len(rows)}
	return t
}

// slice returns rows low to high-1 without copying.
func (c *Column) slice(low, high int) *Column {
	s := *c
	switch c.kind {
	case Float:
		s.floats = c.floats[low:high:high]
	case Int:
		s.ints = c.ints[low:high:high]
	case Bool:
		s.bools = c.bools[low:high:high]
	case String:
		s.codes = c.codes[low:high:high]
	}
	if c.null != nil {
		s.null = c.null[low:high:high]
	}
	return &s
}

func (f *Frame) slice(low, high int) *Frame {
	columns := make([]*Column, len(f.columns))
	for i, c := range f.columns {
		columns[i] = c.slice(low, high)
	}
	return &Frame{columns: columns, position: f.position, rows: high - low}
}
