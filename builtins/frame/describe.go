package frame

import "math"

// Describe returns one row for each column of f: its name and kind, how many
// values it has and how many are null, how many different ones, and for
// numbers and bools their mean, standard deviation (divisor n-1), minimum,
// quartiles (see Quantile) and maximum.
func (f *Frame) Describe() *Frame {
	if f.Err() != nil {
		return f
	}
	n := len(f.all())
	names, kinds := make([]string, n), make([]string, n)
	counts, nullCounts, unique := make([]int64, n), make([]int64, n), make([]int64, n)
	statistics := []string{"mean", "std", "min", "q25", "median", "q75", "max"}
	numbers := make([]*Column, len(statistics))
	for i, name := range statistics {
		numbers[i] = blank(name, Float, n)
	}
	each(n, func(i int) {
		c := f.columns[i]
		nulls := c.Nulls()
		names[i], kinds[i] = c.name, c.kind.String()
		counts[i], nullCounts[i] = int64(c.Len()-nulls), int64(nulls)
		unique[i] = int64(group([]*Column{c}, c.Len()).count)
		if nulls > 0 {
			unique[i]--
		}
	})
	for i, c := range f.all() {
		summary := c.summary()
		for s := range statistics {
			if s < len(summary) && (s != 1 || counts[i] > 1) {
				numbers[s].floats[i] = summary[s]
			} else {
				numbers[s].setNull(i)
			}
		}
	}
	columns := []*Column{
		Strings("column", names), Strings("kind", kinds),
		Ints("count", counts), Ints("nulls", nullCounts), Ints("unique", unique),
	}
	return New(append(columns, numbers...)...)
}

// summary returns mean, standard deviation, minimum, quartiles and maximum;
// nothing for a column without numbers.
func (c *Column) summary() []float64 {
	if c.kind == String {
		return nil
	}
	values := c.present()
	if len(values) == 0 {
		return nil
	}
	sum, squares := 0.0, 0.0
	for _, v := range values {
		sum += v
	}
	mean := sum / float64(len(values))
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	std := math.Sqrt(squares / float64(len(values)-1))
	return append([]float64{mean, std}, quantiles(values, 0, 0.25, 0.5, 0.75, 1)...)
}
