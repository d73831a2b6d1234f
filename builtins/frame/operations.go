package frame

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// An operation is what a call in an expression applies.
type operation struct {
	least, most int // arguments
	apply       func(application) (*Column, error)
}

func (o operation) arity() string {
	switch {
	case o.least == o.most && o.least == 1:
		return "1 argument"
	case o.least == o.most:
		return fmt.Sprintf("%d arguments", o.least)
	default:
		return fmt.Sprintf("%d to %d arguments", o.least, o.most)
	}
}

// operations holds operators and functions by name.
var operations map[string]operation

func init() {
	operations = map[string]operation{
		"or": {2, 2, either}, "and": {2, 2, both}, "not": {1, 1, not},
		"==": {2, 2, comparing(equal[string], equal[float64], equal[int64])},
		"!=": {2, 2, comparing(unequal[string], unequal[float64], unequal[int64])},
		"<":  {2, 2, comparing(less[string], less[float64], less[int64])},
		"<=": {2, 2, comparing(atMost[string], atMost[float64], atMost[int64])},
		">":  {2, 2, comparing(greater[string], greater[float64], greater[int64])},
		">=": {2, 2, comparing(atLeast[string], atLeast[float64], atLeast[int64])},
		"in": {2, math.MaxInt, in}, "is null": {1, 1, isNull},
		"contains":   {2, 2, matching(strings.Contains)},
		"startswith": {2, 2, matching(strings.HasPrefix)},
		"endswith":   {2, 2, matching(strings.HasSuffix)},
		"+":          {2, 2, plus},
		"-":          {2, 2, arithmetic(subtractInts, func(a, b float64) float64 { return a - b })},
		"*":          {2, 2, arithmetic(multiplyInts, func(a, b float64) float64 { return a * b })},
		"/":          {2, 2, divide},
		"%":          {2, 2, arithmetic(remainder, math.Mod)},
		"negate":     {1, 1, negate},
		"abs":        {1, 1, absolute},
		"min":        {2, 2, arithmetic(func(a, b int64) (int64, bool) { return min(a, b), true }, math.Min)},
		"max":        {2, 2, arithmetic(func(a, b int64) (int64, bool) { return max(a, b), true }, math.Max)},
		"ceil":       {1, 1, function(math.Ceil)},
		"exp":        {1, 1, function(math.Exp)},
		"floor":      {1, 1, function(math.Floor)},
		"log":        {1, 1, function(math.Log)},
		"log10":      {1, 1, function(math.Log10)},
		"sqrt":       {1, 1, function(math.Sqrt)},
		"float":      {1, 1, function(func(v float64) float64 { return v })},
		"isnan":      {1, 1, isNaN},
		"round":      {1, 2, round},
		"int":        {1, 1, toInt},
		"if":         {3, 3, choose},
		"len":        {1, 1, length},
		"lower":      {1, 1, texting(strings.ToLower)},
		"upper":      {1, 1, texting(strings.ToUpper)},
	}
}

// functionNames lists what is written as a call.
func functionNames() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		if isFunction(name) {
			names = append(names, name)
		}
	}
	return names
}

// isFunction reports whether name(...) is a call.
func isFunction(name string) bool {
	switch name {
	case "and", "or", "not", "in", "is null", "negate":
		return false
	}
	_, known := operations[name]
	return known && isNameRune(rune(name[0]))
}

func both(a application) (*Column, error) {
	if err := a.want("conditions", Bool); err != nil {
		return nil, err
	}
	x, y := a.arguments[0], a.arguments[1]
	result := &Column{kind: Bool, bools: zip(a.rows, x.bools, y.bools, func(x, y bool) bool { return x && y })}
	if x.null == nil && y.null == nil {
		return result, nil
	}
	for i := range a.rows {
		xNull, yNull := x.IsNull(x.row(i)), y.IsNull(y.row(i))
		xFalse, yFalse := !xNull && !x.bools[x.row(i)], !yNull && !y.bools[y.row(i)]
		if (xNull || yNull) && !xFalse && !yFalse {
			result.setNull(i)
		}
	}
	return result, nil
}

// either is both, by De Morgan's laws, which hold with nulls too.
func either(a application) (*Column, error) {
	if err := a.want("conditions", Bool); err != nil {
		return nil, err
	}
	negated := slices.Clone(a.arguments)
	for i, argument := range a.arguments {
		negated[i].Column = inverse(argument.Column)
	}
	a.arguments = negated
	result, err := both(a)
	if err != nil {
		return nil, err
	}
	return inverse(result), nil
}

func not(a application) (*Column, error) {
	if err := a.want("a condition", Bool); err != nil {
		return nil, err
	}
	return inverse(a.arguments[0].Column), nil
}

func inverse(c *Column) *Column {
	bools := mapped(c.bools, func(v bool) bool { return !v })
	for i, isNull := range c.null {
		if isNull {
			bools[i] = false
		}
	}
	return &Column{kind: Bool, bools: bools, null: c.null}
}

func isNull(a application) (*Column, error) {
	c := blank("", Bool, a.rows)
	for i := range c.bools {
		c.bools[i] = a.arguments[0].IsNull(i)
	}
	return c, nil
}

func isNaN(a application) (*Column, error) {
	if err := a.want("a number", Float, Int, Bool); err != nil {
		return nil, err
	}
	return a.result(&Column{kind: Bool, bools: mapped(a.arguments[0].numbers(), math.IsNaN)}), nil
}

// in is true where the first argument equals one of the others.
func in(a application) (*Column, error) {
	equal := operations["=="].apply
	found := &Column{kind: Bool, bools: make([]bool, a.rows)}
	for _, item := range a.arguments[1:] {
		rows := a.rows
		if a.arguments[0].scalar && item.scalar {
			rows = 1
		}
		same, err := equal(application{call{a.at, "in", nil}, []operand{a.arguments[0], item}, rows})
		if err != nil {
			return nil, err
		}
		same = operand{same, rows != a.rows, a.at}.spread(a.rows)
		found, err = either(application{a.call, []operand{{Column: found}, {Column: same}}, a.rows})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func equal[T cmp.Ordered](a, b T) bool   { return a == b }
func unequal[T cmp.Ordered](a, b T) bool { return a != b }
func less[T cmp.Ordered](a, b T) bool    { return a < b }
func atMost[T cmp.Ordered](a, b T) bool  { return a <= b }
func greater[T cmp.Ordered](a, b T) bool { return a > b }
func atLeast[T cmp.Ordered](a, b T) bool { return a >= b }

// comparing returns the operation of one comparison, given for each type.
func comparing(texts func(a, b string) bool, floats func(a, b float64) bool, ints func(a, b int64) bool) func(application) (*Column, error) {
	return func(a application) (*Column, error) {
		x, y := a.arguments[0], a.arguments[1]
		if (x.kind == String) != (y.kind == String) {
			return nil, wrong(a.at, "%s cannot compare %s with %s", a.operation, x.kind, y.kind)
		}
		result := &Column{kind: Bool}
		switch {
		case x.kind == String && y.scalar:
			other := y.text(0)
			result.bools = mappedStrings(x.Column, func(s string) bool { return texts(s, other) })
		case x.kind == String:
			result.bools = zip(a.rows, x.texts(), y.texts(), texts)
		case a.isFloat():
			result.bools = zip(a.rows, x.numbers(), y.numbers(), floats)
		default:
			result.bools = zip(a.rows, x.integers(), y.integers(), ints)
		}
		return a.result(result), nil
	}
}

func matching(test func(s, part string) bool) func(application) (*Column, error) {
	return func(a application) (*Column, error) {
		if err := a.want("strings", String); err != nil {
			return nil, err
		}
		x, y := a.arguments[0], a.arguments[1]
		result := &Column{kind: Bool}
		if y.scalar {
			part := y.text(0)
			result.bools = mappedStrings(x.Column, func(s string) bool { return test(s, part) })
		} else {
			result.bools = zip(a.rows, x.texts(), y.texts(), test)
		}
		return a.result(result), nil
	}
}

// choose is its second argument where the first is true, and the third where
// it is false.
func choose(a application) (*Column, error) {
	condition, yes, no := a.arguments[0], a.arguments[1], a.arguments[2]
	if condition.kind != Bool {
		return nil, wrong(condition.at, "if needs a condition, this is %s", condition.kind)
	}
	kind, ok := commonKind(yes.kind, no.kind)
	if !ok {
		return nil, wrong(a.at, "if needs two values of one kind, these are %s and %s", yes.kind, no.kind)
	}
	parts := make([]*Column, 2)
	for i, value := range []operand{yes, no} {
		var err error
		if parts[i], err = value.as(kind); err != nil {
			return nil, wrong(value.at, "if: %v", err)
		}
	}
	stacked := concatColumns("", parts)
	rows := make([]int32, a.rows)
	for i := range rows {
		switch at := condition.row(i); {
		case condition.IsNull(at):
			rows[i] = -1
		case condition.bools[at]:
			rows[i] = int32(yes.row(i))
		default:
			rows[i] = int32(yes.Len() + no.row(i))
		}
	}
	return stacked.take(rows), nil
}

func length(a application) (*Column, error) {
	if err := a.want("a string", String); err != nil {
		return nil, err
	}
	count := func(s string) int64 { return int64(utf8.RuneCountInString(s)) }
	return a.result(&Column{kind: Int, ints: mappedStrings(a.arguments[0].Column, count)}), nil
}

func texting(f func(string) string) func(application) (*Column, error) {
	return func(a application) (*Column, error) {
		if err := a.want("a string", String); err != nil {
			return nil, err
		}
		return a.result(Strings("", mappedStrings(a.arguments[0].Column, f))), nil
	}
}
