package jinja

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// path leads from an element to one of its attributes, as in
// map(attribute='a.b').
type path []any

func attributePath(attribute any) (path, error) {
	switch a := attribute.(type) {
	case nil:
		return nil, nil
	case string:
		var p path
		for _, part := range strings.Split(a, ".") {
			if n, err := strconv.ParseInt(part, 10, 64); err == nil && each(part, isDigit) {
				p = append(p, n)
			} else {
				p = append(p, part)
			}
		}
		return p, nil
	case int64, bool, float64:
		return path{a}, nil
	}
	return nil, fmt.Errorf("an attribute cannot be a %s", typeName(attribute))
}

// of follows the path; fallback, if it is not nil, stands for what is
// undefined on it.
func (p path) of(v, fallback any) (any, error) {
	for _, part := range p {
		var err error
		if v, err = getItem(v, part); err != nil {
			return nil, err
		}
		if _, no := v.(undefined); no && fallback != nil {
			v = fallback
		}
	}
	return v, nil
}

// mapped is map('filter', ...) and map(attribute=..., default=...).
func mapped(f *frame, v any, c *called) (any, error) {
	all, err := elements(v)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(all))
	if len(c.positional) == 0 {
		a, err := c.bind("the filter map", "attribute default=")
		if err != nil {
			return nil, err
		}
		p, err := attributePath(a[0])
		if err != nil {
			return nil, err
		}
		for i, e := range all {
			if out[i], err = p.of(e, or(a[1], nil)); err != nil {
				return nil, err
			}
		}
		return generator(out), nil
	}
	name, ok := c.positional[0].(string)
	if !ok {
		return nil, errors.New("map: want the name of a filter")
	}
	for i, e := range all {
		if out[i], err = applyFilter(f, name, e, &called{c.positional[1:], c.keywords}); err != nil {
			return nil, err
		}
	}
	return generator(out), nil
}

// chosen is select, reject, and both with an attribute.
func chosen(v any, c *called, want, attribute bool) (any, error) {
	if !truth(v) {
		return generator(nil), nil
	}
	all, err := elements(v)
	if err != nil {
		return nil, err
	}
	rest := c.positional
	var p path
	if attribute {
		if len(rest) == 0 {
			return nil, errors.New("selectattr and rejectattr want an attribute")
		}
		if p, err = attributePath(rest[0]); err != nil {
			return nil, err
		}
		rest = rest[1:]
	}
	var out []any
	for _, e := range all {
		holds, err := p.of(e, nil)
		if err != nil {
			return nil, err
		}
		if len(rest) > 0 {
			name, ok := rest[0].(string)
			if !ok {
				return nil, errors.New("want the name of a test")
			}
			if holds, err = applyTest(name, holds, &called{rest[1:], c.keywords}); err != nil {
				return nil, err
			}
		}
		if truth(holds) == want {
			out = append(out, e)
		}
	}
	return generator(out), nil
}
