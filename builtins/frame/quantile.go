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
		return reduceValues(c, g, func(values []float64) float64 { return quantiles(values, q)[0] }), nil
	}}
}

// Apply calls fn with the values of each group, in the order of the rows; fn
// may change the slice. Groups without values are null and fn is not called.
// Groups may be computed at the same time.
func Apply(name, column string, fn func(values []float64) float64) Aggregate {
	return Aggregate{name: name, column: column, numeric: true, reduce: func(c *Column, g groups) (*Column, error) {
		return reduceValues(c, g, fn), nil
	}}
}

func reduceValues(c *Column, g groups, fn func([]float64) float64) *Column {
	rows, start := g.members(c.null)
	values := gather(c.numbers(), rows)
	results := make([]float64, g.count)
	counts := make([]int64, g.count)
	each(g.count, func(i int) {
		low, high := start[i], start[i+1]
		counts[i] = int64(high - low)
		if counts[i] > 0 {
			results[i] = fn(values[low:high:high])
		}
	})
	return floatsWhere(results, counts, 1)
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
		out[i] = quantileOfSorted(values, q)
	}
	return out
}

func quantileOfSorted(sorted []float64, q float64) float64 {
	if math.IsNaN(sorted[0]) { // slices.Sort puts NaN first
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	fraction := at - float64(i)
	if i+1 >= len(sorted) || fraction == 0 || sorted[i] == sorted[i+1] {
		return sorted[i]
	}
	low, high := sorted[i], sorted[i+1]
	if fraction >= 0.5 { // as NumPy does, so that results are equal to the last bit
		return high - (high-low)*(1-fraction)
	}
	return low + (high-low)*fraction
}
