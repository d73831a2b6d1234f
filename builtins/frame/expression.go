package frame

import (
	"fmt"
	"unicode/utf8"
)

// An expression is parsed source text.
type expression interface{ isExpression() }

type literal struct {
	at    int
	value *Column // of one row
}

type reference struct {
	at   int
	name string
}

// A call applies an operator or a function.
type call struct {
	at        int
	operation string
	arguments []expression
}

func (literal) isExpression()   {}
func (reference) isExpression() {}
func (call) isExpression()      {}

// An expressionError says what is wrong where in an expression.
type expressionError struct {
	at      int
	message string
}

func (e *expressionError) Error() string { return e.message }

func wrong(at int, format string, arguments ...any) error {
	return &expressionError{at, fmt.Sprintf(format, arguments...)}
}

// in adds the verb, the source and the place, counted in characters from 1.
func (e *expressionError) in(verb, source string) error {
	at := min(e.at, len(source))
	return fmt.Errorf("%s: %s (at character %d of %q)", verb, e.message, utf8.RuneCountInString(source[:at])+1, source)
}

// Where returns the rows for which the predicate, an expression of type bool
// over the columns, is true:
//
//	f.Where(`n >= 20 and (delta < -5 or subject in ("law", "physics"))`)
//
// From the loosest binding to the tightest, expressions know
//
//	or   and   not                    (also ||, &&, !)
//	== != < <= > >=                   (also = and <>)
//	x in (1, 2)   x not in (1, 2)   x is null   x is not null
//	s contains "law"   s startswith "high_"   s endswith "_math"
//	+ - * / %                         (/ is always float64; + joins strings)
//	abs ceil exp float floor if int isnan len log log10 lower max min round sqrt upper
//
// where functions are called as in round(x, 2) and if(condition, a, b). A name
// is a column's; one that is not a word stands in backquotes. Strings stand in
// single or double quotes. Bools count as 0 and 1 in arithmetic. Integers that
// do not fit int64 are an error.
//
// What is computed from a null is null, except that "false and null" is false
// and "true or null" is true; rows whose predicate is null are left out. NaN
// is different from everything, itself included.
func (f *Frame) Where(predicate string) *Frame {
	if f.Err() != nil {
		return f
	}
	f = f.orEmpty()
	mask, err := f.evaluate("where", predicate)
	if err != nil {
		return failed(err)
	}
	if mask.kind != Bool {
		return failed(fmt.Errorf("where: %q is %s, not a condition", predicate, mask.kind))
	}
	rows := make([]int32, 0, f.rows)
	for i, keep := range mask.bools {
		if keep && !mask.IsNull(i) {
			rows = append(rows, int32(i))
		}
	}
	return f.take(rows)
}

// evaluate returns the expression's value as a column without a name, with a
// value for each row.
func (f *Frame) evaluate(verb, source string) (*Column, error) {
	parsed, err := parse(source)
	if err == nil {
		var value operand
		if value, err = (&evaluation{frame: f}).value(parsed); err == nil {
			return value.spread(f.rows), nil
		}
	}
	if place, ok := err.(*expressionError); ok {
		return nil, place.in(verb, source)
	}
	return nil, fmt.Errorf("%s: %w", verb, err)
}
