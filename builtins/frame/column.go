package frame

import (
	"fmt"
	"math"
	"slices"
)

// Kind is the type of a column's values.
type Kind uint8

// The kinds of columns.
const (
	Float Kind = iota
	Int
	Bool
	String
)

func (k Kind) String() string {
	return [...]string{"float64", "int64", "bool", "string"}[k]
}

// A Column is one named, typed, immutable column. Exactly one of the value
// slices is in use, by kind; strings are codes into a dictionary, whose
// entries may be unused but are all different.
type Column struct {
	name   string
	kind   Kind
	floats []float64
	ints   []int64
	bools  []bool
	codes  []int32
	dict   []string
	null   []bool // which rows are null; nil when none is. Values there are zero.
	err    error
}

// Floats returns a column of float64.
func Floats(name string, values []float64) *Column {
	return &Column{name: name, kind: Float, floats: slices.Clone(values)}
}

// Ints returns a column of int64.
func Ints(name string, values []int64) *Column {
	return &Column{name: name, kind: Int, ints: slices.Clone(values)}
}

// Bools returns a column of bool.
func Bools(name string, values []bool) *Column {
	return &Column{name: name, kind: Bool, bools: slices.Clone(values)}
}

// Strings returns a column of strings.
func Strings(name string, values []string) *Column {
	b := newStringBuilder(len(values))
	for _, v := range values {
		b.add(v)
	}
	return &Column{name: name, kind: String, codes: b.codes, dict: b.dict}
}

// Masked returns a copy of c in which the rows where null is true are null.
func (c *Column) Masked(null []bool) *Column {
	if c.err != nil {
		return c
	}
	if len(null) != c.Len() {
		return &Column{name: c.name, err: fmt.Errorf("column %q has %d rows, its mask %d", c.name, c.Len(), len(null))}
	}
	masked := c.clone()
	for i, n := range null {
		if n {
			masked.setNull(i)
		}
	}
	return masked
}

// Name returns the column's name.
func (c *Column) Name() string { return c.name }

// Kind returns the type of the column's values.
func (c *Column) Kind() Kind { return c.kind }

// Err returns why there is no such column, or nil.
func (c *Column) Err() error { return c.err }

// Len returns the number of rows. A column that carries an error ends the cell
// with it.
func (c *Column) Len() int {
	stopFor(c.err)
	switch c.kind {
	case Float:
		return len(c.floats)
	case Int:
		return len(c.ints)
	case Bool:
		return len(c.bools)
	default:
		return len(c.codes)
	}
}

// Nulls returns the number of rows that are null.
func (c *Column) Nulls() int {
	stopFor(c.err)
	count := 0
	for _, n := range c.null {
		if n {
			count++
		}
	}
	return count
}

// IsNull reports whether row i is null. A column that carries an error ends the
// cell with it.
func (c *Column) IsNull(i int) bool {
	if c.null == nil {
		stopFor(c.err)
		return false
	}
	return c.null[i]
}

// Value returns row i as a float64, int64, bool or string; nil when it is null.
// Like the index of a slice, i must be at least 0 and below Len. A column that
// carries an error ends the cell with it.
func (c *Column) Value(i int) any {
	if c.IsNull(i) {
		return nil
	}
	switch c.kind {
	case Float:
		return c.floats[i]
	case Int:
		return c.ints[i]
	case Bool:
		return c.bools[i]
	default:
		return c.dict[c.codes[i]]
	}
}

// Floats returns the values of a numeric or boolean column (true is 1) as
// float64, nulls as NaN.
func (c *Column) Floats() ([]float64, error) {
	if c.err != nil {
		return nil, c.err
	}
	if c.kind == String {
		return nil, fmt.Errorf("column %q holds strings, not numbers", c.name)
	}
	values := slices.Clone(c.numbers())
	for i, n := range c.null {
		if n {
			values[i] = math.NaN()
		}
	}
	return values, nil
}

// Ints returns the values of an int64 column without nulls.
func (c *Column) Ints() ([]int64, error) {
	if err := c.expect(Int); err != nil {
		return nil, err
	}
	return slices.Clone(c.ints), nil
}

// Bools returns the values of a bool column without nulls.
func (c *Column) Bools() ([]bool, error) {
	if err := c.expect(Bool); err != nil {
		return nil, err
	}
	return slices.Clone(c.bools), nil
}

// Strings returns the values of a string column without nulls.
func (c *Column) Strings() ([]string, error) {
	if err := c.expect(String); err != nil {
		return nil, err
	}
	values := make([]string, len(c.codes))
	for i, code := range c.codes {
		values[i] = c.dict[code]
	}
	return values, nil
}

// expect returns an error unless c is of that kind and has no nulls, which a
// slice of plain values could not tell from a zero.
func (c *Column) expect(kind Kind) error {
	if c.err != nil {
		return c.err
	}
	if c.kind != kind {
		return fmt.Errorf("column %q holds %s, not %s", c.name, c.kind, kind)
	}
	if n := c.Nulls(); n > 0 {
		return fmt.Errorf("column %q has %s in %s: DropNull or FillNull first", c.name, plural(n, "null"), plural(c.Len(), "row"))
	}
	return nil
}

// exactFloat is v as float64; ok is false where that would be another number.
func exactFloat(v int64) (f float64, ok bool) {
	f = float64(v)
	return f, f < 1<<63 && int64(f) == v
}

// numbers returns the values as float64, for reading only; those of null rows
// are 0. The column must not hold strings.
func (c *Column) numbers() []float64 {
	switch c.kind {
	case Float:
		return c.floats
	case Int:
		values := make([]float64, len(c.ints))
		for i, v := range c.ints {
			values[i] = float64(v)
		}
		return values
	default:
		values := make([]float64, len(c.bools))
		for i, v := range c.bools {
			if v {
				values[i] = 1
			}
		}
		return values
	}
}

// text returns row i of a string column, "" when it is null.
func (c *Column) text(i int) string {
	if c.IsNull(i) {
		return ""
	}
	return c.dict[c.codes[i]]
}

// renamed returns c under another name, sharing its values.
func (c *Column) renamed(name string) *Column {
	r := *c
	r.name = name
	return &r
}

// clone returns a copy of c with values of its own; the dictionary is shared,
// clipped so that appending to it copies.
func (c *Column) clone() *Column {
	d := *c
	d.floats, d.ints, d.bools = slices.Clone(c.floats), slices.Clone(c.ints), slices.Clone(c.bools)
	d.codes, d.dict = slices.Clone(c.codes), slices.Clip(c.dict)
	d.null = slices.Clone(c.null)
	return &d
}

// blank returns a column of n zero values of the given kind, to be filled.
func blank(name string, kind Kind, n int) *Column {
	c := &Column{name: name, kind: kind}
	switch kind {
	case Float:
		c.floats = make([]float64, n)
	case Int:
		c.ints = make([]int64, n)
	case Bool:
		c.bools = make([]bool, n)
	case String:
		c.codes = make([]int32, n)
	}
	return c
}

// setNull makes row i null, in a column that is still being filled.
func (c *Column) setNull(i int) {
	if c.null == nil {
		c.null = make([]bool, c.Len())
	}
	c.null[i] = true
	switch c.kind {
	case Float:
		c.floats[i] = 0
	case Int:
		c.ints[i] = 0
	case Bool:
		c.bools[i] = false
	case String:
		c.codes[i] = 0
	}
}
