// Package frame holds tables: named, typed columns of equal length, some of
// whose values may be missing. It filters, sorts, groups, joins and pivots
// them, reads and writes CSV, JSON lines and Parquet, and shows them as text
// and as HTML.
//
// # Values
//
// A column is float64, int64, bool or string (dictionary-coded). Any value may
// be null, which means "not known" and is not NaN: NaN is a float64 that came
// out of a computation and must not be lost on the way to whoever looks for
// it. So aggregations skip nulls but a NaN makes a sum, a mean or a quantile
// NaN; sorting puts NaN after every other number and nulls after NaN, in
// either direction; NaN equals NaN as a key of GroupBy, Join and Unique, and
// nothing in an expression.
//
// # Errors
//
// Frames are immutable: a verb returns a new frame. A verb that cannot do its
// work returns a frame without columns that carries the error; every further
// verb passes it on, so that
//
//	subjects.Where("delta < -5").Sort("delta").Head(10)
//
// reads as one line and says what was wrong in its first wrong step. Err
// returns the error; whatever takes values out of a frame returns it too, and
// a display shows it instead of a table. Code other than cells checks Err once
// at the end of a chain.
//
// The package knows nothing of runs, samples or statistical tests.
package frame

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"adkernel/internal/suggest"
	"adkernel/kernel/eval"
)

// maxRows is what row numbers of 32 bits can address.
const maxRows = math.MaxInt32

// A Frame is an immutable table. A nil *Frame and the zero Frame are empty.
type Frame struct {
	columns  []*Column
	position map[string]int // by column name
	rows     int
	err      error
}

// New returns the frame of the given columns, which must be of equal length
// and have different names.
func New(columns ...*Column) *Frame {
	f := &Frame{columns: slices.Clone(columns), position: make(map[string]int, len(columns))}
	for i, c := range columns {
		if c == nil {
			return failed(fmt.Errorf("new frame: column %d is nil", i+1))
		}
		if c.err != nil {
			return failed(fmt.Errorf("new frame: %w", c.err))
		}
		if _, twice := f.position[c.name]; twice {
			return failed(fmt.Errorf("new frame: two columns are named %q", c.name))
		}
		if i > 0 && c.Len() != f.rows {
			return failed(fmt.Errorf("new frame: column %q has %d rows, column %q has %d",
				c.name, c.Len(), columns[0].name, f.rows))
		}
		f.position[c.name] = i
		f.rows = c.Len()
	}
	if f.rows > maxRows {
		return failed(fmt.Errorf("new frame: %d rows; a frame holds at most %d", f.rows, maxRows))
	}
	return f
}

// failed is the frame that carries err.
func failed(err error) *Frame { return &Frame{err: err} }

// Failed returns a frame without columns of which Err, and whatever is asked of
// it, says why there is no other.
func Failed(err error) *Frame { return failed(err) }

// Err returns why f could not be made, or nil.
func (f *Frame) Err() error {
	if f == nil {
		return nil
	}
	return f.err
}

// Len returns the number of rows. A frame that carries an error has no such
// number, and 0 would read like one: it ends the cell with the error.
func (f *Frame) Len() int {
	if f == nil {
		return 0
	}
	stopFor(f.err)
	return f.rows
}

// stopFor ends the cell that asks for a number, where nothing can return err.
func stopFor(err error) {
	if err != nil {
		panic(eval.Stop{Err: err})
	}
}

// Columns returns the columns' names in order.
func (f *Frame) Columns() []string {
	if f == nil {
		return nil
	}
	names := make([]string, len(f.columns))
	for i, c := range f.columns {
		names[i] = c.name
	}
	return names
}

// Has reports whether f has a column of that name.
func (f *Frame) Has(name string) bool {
	return f != nil && f.column(name) != nil
}

// Col returns the column of that name. Without one it returns a column that
// carries the error, which the column's accessors return.
func (f *Frame) Col(name string) *Column {
	c, err := f.orEmpty().lookup(name)
	if err != nil {
		return &Column{name: name, err: err}
	}
	return c
}

// Row returns the values of row i by column name; nulls are nil.
func (f *Frame) Row(i int) (map[string]any, error) {
	if err := f.Err(); err != nil {
		return nil, err
	}
	if i < 0 || i >= f.Len() {
		return nil, fmt.Errorf("row %d of a frame of %d rows (the first is 0)", i, f.Len())
	}
	row := make(map[string]any, len(f.columns))
	for _, c := range f.columns {
		row[c.name] = c.Value(i)
	}
	return row, nil
}

// column returns the column of that name, or nil.
func (f *Frame) column(name string) *Column {
	if i, ok := f.position[name]; ok {
		return f.columns[i]
	}
	return nil
}

// lookup returns the column of that name, or an error that proposes another.
func (f *Frame) lookup(name string) (*Column, error) {
	if f.err != nil {
		return nil, f.err
	}
	if c := f.column(name); c != nil {
		return c, nil
	}
	return nil, errors.New(noColumn(name, f.Columns()))
}

// lookupAll looks up each name, for the verb named in errors. A name given
// twice is an error.
func (f *Frame) lookupAll(verb string, names []string) ([]*Column, error) {
	f = f.orEmpty()
	if f.err != nil {
		return nil, f.err
	}
	columns := make([]*Column, len(names))
	for i, name := range names {
		c, err := f.lookup(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", verb, err)
		}
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("%s: column %q is named twice", verb, name)
		}
		columns[i] = c
	}
	return columns, nil
}

// noColumn says that there is no column of that name, what the nearest one is
// called, and, where they are few, what all of them are called.
func noColumn(name string, have []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "no column %q", name)
	if near := suggest.Nearest(name, have); near != "" {
		fmt.Fprintf(&b, "; did you mean %q?", near)
		return b.String()
	}
	const most = 20
	switch {
	case len(have) == 0:
		b.WriteString("; the frame has no columns")
	case len(have) <= most:
		fmt.Fprintf(&b, "; the columns are %s", strings.Join(have, ", "))
	default:
		fmt.Fprintf(&b, "; the columns are %s and %d more", strings.Join(have[:most], ", "), len(have)-most)
	}
	return b.String()
}
