package frame

import "fmt"

// Concat stacks frames. Columns are matched by name, in the order in which
// they first occur; where a frame lacks a column its rows are null. A name
// whose kind differs between frames is an error, except that integers among
// floats become floats where these hold them exactly.
func Concat(frames ...*Frame) *Frame {
	var names []string
	kinds := map[string]Kind{}
	rows := 0
	for i, f := range frames {
		if err := f.Err(); err != nil {
			return failed(fmt.Errorf("concat: frame %d: %w", i+1, err))
		}
		rows += f.Len()
		for _, c := range f.all() {
			kind, known := kinds[c.name]
			if !known {
				names = append(names, c.name)
				kind = c.kind
			}
			common, ok := commonKind(kind, c.kind)
			if !ok {
				return failed(fmt.Errorf("concat: column %q is %s in frame %d and %s before", c.name, c.kind, i+1, kind))
			}
			kinds[c.name] = common
		}
	}
	if rows > maxRows {
		return failed(fmt.Errorf("concat: %d rows; a frame holds at most %d", rows, maxRows))
	}
	columns := make([]*Column, len(names))
	for i, name := range names {
		parts := make([]*Column, len(frames))
		for j, f := range frames {
			var err error
			if parts[j], err = f.partFor(name, kinds[name]); err != nil {
				return failed(fmt.Errorf("concat: column %q, frame %d: %w", name, j+1, err))
			}
		}
		columns[i] = concatColumns(name, parts)
	}
	return New(columns...)
}

// commonKind returns the kind that holds values of both.
func commonKind(a, b Kind) (Kind, bool) {
	switch {
	case a == b:
		return a, true
	case a == Int && b == Float || a == Float && b == Int:
		return Float, true
	default:
		return 0, false
	}
}

// partFor returns f's column of that name as the given kind, or nulls.
func (f *Frame) partFor(name string, kind Kind) (*Column, error) {
	f = f.orEmpty()
	c := f.column(name)
	if c == nil {
		return nulls(name, kind, f.rows), nil
	}
	return c.as(kind)
}

// as returns c, or c's integers as float64 when that is the kind wanted. It
// refuses integers that float64 does not hold.
func (c *Column) as(kind Kind) (*Column, error) {
	if c.kind == kind {
		return c, nil
	}
	for i, v := range c.ints {
		if _, exact := exactFloat(v); !exact && !c.IsNull(i) {
			return nil, fmt.Errorf("integers such as %d among floats, which float64 cannot hold", v)
		}
	}
	return &Column{name: c.name, kind: Float, floats: c.numbers(), null: c.null}, nil
}

// nulls returns a column of n nulls.
func nulls(name string, kind Kind, n int) *Column {
	c := blank(name, kind, n)
	if n > 0 {
		c.null = make([]bool, n)
		for i := range c.null {
			c.null[i] = true
		}
	}
	return c
}

// concatColumns stacks columns of one kind.
func concatColumns(name string, parts []*Column) *Column {
	out := blank(name, parts[0].kind, 0)
	dictionary := newStringBuilder(0)
	anyNull := false
	for _, p := range parts {
		out.floats = append(out.floats, p.floats...)
		out.ints = append(out.ints, p.ints...)
		out.bools = append(out.bools, p.bools...)
		if p.kind == String {
			recoded := make([]int32, len(p.dict))
			for i, s := range p.dict {
				recoded[i] = dictionary.intern(s)
			}
			for i, code := range p.codes {
				if p.IsNull(i) {
					out.codes = append(out.codes, 0)
				} else {
					out.codes = append(out.codes, recoded[code])
				}
			}
		}
		anyNull = anyNull || p.null != nil
	}
	out.dict = dictionary.dict
	if anyNull {
		out.null = make([]bool, 0, out.Len())
		for _, p := range parts {
			if p.null == nil {
				out.null = append(out.null, make([]bool, p.Len())...)
			} else {
				out.null = append(out.null, p.null...)
			}
		}
	}
	return out
}
