package frame

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Select returns the named columns, in the order given.
func (f *Frame) Select(names ...string) *Frame {
	columns, err := f.lookupAll("select", names)
	if err != nil {
		return failed(err)
	}
	return New(columns...)
}

// Drop returns f without the named columns.
func (f *Frame) Drop(names ...string) *Frame {
	if _, err := f.lookupAll("drop", names); err != nil {
		return failed(err)
	}
	var kept []*Column
	for _, c := range f.all() {
		if !slices.Contains(names, c.name) {
			kept = append(kept, c)
		}
	}
	return New(kept...)
}

// Rename returns f with one column under a new name.
func (f *Frame) Rename(old, new string) *Frame {
	columns, err := f.lookupAll("rename", []string{old})
	if err != nil {
		return failed(err)
	}
	if old != new && f.Has(new) {
		return failed(fmt.Errorf("rename %q: there is a column %q already", old, new))
	}
	renamed := slices.Clone(f.columns)
	renamed[f.position[old]] = columns[0].renamed(new)
	return New(renamed...)
}

// Head returns the first n rows, or all when there are fewer.
func (f *Frame) Head(n int) *Frame {
	if f.Err() != nil {
		return f
	}
	if n < 0 {
		return failed(fmt.Errorf("head: %d rows: want 0 or more", n))
	}
	return f.orEmpty().slice(0, min(n, f.Len()))
}

// Tail returns the last n rows, or all when there are fewer.
func (f *Frame) Tail(n int) *Frame {
	if f.Err() != nil {
		return f
	}
	if n < 0 {
		return failed(fmt.Errorf("tail: %d rows: want 0 or more", n))
	}
	return f.orEmpty().slice(max(0, f.Len()-n), f.Len())
}

// Unique returns the first row of each combination of values of the named
// columns, or of all columns when none is named, in the order of f.
func (f *Frame) Unique(names ...string) *Frame {
	if len(names) == 0 {
		names = f.Columns()
	}
	keys, err := f.lookupAll("unique", names)
	if err != nil {
		return failed(err)
	}
	if len(keys) == 0 {
		return f.orEmpty()
	}
	return f.take(group(keys, f.rows).first)
}

// DropNull returns the rows without a null in the named columns, or in any
// column when none is named.
func (f *Frame) DropNull(names ...string) *Frame {
	if len(names) == 0 {
		names = f.Columns()
	}
	columns, err := f.lookupAll("drop null", names)
	if err != nil {
		return failed(err)
	}
	columns = slices.DeleteFunc(columns, func(c *Column) bool { return c.null == nil })
	if len(columns) == 0 {
		return f.orEmpty()
	}
	rows := make([]int32, 0, f.rows)
	for i := range f.rows {
		if !slices.ContainsFunc(columns, func(c *Column) bool { return c.null[i] }) {
			rows = append(rows, int32(i))
		}
	}
	return f.take(rows)
}

// FillNull returns f with the nulls of one column replaced by a value of the
// column's kind (an integer serves a float64 column too).
func (f *Frame) FillNull(name string, value any) *Frame {
	columns, err := f.lookupAll("fill null", []string{name})
	if err != nil {
		return failed(err)
	}
	c := columns[0]
	b := newBuilder(name, c.kind)
	v, isNull := concrete(reflect.ValueOf(value))
	if isNull {
		return failed(errors.New("fill null: the value is nil itself"))
	}
	if err := b.addValue(v); err != nil {
		return failed(fmt.Errorf("fill null: column %q: %w", name, err))
	}
	if c.null == nil {
		return f
	}
	both := concatColumns(name, []*Column{c, b.finish()})
	rows := make([]int32, f.rows)
	for i := range rows {
		rows[i] = int32(i)
		if c.null[i] {
			rows[i] = int32(f.rows)
		}
	}
	return f.replace(both.take(rows))
}

// With returns f with one more column, or with another one in place of the
// column of that name. The value is an expression over the columns (see
// Where), a slice as Values takes it, or a *Column.
func (f *Frame) With(name string, value any) *Frame {
	if f.Err() != nil {
		return f
	}
	var c *Column
	switch v := value.(type) {
	case string:
		computed, err := f.orEmpty().evaluate("with "+name, v)
		if err != nil {
			return failed(err)
		}
		c = computed.renamed(name)
	case *Column:
		if v == nil {
			return failed(fmt.Errorf("with %s: the column is nil", name))
		}
		c = v.renamed(name)
	default:
		c = Values(name, value)
	}
	if c.err != nil {
		return failed(fmt.Errorf("with %s: %w", name, c.err))
	}
	if f != nil && len(f.columns) > 0 && c.Len() != f.rows {
		return failed(fmt.Errorf("with %s: %d values for %d rows", name, c.Len(), f.rows))
	}
	return f.orEmpty().replace(c)
}

// replace returns f with c in place of the column of its name, or at the end.
func (f *Frame) replace(c *Column) *Frame {
	columns := slices.Clone(f.columns)
	if i, ok := f.position[c.name]; ok {
		columns[i] = c
	} else {
		columns = append(columns, c)
	}
	return New(columns...)
}

func (f *Frame) all() []*Column {
	if f == nil {
		return nil
	}
	return f.columns
}

// orEmpty returns f, or an empty frame when it is nil.
func (f *Frame) orEmpty() *Frame {
	if f == nil {
		return &Frame{}
	}
	return f
}
