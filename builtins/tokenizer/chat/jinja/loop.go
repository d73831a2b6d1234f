package jinja

import (
	"errors"
	"strings"
)

// loop is what a for tag goes through, and what templates see as "loop". Like
// Jinja's it reads no element before it must: the condition of the tag may
// depend on what the body did.
type loop struct {
	next    func() (v any, ok bool, err error)
	length  int64 // -1 while unknown
	index   int64
	depth   int64
	current any
	before  any
	after   []any // read ahead
	changed *List // the last arguments of changed

	again func(items any) (any, error) // loop(items) of a recursive loop
}

func (n *forIn) exec(f *frame, out *strings.Builder) (signal, error) {
	items, err := n.items.eval(f)
	if err != nil {
		return proceed, at(n.line, err)
	}
	return proceed, at(n.line, n.run(f, items, 0, out))
}

// run goes through items, at a depth of recursion.
func (n *forIn) run(f *frame, items any, depth int64, out *strings.Builder) error {
	shallower, err := f.deeper()
	if err != nil {
		return err
	}
	defer shallower()
	l, err := n.start(f, items)
	if err != nil {
		return err
	}
	l.depth = depth
	if n.recursive {
		l.again = func(items any) (any, error) {
			var inner strings.Builder
			err := n.run(f, items, depth+1, &inner)
			return inner.String(), err
		}
	}
	whole := false // a body came to its end
	for {
		ok, err := l.advance()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := f.step(); err != nil {
			return err
		}
		inner := f.inner(n.hidden...)
		inner.names["loop"] = l
		if err := n.target.assign(inner, l.current); err != nil {
			return err
		}
		sig, err := n.body.exec(inner, out)
		if err != nil {
			return err
		}
		if sig == breakLoop {
			break
		}
		whole = whole || sig == proceed
	}
	if n.hasElse && !whole { // Jinja's else: also where every body was left by break or continue
		_, err := n.otherwise.exec(f.inner(n.otherwiseHidden...), out)
		return err
	}
	return nil
}

// start prepares a loop before its first element.
func (n *forIn) start(f *frame, items any) (*loop, error) {
	l := &loop{index: -1, length: -1}
	if it, ok := items.(*iterator); ok {
		l.next = func() (any, bool, error) {
			if len(it.items) == 0 {
				return nil, false, nil
			}
			v := it.items[0]
			it.items = it.items[1:]
			return v, true, nil
		}
	} else {
		all, err := elements(items)
		if err != nil {
			return nil, err
		}
		if n.test == nil {
			l.length = int64(len(all))
		}
		l.next = func() (any, bool, error) {
			if len(all) == 0 {
				return nil, false, nil
			}
			v := all[0]
			all = all[1:]
			return v, true, nil
		}
	}
	if n.test == nil {
		return l, nil
	}
	every := l.next
	l.next = func() (any, bool, error) {
		for {
			v, ok, err := every()
			if !ok || err != nil {
				return nil, false, err
			}
			if err := f.step(); err != nil {
				return nil, false, err
			}
			inner := f.inner()
			if err := n.target.assign(inner, v); err != nil {
				return nil, false, err
			}
			holds, err := n.test.eval(inner)
			if err != nil {
				return nil, false, err
			}
			if truth(holds) {
				return v, true, nil
			}
		}
	}
	return l, nil
}

func (l *loop) advance() (bool, error) {
	ok, err := l.peek()
	if !ok || err != nil {
		return false, err
	}
	l.before, l.current, l.after = l.current, l.after[0], l.after[1:]
	l.index++
	return true, nil
}

// peek reads one element ahead.
func (l *loop) peek() (bool, error) {
	if len(l.after) > 0 {
		return true, nil
	}
	v, ok, err := l.next()
	if ok {
		l.after = append(l.after, v)
	}
	return ok, err
}

// count is how many elements there are, for which it may read all.
func (l *loop) count() (int64, error) {
	for l.length < 0 {
		v, ok, err := l.next()
		if err != nil {
			return 0, err
		}
		if ok {
			l.after = append(l.after, v)
		} else {
			l.length = l.index + 1 + int64(len(l.after))
		}
	}
	return l.length, nil
}

// attribute is loop.name.
func (l *loop) attribute(name string) (any, error) {
	switch name {
	case "index":
		return l.index + 1, nil
	case "index0":
		return l.index, nil
	case "first":
		return l.index == 0, nil
	case "depth":
		return l.depth + 1, nil
	case "depth0":
		return l.depth, nil
	case "last":
		more, err := l.peek()
		return !more, err
	case "length":
		return l.count()
	case "revindex":
		n, err := l.count()
		return n - l.index, err
	case "revindex0":
		n, err := l.count()
		return n - l.index - 1, err
	case "previtem":
		if l.index == 0 {
			return undefined{"the item before the first"}, nil
		}
		return l.before, nil
	case "nextitem":
		more, err := l.peek()
		if !more || err != nil {
			return undefined{"the item behind the last"}, err
		}
		return l.after[0], nil
	case "cycle":
		return &Func{Name: "cycle", Params: "*", Call: func(a []any) (any, error) {
			if len(a) == 0 {
				return nil, errors.New("loop.cycle: no values")
			}
			return a[l.index%int64(len(a))], nil
		}}, nil
	case "changed":
		return &Func{Name: "changed", Params: "*", Call: func(a []any) (any, error) {
			now := &List{Items: a, kind: tuple}
			if l.changed != nil {
				if same, err := equal(l.changed, now); same || err != nil {
					return false, err
				}
			}
			l.changed = now
			return true, nil
		}}, nil
	}
	return undefined{"loop." + name}, nil
}
