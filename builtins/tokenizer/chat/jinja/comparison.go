package jinja

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
)

// compareNumbers orders numbers by their exact values. Nothing is ordered
// beside NaN.
func compareNumbers(a, b any) (order int, ordered bool) {
	i, iok := a.(int64)
	j, jok := b.(int64)
	if iok && jok {
		return cmp.Compare(i, j), true
	}
	if math.IsNaN(toFloat(a)) || math.IsNaN(toFloat(b)) {
		return 0, false
	}
	exactly := func(n any) *big.Float {
		if i, ok := n.(int64); ok {
			return new(big.Float).SetInt64(i)
		}
		return new(big.Float).SetFloat64(n.(float64))
	}
	return exactly(a).Cmp(exactly(b)), true
}

// equal is Python's ==.
func equal(a, b any) (bool, error) {
	left := mostItems
	return equalWithin(a, b, &left)
}

// equalWithin compares no more than left elements: lists that hold each other
// twice over have more than can be counted.
func equalWithin(a, b any, left *int) (bool, error) {
	if *left--; *left < 0 {
		return false, errors.New("too many elements to compare")
	}
	x, xok := number(a)
	y, yok := number(b)
	if xok && yok {
		order, ordered := compareNumbers(x, y)
		return ordered && order == 0, nil
	}
	switch a := a.(type) {
	case nil:
		return b == nil, nil
	case string:
		s, ok := b.(string)
		if m, safe := b.(markup); safe {
			s, ok = string(m), true
		}
		return ok && a == s, nil
	case markup:
		return equalWithin(string(a), b, left)
	case undefined:
		_, ok := b.(undefined)
		return ok, nil
	case *List:
		b, ok := b.(*List)
		if !ok || a == b {
			return ok, nil
		}
		if a.kind > tuple || b.kind > tuple {
			return false, fmt.Errorf("a %s beside a %s is not supported: compare them | list", a.kind, b.kind)
		}
		if a.kind != b.kind || len(a.Items) != len(b.Items) {
			return false, nil
		}
		for i := range a.Items {
			if same, err := equalWithin(a.Items[i], b.Items[i], left); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	case *Dict:
		b, ok := b.(*Dict)
		if !ok || len(a.keys) != len(b.keys) {
			return false, nil
		}
		for i, key := range a.keys {
			other, ok, err := b.get(key)
			if !ok || err != nil {
				return false, err
			}
			if same, err := equalWithin(a.values[i], other, left); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	case *ranges:
		b, ok := b.(*ranges)
		return ok && a.len() == b.len() && (a.len() == 0 || a.start == b.start && (a.len() == 1 || a.step == b.step)), nil
	case *namespace, *iterator, *loop, *macroValue:
		return a == b, nil
	}
	if typeName(a) == "function" && typeName(b) == "function" {
		return false, errors.New("functions cannot be compared here")
	}
	return false, nil
}

// order compares as Python's <, which only some types know: less is true
// where a is less than b, and same where neither is less for being equal.
func order(a, b any) (less, same bool, err error) {
	for _, v := range []any{a, b} {
		if u, ok := v.(undefined); ok {
			return false, false, u.fail()
		}
	}
	x, xok := number(a)
	y, yok := number(b)
	if xok && yok {
		o, ordered := compareNumbers(x, y)
		return ordered && o < 0, ordered && o == 0, nil
	}
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return a < b, a == b, nil // UTF-8 orders as code points do
		}
	case *List:
		b, ok := b.(*List)
		if !ok || a.kind != b.kind || a.kind > tuple {
			break
		}
		for i := range min(len(a.Items), len(b.Items)) {
			same, err := equal(a.Items[i], b.Items[i])
			if err != nil {
				return false, false, err
			}
			if !same {
				return order(a.Items[i], b.Items[i])
			}
		}
		return len(a.Items) < len(b.Items), len(a.Items) == len(b.Items), nil
	}
	return false, false, fmt.Errorf("a %s and a %s have no order", typeName(a), typeName(b))
}

// compared is one comparison of a chain.
func compared(op string, a, b any) (bool, error) {
	switch op {
	case "==", "!=":
		same, err := equal(a, b)
		return same == (op == "=="), err
	case "in", "not in":
		found, err := contains(b, a)
		return found == (op == "in"), err
	case ">", ">=":
		less, same, err := order(b, a)
		return less || same && op == ">=", err
	}
	less, same, err := order(a, b)
	return less || same && op == "<=", err
}

// hashable refuses what Python cannot look up in a view of a dict.
func (l *List) hashable(v any) error {
	if pair, ok := v.(*List); ok && l.kind == itemsView && pair.kind == tuple && len(pair.Items) == 2 {
		v = pair.Items[0]
	} else if l.kind != keysView {
		return nil
	}
	_, err := hash(v)
	return err
}

// contains is Python's in.
func contains(in, v any) (bool, error) {
	switch in := in.(type) {
	case string:
		s, ok := v.(string)
		if !ok {
			return false, fmt.Errorf("a %s cannot be in a text", typeName(v))
		}
		return strings.Contains(in, s), nil
	case *Dict:
		_, ok, err := in.get(v)
		return ok, err
	case *List:
		if err := in.hashable(v); err != nil {
			return false, err
		}
		for _, e := range in.Items {
			if same, err := equal(e, v); same || err != nil {
				return same, err
			}
		}
		return false, nil
	case *ranges, undefined:
		all, err := elements(in)
		if err != nil {
			return false, err
		}
		return contains(&List{Items: all}, v)
	}
	return false, fmt.Errorf("in is not supported for a %s", typeName(in))
}
