package frame

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// An Aggregate makes one value of the rows of a group. Nulls of the column it
// works on are left out; a group without any other value yields null, except
// that its Sum and its NUnique are 0.
type Aggregate struct {
	name      string // of the new column
	column    string // "" when it works on rows
	numeric   bool   // the column must not hold strings
	callsBack bool   // runs the caller's code, which stays on the caller's goroutine
	reduce    func(c *Column, g groups) (*Column, error)
}

// over applies a to f's groups.
func (a Aggregate) over(f *Frame, g groups) (*Column, error) {
	if a.reduce == nil {
		return nil, errors.New("agg: an Aggregate is made by Mean, Count, ...; this one is empty")
	}
	var c *Column
	if a.column != "" {
		var err error
		if c, err = f.lookup(a.column); err != nil {
			return nil, fmt.Errorf("agg %s: %w", a.name, err)
		}
		if a.numeric && c.kind == String {
			return nil, fmt.Errorf("agg %s: column %q holds strings, not numbers", a.name, c.name)
		}
	}
	result, err := a.reduce(c, g)
	if err != nil {
		return nil, fmt.Errorf("agg %s: %w", a.name, err)
	}
	return result.renamed(a.name), nil
}

// Count is the number of rows of a group.
func Count(name string) Aggregate {
	return Aggregate{name: name, reduce: func(_ *Column, g groups) (*Column, error) {
		counts := make([]int64, g.count)
		for _, id := range g.of {
			counts[id]++
		}
		return &Column{kind: Int, ints: counts}, nil
	}}
}

// Sum is the sum of a column: int64 for integers and for bools (how many are
// true), float64 for floats.
func Sum(name, column string) Aggregate {
	return Aggregate{name: name, column: column, numeric: true, reduce: func(c *Column, g groups) (*Column, error) {
		switch c.kind {
		case Float:
			sums, _ := floatSums(c, g)
			return &Column{kind: Float, floats: sums}, nil
		case Int:
			sums, err := intSums(c, g)
			return &Column{kind: Int, ints: sums}, err
		default:
			counts := make([]int64, g.count)
			for i, v := range c.bools {
				if v {
					counts[g.of[i]]++
				}
			}
			return &Column{kind: Int, ints: counts}, nil
		}
	}}
}

// Mean is the arithmetic mean of a column; of a bool column, the share that is
// true.
func Mean(name, column string) Aggregate {
	return Aggregate{name: name, column: column, numeric: true, reduce: func(c *Column, g groups) (*Column, error) {
		means, counts := floatSums(c, g)
		for i := range means {
			means[i] /= float64(counts[i])
		}
		return floatsWhere(means, counts, 1), nil
	}}
}

// Std is the standard deviation of a sample (divisor n-1) of a column; null
// for groups of fewer than two values.
func Std(name, column string) Aggregate {
	return Aggregate{name: name, column: column, numeric: true, reduce: func(c *Column, g groups) (*Column, error) {
		means, counts := floatSums(c, g)
		for i := range means {
			means[i] /= float64(counts[i])
		}
		squares := make([]float64, g.count)
		for i, v := range c.numbers() {
			if !c.IsNull(i) {
				d := v - means[g.of[i]]
				squares[g.of[i]] += d * d
			}
		}
		for i := range squares {
			squares[i] = math.Sqrt(squares[i] / float64(counts[i]-1))
		}
		return floatsWhere(squares, counts, 2), nil
	}}
}

// Min is the least value of a column of any kind; NaN when there is one.
func Min(name, column string) Aggregate {
	return Aggregate{name: name, column: column, reduce: func(c *Column, g groups) (*Column, error) {
		return c.take(extremes(c, g, -1)), nil
	}}
}

// Max is the greatest value of a column of any kind; NaN when there is one.
func Max(name, column string) Aggregate {
	return Aggregate{name: name, column: column, reduce: func(c *Column, g groups) (*Column, error) {
		return c.take(extremes(c, g, +1)), nil
	}}
}

// First is the first value of a column, in the order of the rows.
func First(name, column string) Aggregate {
	return Aggregate{name: name, column: column, reduce: func(c *Column, g groups) (*Column, error) {
		rows := slices.Repeat([]int32{-1}, g.count)
		for i, id := range g.of {
			if rows[id] < 0 && !c.IsNull(i) {
				rows[id] = int32(i)
			}
		}
		return c.take(rows), nil
	}}
}

// NUnique is the number of different values of a column.
func NUnique(name, column string) Aggregate {
	return Aggregate{name: name, column: column, reduce: func(c *Column, g groups) (*Column, error) {
		counts := make([]int64, g.count)
		pairs := group([]*Column{{kind: Int, ints: widen(g.of)}, c}, len(g.of))
		for _, row := range pairs.first {
			if !c.IsNull(int(row)) {
				counts[g.of[row]]++
			}
		}
		return &Column{kind: Int, ints: counts}, nil
	}}
}

func widen(values []int32) []int64 {
	wide := make([]int64, len(values))
	for i, v := range values {
		wide[i] = int64(v)
	}
	return wide
}

// floatSums adds up each group, and counts what was added.
func floatSums(c *Column, g groups) (sums []float64, counts []int64) {
	sums, counts = make([]float64, g.count), make([]int64, g.count)
	switch c.kind {
	case Float:
		addUp(c.floats, c.null, g.of, sums, counts)
	case Int:
		addUp(c.ints, c.null, g.of, sums, counts)
	default:
		addUp(c.numbers(), c.null, g.of, sums, counts)
	}
	return sums, counts
}

func addUp[T int64 | float64](values []T, null []bool, of []int32, sums []float64, counts []int64) {
	for i, v := range values {
		if null == nil || !null[i] {
			sums[of[i]] += float64(v)
			counts[of[i]]++
		}
	}
}

// intSums adds up exactly, in 128 bits, or says that the sum does not fit.
func intSums(c *Column, g groups) ([]int64, error) {
	sums, high := make([]int64, g.count), make([]int64, g.count)
	for i, v := range c.ints {
		id := g.of[i]
		low, carry := bits.Add64(uint64(sums[id]), uint64(v), 0)
		sums[id] = int64(low)
		high[id] += v>>63 + int64(carry) // v>>63 is the upper half of v
	}
	for id, low := range sums {
		if high[id] != low>>63 {
			return nil, fmt.Errorf("the sum of column %q does not fit int64: make it float64 first, With(%q, %q)",
				c.name, c.name, "float("+c.name+")")
		}
	}
	return sums, nil
}

// floatsWhere is a column of values, null where fewer than least were counted.
func floatsWhere(values []float64, counts []int64, least int64) *Column {
	c := &Column{kind: Float, floats: values}
	for i, n := range counts {
		if n < least {
			c.setNull(i)
		}
	}
	return c
}

// extremes returns the row of each group's least (sign -1) or greatest (+1)
// value, the first of equals; -1 for groups without one.
func extremes(c *Column, g groups, sign int) []int32 {
	switch c.kind {
	case Float:
		return extreme(c.floats, c.null, g, sign)
	case Int:
		return extreme(c.ints, c.null, g, sign)
	case String:
		return extreme(gather(dictRanks(c.dict), c.codes), c.null, g, sign)
	default:
		return extreme(c.numbers(), c.null, g, sign)
	}
}

func extreme[T cmp.Ordered](values []T, null []bool, g groups, sign int) []int32 {
	rows := slices.Repeat([]int32{-1}, g.count)
	for i, v := range values {
		if null != nil && null[i] {
			continue
		}
		best := rows[g.of[i]]
		switch {
		case best < 0, v != v:
			rows[g.of[i]] = int32(i)
		case sign < 0 && v < values[best], sign > 0 && v > values[best]:
			rows[g.of[i]] = int32(i)
		}
	}
	return rows
}

// dictRanks returns each entry's place in ascending order.
func dictRanks(dict []string) []uint64 {
	order := make([]int32, len(dict))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(dict[a], dict[b]) })
	ranks := make([]uint64, max(1, len(dict))) // one more for the code of nulls in an empty dictionary
	for rank, i := range order {
		ranks[i] = uint64(rank)
	}
	return ranks
}
