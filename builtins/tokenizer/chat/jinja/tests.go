package jinja

import (
	"errors"
	"fmt"
)

// unsupportedTests are Jinja2's that are refused where they are reached.
var unsupportedTests = map[string]bool{"escaped": true}

func applyTest(name string, v any, c *called) (any, error) {
	t, ok := testTable[name]
	if !ok {
		return nil, fmt.Errorf("the test %s is not supported", name)
	}
	a, err := c.bind("the test "+name, t.params)
	if err != nil {
		return nil, err
	}
	return t.call(append([]any{v}, a...))
}

func is[T any](a []any) (any, error) {
	_, ok := a[0].(T)
	return ok, nil
}

// relation is a test that compares.
func relation(op string) builtin {
	return builtin{"other", func(a []any) (any, error) { return compared(op, a[0], a[1]) }}
}

// rest tests the rest of a division.
func rest(want int64) func(a []any) (any, error) {
	return func(a []any) (any, error) {
		by := any(int64(2))
		if len(a) > 1 {
			by = a[1]
		}
		if _, text := a[0].(string); text {
			return nil, errors.New("a text has no rest of a division")
		}
		r, err := arithmetic("%", a[0], by)
		if err != nil {
			return nil, err
		}
		return equal(r, want)
	}
}

var testTable map[string]builtin

func init() {
	testTable = map[string]builtin{
		"defined": {"", func(a []any) (any, error) {
			_, no := a[0].(undefined)
			return !no, nil
		}},
		"undefined": {"", is[undefined]},
		"none":      {"", func(a []any) (any, error) { return a[0] == nil, nil }},
		"boolean":   {"", is[bool]},
		"true":      {"", func(a []any) (any, error) { return a[0] == any(true), nil }},
		"false":     {"", func(a []any) (any, error) { return a[0] == any(false), nil }},
		"integer":   {"", is[int64]},
		"float":     {"", is[float64]},
		"number": {"", func(a []any) (any, error) {
			_, ok := number(a[0])
			return ok, nil
		}},
		"string": {"", func(a []any) (any, error) {
			_, text := a[0].(string)
			_, safe := a[0].(markup)
			return text || safe, nil
		}},
		"mapping": {"", is[*Dict]},
		"iterable": {"", func(a []any) (any, error) {
			switch a[0].(type) {
			case string, markup, *List, *Dict, *ranges, *iterator, undefined, *loop:
				return true, nil
			}
			return false, nil
		}},
		"sequence": {"", func(a []any) (any, error) {
			switch v := a[0].(type) {
			case string, markup, *Dict, *ranges:
				return true, nil
			case *List:
				return v.kind <= tuple, nil
			case undefined:
				return nil, v.fail()
			}
			return false, nil
		}},
		"callable": {"", func(a []any) (any, error) {
			switch a[0].(type) {
			case *Func, *macroValue, *loop, undefined:
				return true, nil
			}
			return false, nil
		}},
		"upper": {"", cased(isUpper)},
		"lower": {"", cased(isLower)},
		"in":    relation("in"),
		"sameas": {"other", func(a []any) (any, error) {
			for i := range a { // what else is the same object is CPython's matter
				if _, isBool := a[i].(bool); isBool || a[i] == nil {
					return a[0] == a[1], nil
				}
			}
			return nil, errors.New("sameas is supported for none, true and false: use ==")
		}},
		"odd":         {"", rest(1)},
		"even":        {"", rest(0)},
		"divisibleby": {"num", rest(0)},
		"filter":      {"", known(func(name string) bool { return filterTable[name].call != nil || unsupportedFilters[name] })},
		"test":        {"", known(func(name string) bool { return testTable[name].call != nil || unsupportedTests[name] })},
	}
	for name, op := range map[string]string{
		"==": "==", "eq": "==", "equalto": "==", "!=": "!=", "ne": "!=", ">": ">", "gt": ">", "greaterthan": ">",
		">=": ">=", "ge": ">=", "<": "<", "lt": "<", "lessthan": "<", "<=": "<=", "le": "<=",
	} {
		testTable[name] = relation(op)
	}
}

func cased(is func(rune) bool) func(a []any) (any, error) {
	return func(a []any) (any, error) {
		s, err := str(a[0])
		return onlyCase(s, is), err
	}
}

func known(is func(name string) bool) func(a []any) (any, error) {
	return func(a []any) (any, error) {
		if _, err := hash(a[0]); err != nil {
			return nil, err
		}
		name, ok := a[0].(string)
		return ok && is(name), nil
	}
}
