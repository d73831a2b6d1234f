package jinja

import (
	"errors"
	"fmt"
	"strings"
)

func (b body) exec(f *frame, out *strings.Builder) (signal, error) {
	for _, s := range b {
		if err := f.step(); err != nil {
			return proceed, err
		}
		if sig, err := s.exec(f, out); sig != proceed || err != nil {
			return sig, err
		}
	}
	return proceed, nil
}

// text is what a body writes.
func (b body) text(f *frame) (string, error) {
	var out strings.Builder
	_, err := b.exec(f, &out)
	return out.String(), err
}

func write(out *strings.Builder, s string) error {
	if out.Len()+len(s) > mostText {
		return fmt.Errorf("the template writes more than %d MiB", mostText>>20)
	}
	out.WriteString(s)
	return nil
}

func (n *dataText) exec(_ *frame, out *strings.Builder) (signal, error) {
	return proceed, write(out, n.text)
}

func (n *output) exec(f *frame, out *strings.Builder) (signal, error) {
	v, err := n.of.eval(f)
	if err != nil {
		return proceed, at(n.line, err)
	}
	return proceed, at(n.line, show(out, v))
}

// show writes a value as a template prints it.
func show(out *strings.Builder, v any) error {
	s, err := str(v)
	if err != nil {
		return err
	}
	return write(out, s)
}

func (n *ifElse) exec(f *frame, out *strings.Builder) (signal, error) {
	for _, b := range n.branches {
		if b.test != nil {
			v, err := b.test.eval(f)
			if err != nil {
				return proceed, at(b.line, err)
			}
			if !truth(v) {
				continue
			}
		}
		return b.body.exec(f, out)
	}
	return proceed, nil
}

func (n *set) exec(f *frame, _ *strings.Builder) (signal, error) {
	v, err := n.value.eval(f)
	if err != nil {
		return proceed, at(n.line, err)
	}
	return proceed, at(n.line, n.target.assign(f, v))
}

func (n *setBlock) exec(f *frame, _ *strings.Builder) (signal, error) {
	v, err := n.value(f)
	if err != nil {
		return proceed, err
	}
	return proceed, at(n.line, n.target.assign(f, v))
}

func (n *filterBlock) exec(f *frame, out *strings.Builder) (signal, error) {
	v, err := n.value(f)
	if err != nil {
		return proceed, err
	}
	return proceed, at(n.line, show(out, v))
}

// value is the block's text, through its filters.
func (n *filtered) value(f *frame) (any, error) {
	s, err := n.body.text(f.inner(n.hidden...))
	if err != nil {
		return nil, err
	}
	v, err := throughFilters(f, n.filters, s)
	return v, at(n.line, err)
}

// throughFilters applies filters whose innermost has no operand.
func throughFilters(f *frame, filters expression, v any) (any, error) {
	n, ok := filters.(*filter)
	if !ok {
		return v, nil
	}
	v, err := throughFilters(f, n.of, v)
	if err != nil {
		return nil, err
	}
	return (&filter{&literal{v}, n.name, n.args}).eval(f)
}

func (n *with) exec(f *frame, out *strings.Builder) (signal, error) {
	values, err := evalAll(f, n.values)
	if err != nil {
		return proceed, at(n.line, err)
	}
	inner := f.inner(n.hidden...)
	for i, t := range n.targets {
		if err := t.assign(inner, values[i]); err != nil {
			return proceed, at(n.line, err)
		}
	}
	return n.body.exec(inner, out)
}

func (n *scoped) exec(f *frame, out *strings.Builder) (signal, error) {
	return n.body.exec(f.inner(n.hidden...), out)
}

func (n *jump) exec(*frame, *strings.Builder) (signal, error) { return n.signal, nil }

func (n *macro) exec(f *frame, _ *strings.Builder) (signal, error) {
	f.names[n.name] = &macroValue{n, f}
	return proceed, nil
}

func (n *callBlock) exec(f *frame, out *strings.Builder) (signal, error) {
	v, err := n.call.with(f, &macroValue{n.caller, f})
	if err != nil {
		return proceed, at(n.line, err)
	}
	return proceed, at(n.line, show(out, v))
}

// assign gives the target a value.
func (t *target) assign(f *frame, v any) error {
	switch {
	case t.several != nil:
		parts, err := elements(v)
		if err != nil {
			return err
		}
		if len(parts) != len(t.several) {
			return fmt.Errorf("%d values for %d names", len(parts), len(t.several))
		}
		for i := range t.several {
			if err := t.several[i].assign(f, parts[i]); err != nil {
				return err
			}
		}
		return nil
	case t.attr != "":
		of, _ := f.get(t.name)
		ns, ok := of.(*namespace)
		if !ok {
			return fmt.Errorf("%s is not a namespace, so %s.%s cannot be set", t.name, t.name, t.attr)
		}
		return ns.set(t.attr, v)
	}
	f.names[t.name] = v
	return nil
}

func (ns *namespace) set(name string, v any) error {
	if strings.HasPrefix(name, "_") {
		return errors.New("a name of a namespace cannot begin with an underscore")
	}
	ns.fields.SetText(name, v)
	return nil
}
