package frame

import (
	"fmt"
	"strconv"
)

// Pivot returns a row for each value of the column rows and a column for each
// value of the column columns, both ascending; a cell is the aggregate of the
// rows that have both values, null where there is none. The aggregate's own
// name is not used.
func (f *Frame) Pivot(rows, columns string, aggregate Aggregate) *Frame {
	const (
		maxColumns = 10_000
		maxCells   = 1 << 27 // of which each takes up to 13 bytes
	)
	f = f.orEmpty()
	if _, err := f.lookupAll("pivot", []string{rows, columns}); err != nil {
		return failed(err)
	}
	grouped := f.GroupBy(rows, columns)
	values, err := aggregate.over(f, grouped.groups)
	if err != nil {
		return failed(fmt.Errorf("pivot: %w", err))
	}
	rowKeys := grouped.keys[0].take(grouped.first)
	columnKeys := grouped.keys[1].take(grouped.first)
	down, across := group([]*Column{rowKeys}, rowKeys.Len()), group([]*Column{columnKeys}, columnKeys.Len())
	down.sort([]*Column{rowKeys})
	across.sort([]*Column{columnKeys})
	if across.count > maxColumns {
		return failed(fmt.Errorf("pivot: column %q has %d different values; at most %d become columns", columns, across.count, maxColumns))
	}
	if across.count*down.count > maxCells {
		return failed(fmt.Errorf("pivot: %s × %s; at most %d cells are made", plural(down.count, "row"), plural(across.count, "column"), maxCells))
	}

	cells := make([][]int32, across.count) // row of values by column and row, -1 where there is none
	for i := range cells {
		cells[i] = make([]int32, down.count)
		for j := range cells[i] {
			cells[i][j] = -1
		}
	}
	for i := range down.of {
		cells[across.of[i]][down.of[i]] = int32(i)
	}
	result := []*Column{rowKeys.take(down.first)}
	for i, picked := range cells {
		name := columnKeys.label(int(across.first[i]))
		result = append(result, values.take(picked).renamed(name))
	}
	pivoted := New(result...)
	if pivoted.err != nil {
		return failed(fmt.Errorf("pivot: %w", pivoted.err))
	}
	return pivoted
}

// label is row i as a name.
func (c *Column) label(i int) string {
	if c.IsNull(i) {
		return "null"
	}
	switch c.kind {
	case Float:
		return strconv.FormatFloat(c.floats[i], 'g', -1, 64)
	case Int:
		return strconv.FormatInt(c.ints[i], 10)
	case Bool:
		return strconv.FormatBool(c.bools[i])
	default:
		return c.dict[c.codes[i]]
	}
}
