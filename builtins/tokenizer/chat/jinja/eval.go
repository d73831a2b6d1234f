package jinja

import (
	"errors"
	"fmt"
	"strings"
)

func (n *literal) eval(*frame) (any, error) { return n.value, nil }

func (n *variable) eval(f *frame) (any, error) {
	if v, ok := f.get(n.name); ok {
		return v, nil
	}
	if n.name == "self" {
		return nil, errors.New("self is not supported in a chat template here")
	}
	return undefined{fmt.Sprintf("%q", n.name)}, nil
}

func evalAll(f *frame, all []expression) ([]any, error) {
	out := make([]any, len(all))
	for i, e := range all {
		var err error
		if out[i], err = e.eval(f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (n *listOf) eval(f *frame) (any, error) {
	items, err := evalAll(f, n.items)
	l := &List{Items: items}
	if n.tuple {
		l.kind = tuple
	}
	return l, err
}

func (n *dictOf) eval(f *frame) (any, error) {
	d := NewDict()
	for _, p := range n.pairs {
		both, err := evalAll(f, []expression{p.key, p.value})
		if err != nil {
			return nil, err
		}
		if err := d.set(both[0], both[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (n *attr) eval(f *frame) (any, error) {
	v, err := n.of.eval(f)
	if err != nil {
		return nil, err
	}
	return getAttribute(v, n.name)
}

func (n *item) eval(f *frame) (any, error) {
	both, err := evalAll(f, []expression{n.of, n.key})
	if err != nil {
		return nil, err
	}
	return getItem(both[0], both[1])
}

func (n *slice) eval(f *frame) (any, error) {
	v, err := n.of.eval(f)
	if err != nil {
		return nil, err
	}
	var bounds [3]*int64
	for i, e := range []expression{n.from, n.to, n.step} {
		if e == nil {
			continue
		}
		b, err := e.eval(f)
		if err != nil {
			return nil, err
		}
		if b == nil {
			continue
		}
		at, err := integerOf(b)
		if err != nil {
			return nil, fmt.Errorf("a bound of a slice: %w", err)
		}
		bounds[i] = &at
	}
	return getSlice(v, bounds[0], bounds[1], bounds[2])
}

func (n *negation) eval(f *frame) (any, error) {
	v, err := n.of.eval(f)
	return !truth(v), err
}

func (n *unary) eval(f *frame) (any, error) {
	v, err := n.of.eval(f)
	if err != nil {
		return nil, err
	}
	if u, ok := v.(undefined); ok {
		return nil, u.fail()
	}
	x, ok := number(v)
	if !ok {
		return nil, fmt.Errorf("%s is not defined for a %s", n.op, typeName(v))
	}
	if n.op == "+" {
		return x, nil
	}
	if f, ok := x.(float64); ok {
		return -f, nil
	}
	return integerArithmetic("-", 0, x.(int64))
}

func (n *binary) eval(f *frame) (any, error) {
	both, err := evalAll(f, []expression{n.a, n.b})
	if err != nil {
		return nil, err
	}
	return arithmetic(n.op, both[0], both[1])
}

func (n *logical) eval(f *frame) (any, error) {
	v, err := n.a.eval(f)
	if err != nil || truth(v) == n.or {
		return v, err
	}
	return n.b.eval(f)
}

func (n *concat) eval(f *frame) (any, error) {
	parts, err := evalAll(f, n.parts)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, p := range parts {
		s, err := str(p)
		if err != nil {
			return nil, err
		}
		if err := write(&b, s); err != nil {
			return nil, err
		}
	}
	return b.String(), nil
}

func (n *compare) eval(f *frame) (any, error) {
	a, err := n.first.eval(f)
	if err != nil {
		return nil, err
	}
	for _, c := range n.rest {
		b, err := c.to.eval(f)
		if err != nil {
			return nil, err
		}
		if holds, err := compared(c.op, a, b); !holds || err != nil {
			return false, err
		}
		a = b
	}
	return true, nil
}

func (n *conditional) eval(f *frame) (any, error) {
	v, err := n.test.eval(f)
	switch {
	case err != nil:
		return nil, err
	case truth(v):
		return n.then.eval(f)
	case n.otherwise == nil:
		return undefined{"the value of an if without an else"}, nil
	}
	return n.otherwise.eval(f)
}

func (n *call) eval(f *frame) (any, error) { return n.with(f, nil) }

// with calls with the body of a call block as caller, if there is one.
func (n *call) with(f *frame, caller *macroValue) (any, error) {
	v, c, err := n.args.evalAfter(f, n.of)
	if err != nil {
		return nil, err
	}
	if caller != nil {
		c.keywords.SetText("caller", caller)
	}
	return callValue(f, v, c)
}

func (n *filter) eval(f *frame) (any, error) {
	v, c, err := n.args.evalAfter(f, n.of)
	if err != nil {
		return nil, err
	}
	return applyFilter(f, n.name, v, c)
}

func (n *test) eval(f *frame) (any, error) {
	v, c, err := n.args.evalAfter(f, n.of)
	if err != nil {
		return nil, err
	}
	return applyTest(n.name, v, c)
}
