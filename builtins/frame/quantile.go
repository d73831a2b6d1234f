package frame

import (
	"fmt"
	"math"
	"slices"
)

// Median is the middle value of a column, as Quantile with q = 0.5.
func Median(name, column string) Aggregate { return Quantile(name, column, 0.5) }

// Quantile is the q-th quantile of a column, 0 <= q <= 1, interpolated between
// neighbours: type 7 of Hyndman and Fan (1996), as NumPy and R do by default.
// It is NaN when a value is.
func Quantile(name, column string, q float64) Aggregate {
	return Aggregate{name: name, column: column, numeric: true, reduce: func(c *Column, g groups) (*Column, error) {
		if err := checkQuantile(q); err != nil {
			return nil, err
		}
		values := valuesByGroup(c, g)
		results := make([]float64, g.count)
		each(g.count, func(i int) {
			if len(values[i]) > 0 {
				results[i] = quantile(values[i], q)
			}
		})
		return floatsOf(results, values), nil
	}}
}

// Apply calls fn with the values of each group, in the order of the rows, one
// group after another; fn may change the slice. Groups without values are null
// and fn is not called for them.
func Apply(name, column string, fn func(values []float64) float64) Aggregate {
	return Aggregate{name: name, column: column, numeric: true, callsBack: true, reduce: func(c *Column, g groups) (*Column, error) {
		values := valuesByGroup(c, g)
		results := make([]float64, g.count)
		for i, v := range values {
			if len(v) > 0 {
				results[i] = fn(v)
			}
		}
		return floatsOf(results, values), nil
	}}
}

// valuesByGroup copies the values of each group that are not null, in the
// order of the rows.
func valuesByGroup(c *Column, g groups) [][]float64 {
	rows, start := g.members(c.null)
	all := gather(c.numbers(), rows)
	values := make([][]float64, g.count)
	for i := range values {
		low, high := start[i], start[i+1]
		values[i] = all[low:high:high]
	}
	return values
}

// floatsOf is a column of results, null for groups without values.
func floatsOf(results []float64, values [][]float64) *Column {
	c := &Column{kind: Float, floats: results}
	for i, v := range values {
		if len(v) == 0 {
			c.setNull(i)
		}
	}
	return c
}

// Quantiles returns the quantiles of the column's values that are not null, as
// the aggregate Quantile defines them.
func (c *Column) Quantiles(q ...float64) ([]float64, error) {
	if c.err != nil {
		return nil, c.err
	}
	if c.kind == String {
		return nil, fmt.Errorf("quantiles: column %q holds strings, not numbers", c.name)
	}
	for _, q := range q {
		if err := checkQuantile(q); err != nil {
			return nil, fmt.Errorf("quantiles: %w", err)
		}
	}
	values := c.present()
	if len(values) == 0 {
		return nil, fmt.Errorf("quantiles: column %q has no values", c.name)
	}
	return quantiles(values, q...), nil
}

// present returns a copy of the values that are not null.
func (c *Column) present() []float64 {
	values := make([]float64, 0, c.Len())
	for i, v := range c.numbers() {
		if !c.IsNull(i) {
			values = append(values, v)
		}
	}
	return values
}

func checkQuantile(q float64) error {
	if !(q >= 0 && q <= 1) {
		return fmt.Errorf("quantile %v is not between 0 and 1", q)
	}
	return nil
}

// quantiles sorts values, of which there is at least one.
func quantiles(values []float64, q ...float64) []float64 {
	slices.Sort(values)
	out := make([]float64, len(q))
	for i, q := range q {
		if math.IsNaN(values[0]) { // slices.Sort puts NaN first
			out[i] = math.NaN()
			continue
		}
		at, fraction := place(q, len(values))
		out[i] = between(values[at], values[min(at+1, len(values)-1)], fraction)
	}
	return out
}

// quantile reorders values, of which there is at least one, only as far as it
// has to.
func quantile(values []float64, q float64) float64 {
	if slices.ContainsFunc(values, math.IsNaN) {
		return math.NaN()
	}
	at, fraction := place(q, len(values))
	low := selectNth(values, at)
	if fraction == 0 || at+1 == len(values) {
		return low
	}
	return between(low, slices.Min(values[at+1:]), fraction)
}

// place returns between which two of n sorted values the quantile lies: after
// the one at the index, by a fraction of the way to the next.
func place(q float64, n int) (index int, fraction float64) {
	at := q * float64(n-1)
	index = int(at)
	return index, at - float64(index)
}

// between interpolates as NumPy does, so that results are equal to the last bit.
func between(low, high, fraction float64) float64 {
	switch {
	case fraction == 0 || low == high: // also where high-low would be Inf-Inf
		return low
	case fraction >= 0.5:
		return high - (high-low)*(1-fraction)
	default:
		return low + (high-low)*fraction
	}
}

// selectNth moves the value that sorting would put at index n there, smaller
// ones before it and greater ones behind it, and returns it: Hoare's
// quickselect, with sorting as the way out of bad luck. No value may be NaN.
func selectNth(values []float64, n int) float64 {
	low, high := 0, len(values)-1
	for attempts := 0; low < high; attempts++ {
		if high-low < 16 || attempts > 64 {
			slices.Sort(values[low : high+1])
			break
		}
		a, b, c := values[low], values[low+(high-low)/2], values[high]
		pivot := max(min(a, b), min(max(a, b), c)) // their median
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch { // values up to j are at most the pivot, those from i on at least
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return values[n]
		}
	}
	return values[n]
}
