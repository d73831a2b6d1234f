package jinja

import (
	"errors"
	"fmt"
	"strings"
)

// mostRange is how many elements the sandbox lets a range have.
const mostRange = 100_000

// globals are what every template can call. transformers adds raise_exception
// and strftime_now, which the caller of Render does here.
var globals = &scope{names: map[string]any{
	"range": &Func{Name: "range", Params: "*", Call: newRange},
	"dict":  &Func{Name: "dict", raw: func(_ *frame, c *called) (any, error) { return c.newDict("dict") }},
	"namespace": &Func{Name: "namespace", raw: func(_ *frame, c *called) (any, error) {
		d, err := c.newDict("namespace")
		if err != nil {
			return nil, err
		}
		for _, key := range d.keys {
			name, ok := key.(string)
			if !ok || strings.HasPrefix(name, "_") {
				return nil, fmt.Errorf("%v cannot be a name of a namespace", key)
			}
		}
		return &namespace{d}, nil
	}},
	"joiner": &Func{Name: "joiner", Params: "sep=", Call: func(a []any) (any, error) {
		used := false
		return &Func{Name: "joiner", Call: func([]any) (any, error) {
			if !used {
				used = true
				return "", nil
			}
			return or(a[0], ", "), nil
		}}, nil
	}},
	"cycler": &Func{Name: "cycler", Params: "*", Call: func(a []any) (any, error) {
		if len(a) == 0 {
			return nil, errors.New("cycler: no values")
		}
		return &cycler{values: a}, nil
	}},
	"lipsum": &Func{Name: "lipsum", Params: "*", Call: func([]any) (any, error) {
		return nil, errors.New("lipsum is not supported")
	}},
}}

// newDict is dict(value, name=...).
func (c *called) newDict(what string) (*Dict, error) {
	if len(c.positional) > 1 {
		return nil, fmt.Errorf("%s takes one value beside names", what)
	}
	d := NewDict()
	for _, from := range append(c.positional, c.keywords) {
		if err := d.update(from); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func newRange(a []any) (any, error) {
	var n [3]int64
	for i := range min(len(a), 3) {
		var err error
		if n[i], err = integerOf(a[i]); err != nil {
			return nil, fmt.Errorf("range: %w", err)
		}
	}
	r := &ranges{n[0], n[1], n[2]}
	switch len(a) {
	case 1:
		r = &ranges{0, n[0], 1}
	case 2:
		r.step = 1
	case 3:
	default:
		return nil, errors.New("range takes 1 to 3 integers")
	}
	const far = 1 << 60
	if r.step == 0 || r.start > far || r.start < -far || r.stop > far || r.stop < -far || r.step > far || r.step < -far {
		return nil, errors.New("range: a step of 0, or bounds that are too large")
	}
	if r.len() > mostRange {
		return nil, fmt.Errorf("range: more than %d elements", mostRange)
	}
	return r, nil
}

// cycler goes round its values.
type cycler struct {
	values []any
	at     int
}

func (c *cycler) attribute(name string) (any, error) {
	switch name {
	case "current":
		return c.values[c.at], nil
	case "next":
		return &Func{Name: name, Call: func([]any) (any, error) {
			v := c.values[c.at]
			c.at = (c.at + 1) % len(c.values)
			return v, nil
		}}, nil
	case "reset":
		return &Func{Name: name, Call: func([]any) (any, error) {
			c.at = 0
			return nil, nil
		}}, nil
	}
	return nil, fmt.Errorf("the attribute %s of a cycler is not supported", name)
}
