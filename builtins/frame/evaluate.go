package frame

import "slices"

// An operand is a value during evaluation: a column with a value for each row
// of the frame, or a scalar that stands for one.
type operand struct {
	*Column
	scalar bool
	at     int // where it stands in the source
}

// spread returns the operand's column, with a scalar repeated n times.
func (o operand) spread(n int) *Column {
	if !o.scalar {
		return o.Column
	}
	return o.take(make([]int32, n))
}

// evaluation computes an expression over the columns of a frame, an operation
// on whole columns at a time.
type evaluation struct{ frame *Frame }

func (ev *evaluation) value(e expression) (operand, error) {
	switch e := e.(type) {
	case literal:
		return operand{e.value, true, e.at}, nil
	case reference:
		c := ev.frame.column(e.name)
		if c == nil {
			return operand{}, wrong(e.at, "%s", noColumn(e.name, ev.frame.Columns()))
		}
		return operand{c, false, e.at}, nil
	default:
		return ev.call(e.(call))
	}
}

func (ev *evaluation) call(c call) (operand, error) {
	operation := operations[c.operation]
	if n := len(c.arguments); n < operation.least || n > operation.most {
		return operand{}, wrong(c.at, "%s takes %s, not %d", c.operation, operation.arity(), n)
	}
	arguments := make([]operand, len(c.arguments))
	scalar := true
	for i, e := range c.arguments {
		var err error
		if arguments[i], err = ev.value(e); err != nil {
			return operand{}, err
		}
		scalar = scalar && arguments[i].scalar
	}
	n := ev.frame.rows
	if scalar {
		n = 1
	}
	result, err := operation.apply(application{call: c, arguments: arguments, rows: n})
	return operand{result, scalar, c.at}, err
}

// An application is an operation with its arguments' values.
type application struct {
	call
	arguments []operand
	rows      int // of the result
}

// nulls returns the rows in which any argument is null; nil when none is.
func (a application) nulls() []bool {
	var result []bool
	for _, argument := range a.arguments {
		if argument.null == nil {
			continue
		}
		if result == nil {
			result = make([]bool, a.rows)
		}
		for i := range result {
			result[i] = result[i] || argument.null[argument.row(i)]
		}
	}
	return result
}

// row returns which row of the operand stands for row i of the result.
func (o operand) row(i int) int {
	if o.scalar {
		return 0
	}
	return i
}

// result returns c, whose values nobody else uses, null wherever an argument is.
func (a application) result(c *Column) *Column {
	for i, isNull := range a.nulls() {
		if isNull {
			c.setNull(i)
		}
	}
	return c
}

// zip computes f for each row; slices of one value stand for as many as needed.
func zip[A, B, R any](n int, as []A, bs []B, f func(A, B) R) []R {
	out := make([]R, n)
	maskA, maskB := broadcast(as), broadcast(bs)
	parallel(n, func(low, high int) {
		for i := low; i < high; i++ {
			out[i] = f(as[i&maskA], bs[i&maskB])
		}
	})
	return out
}

// broadcast returns a mask that keeps a row number, or makes it 0 where there
// is one value for all rows.
func broadcast[T any](values []T) int {
	if len(values) == 1 {
		return 0
	}
	return -1
}

// mapped computes f for each value.
func mapped[A, R any](values []A, f func(A) R) []R {
	out := make([]R, len(values))
	parallel(len(values), func(low, high int) {
		for i := low; i < high; i++ {
			out[i] = f(values[i])
		}
	})
	return out
}

// mappedStrings computes f for each string, or once for each entry of the
// dictionary when that is less work.
func mappedStrings[R any](c *Column, f func(string) R) []R {
	if len(c.dict) == 0 || len(c.dict) > c.Len() {
		out := make([]R, c.Len())
		for i := range out {
			out[i] = f(c.text(i))
		}
		return out
	}
	return gather(mapped(c.dict, f), c.codes)
}

// texts returns the strings by row, for reading only.
func (c *Column) texts() []string {
	return mappedStrings(c, func(s string) string { return s })
}

// integers returns the values of an int64 or bool column, for reading only.
func (c *Column) integers() []int64 {
	if c.kind == Int {
		return c.ints
	}
	return mapped(c.bools, func(v bool) int64 {
		if v {
			return 1
		}
		return 0
	})
}

// want returns an error that points at the first argument whose kind is not
// among the given ones.
func (a application) want(what string, kinds ...Kind) error {
	for _, argument := range a.arguments {
		if !slices.Contains(kinds, argument.kind) {
			return wrong(argument.at, "%s needs %s, this is %s", a.operation, what, argument.kind)
		}
	}
	return nil
}

// isFloat reports whether any argument is a float64.
func (a application) isFloat() bool {
	return slices.ContainsFunc(a.arguments, func(o operand) bool { return o.kind == Float })
}
