package jinja

import (
	"fmt"
	"slices"
	"strings"
)

// called are the arguments of a call.
type called struct {
	positional []any
	keywords   *Dict
}

// evalAfter is the value of what is called, tested or filtered, and then the arguments.
func (n *arguments) evalAfter(f *frame, of expression) (any, *called, error) {
	v, err := of.eval(f)
	if err != nil {
		return nil, nil, err
	}
	c, err := n.eval(f)
	return v, c, err
}

func (n *arguments) eval(f *frame) (*called, error) {
	positional, err := evalAll(f, n.positional)
	if err != nil {
		return nil, err
	}
	c := &called{positional, NewDict()}
	for _, k := range n.keywords {
		v, err := k.value.eval(f)
		if err != nil {
			return nil, err
		}
		c.keywords.SetText(k.name, v)
	}
	if n.list != nil {
		v, err := n.list.eval(f)
		if err != nil {
			return nil, err
		}
		more, err := elements(v)
		if err != nil {
			return nil, err
		}
		c.positional = append(c.positional, more...)
	}
	if n.dict != nil {
		v, err := n.dict.eval(f)
		if err != nil {
			return nil, err
		}
		d, ok := v.(*Dict)
		if !ok {
			return nil, fmt.Errorf("want a dict behind **, not a %s", typeName(v))
		}
		for i, key := range d.keys {
			name, ok := key.(string)
			if _, twice, _ := c.keywords.get(key); !ok || twice {
				return nil, fmt.Errorf("the argument %v behind ** is not a name, or given twice", key)
			}
			c.keywords.SetText(name, d.values[i])
		}
	}
	return c, nil
}

// absent stands for an argument that was not given.
type absent struct{}

// bind puts arguments in the order of parameters: "value width=" takes one
// that must be given and one that need not, "*" any number by position. After
// "/" none can be given by name.
func (c *called) bind(what, params string) ([]any, error) {
	if params == "*" {
		if len(c.keywords.keys) > 0 {
			return nil, fmt.Errorf("%s takes no argument of the name %v", what, c.keywords.keys[0])
		}
		return c.positional, nil
	}
	params, unnamed := strings.CutPrefix(params, "/")
	if unnamed && len(c.keywords.keys) > 0 {
		return nil, fmt.Errorf("%s takes its arguments by position, not by name", what)
	}
	names := strings.Fields(params)
	if len(c.positional) > len(names) {
		return nil, fmt.Errorf("%s takes %d arguments, not %d", what, len(names), len(c.positional))
	}
	out := slices.Clone(c.positional)
	used := 0
	for i, param := range names {
		name, optional := strings.CutSuffix(param, "=")
		v, ok, _ := c.keywords.get(name)
		if ok {
			used++
		}
		switch {
		case ok && i < len(out):
			return nil, fmt.Errorf("%s: the argument %s is given twice", what, name)
		case ok:
			out = append(out, v)
		case i < len(out):
		case optional:
			out = append(out, absent{})
		default:
			return nil, fmt.Errorf("%s: the argument %s is missing", what, name)
		}
	}
	if used < len(c.keywords.keys) {
		for _, key := range c.keywords.keys {
			if !slices.Contains(names, key.(string)) && !slices.Contains(names, key.(string)+"=") {
				return nil, fmt.Errorf("%s takes no argument of the name %v", what, key)
			}
		}
	}
	return out, nil
}

// or is an argument, or a default where it was not given.
func or(v, fallback any) any {
	if _, ok := v.(absent); ok {
		return fallback
	}
	return v
}

func callValue(f *frame, v any, c *called) (any, error) {
	switch v := v.(type) {
	case *Func:
		if v.raw != nil {
			return v.raw(f, c)
		}
		a, err := c.bind(v.Name, v.Params)
		if err != nil {
			return nil, err
		}
		return v.Call(a)
	case *macroValue:
		return v.call(f, c)
	case *loop:
		a, err := c.bind("loop", "iterable")
		if err != nil {
			return nil, err
		}
		if v.again == nil {
			return nil, fmt.Errorf("loop(...) needs a for tag that ends with recursive")
		}
		return v.again(a[0])
	case undefined:
		return nil, v.fail()
	}
	return nil, fmt.Errorf("a %s cannot be called", typeName(v))
}

// macroValue is a macro where it was defined.
type macroValue struct {
	*macro
	home *frame
}

func (m *macroValue) call(f *frame, c *called) (any, error) {
	shallower, err := f.deeper()
	if err != nil {
		return nil, err
	}
	defer shallower()
	inner := m.home.inner(m.hidden...)
	rest := NewDict()
	for i, key := range c.keywords.keys {
		rest.SetText(key.(string), c.keywords.values[i])
	}
	take := func(name string) (any, bool) {
		v, ok, _ := rest.get(name)
		if ok {
			rest = rest.without(name)
		}
		return v, ok
	}
	for i, p := range m.params {
		v, ok := any(nil), i < len(c.positional)
		if ok {
			v = c.positional[i]
		} else {
			v, ok = take(p.name)
		}
		if !ok && p.fallback != nil {
			if v, err = p.fallback.eval(inner); err != nil {
				return nil, at(m.line, err)
			}
			ok = true
		}
		if !ok {
			v = undefined{fmt.Sprintf("the parameter %s of the macro %s, which was not given,", p.name, m.name)}
		}
		inner.names[p.name] = v
	}
	if m.caller {
		v, ok := take("caller")
		if !ok || v == nil {
			v = undefined{"caller, as the macro was not called by a call tag,"}
		}
		inner.names["caller"] = v
	}
	if m.kwargs {
		inner.names["kwargs"] = rest
	} else if len(rest.keys) > 0 {
		return nil, fmt.Errorf("the macro %s takes no argument of the name %v", m.name, rest.keys[0])
	}
	more := c.positional[min(len(m.params), len(c.positional)):]
	if m.varargs {
		inner.names["varargs"] = &List{Items: more, kind: tuple}
	} else if len(more) > 0 {
		return nil, fmt.Errorf("the macro %s takes %d arguments at most, not %d", m.name, len(m.params), len(c.positional))
	}
	return m.body.text(inner)
}

// without is a copy that lacks a key.
func (d *Dict) without(name string) *Dict {
	out := NewDict()
	for i, key := range d.keys {
		if key != any(name) {
			out.SetText(key.(string), d.values[i])
		}
	}
	return out
}
