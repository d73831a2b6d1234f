package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// extreme is min or max: the first of those that are equal.
func extreme(largest bool) func(a []any) (any, error) {
	return func(a []any) (any, error) {
		all, err := keysOf(a)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			return undefined{"the least or greatest of no elements"}, nil
		}
		best := all[0]
		for _, k := range all[1:] {
			x, y := k.key, best.key
			if largest {
				x, y = y, x
			}
			less, _, err := order(x, y)
			if err != nil {
				return nil, err
			}
			if less {
				best = k
			}
		}
		return best.value, nil
	}
}

func first(a []any) (any, error) {
	if it, ok := a[0].(*iterator); ok && len(it.items) > 0 {
		v := it.items[0]
		it.items = it.items[1:]
		return v, nil
	}
	all, err := elements(a[0])
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return undefined{"the first of no elements"}, nil
	}
	return all[0], nil
}

func last(a []any) (any, error) {
	switch v := a[0].(type) {
	case *iterator, undefined:
		return nil, fmt.Errorf("last: a %s cannot be reversed: use | list | last", typeName(v))
	}
	all, err := elements(a[0])
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return undefined{"the last of no elements"}, nil
	}
	return all[len(all)-1], nil
}

func reversed(a []any) (any, error) {
	all, err := elements(a[0])
	if err != nil {
		return nil, err
	}
	all = slices.Clone(all)
	slices.Reverse(all)
	switch v := a[0].(type) {
	case undefined:
		return nil, v.fail()
	case string:
		var b strings.Builder
		for _, c := range all {
			b.WriteString(c.(string))
		}
		return b.String(), nil
	case *iterator:
		return &List{Items: all}, nil
	default:
		return &iterator{all, typeName(v) + "_reverseiterator"}, nil
	}
}

func join(a []any) (any, error) {
	all, err := elements(a[0])
	if err != nil {
		return nil, err
	}
	p, err := attributePath(or(a[2], nil))
	if err != nil {
		return nil, err
	}
	by, err := str(or(a[1], ""))
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(all))
	for i, e := range all {
		if e, err = p.of(e, nil); err != nil {
			return nil, err
		}
		if parts[i], err = str(e); err != nil {
			return nil, err
		}
	}
	return joined(parts, by)
}

func items(a []any) (any, error) {
	switch v := a[0].(type) {
	case undefined:
		return generator(nil), nil
	case *Dict:
		return generator(v.items()), nil
	}
	return nil, errors.New("items: want a dict")
}

func batched(a []any) (any, error) {
	all, err := elements(a[0])
	if err != nil {
		return nil, err
	}
	n, err := integerOf(a[1])
	if err != nil || n < 1 {
		return nil, errors.New("batch: want a size of 1 or more")
	}
	var out []any
	for len(all) > 0 {
		l := &List{Items: slices.Clone(all[:min(n, int64(len(all)))])}
		all = all[len(l.Items):]
		if fill := or(a[2], nil); fill != nil {
			if n > mostItems {
				return nil, errTooMany
			}
			for int64(len(l.Items)) < n {
				l.Items = append(l.Items, fill)
			}
		}
		out = append(out, l)
	}
	return generator(out), nil
}

func sliced(a []any) (any, error) {
	all, err := elements(a[0])
	if err != nil {
		return nil, err
	}
	n, err := integerOf(a[1])
	if err != nil || n < 1 || n > mostRange {
		return nil, errors.New("slice: want a number of slices from 1 on")
	}
	size, longer := len(all)/int(n), len(all)%int(n)
	var out []any
	for i := range int(n) {
		take := size
		if i < longer {
			take++
		}
		l := &List{Items: slices.Clone(all[:take])}
		all = all[take:]
		if fill := or(a[2], nil); fill != nil && i >= longer {
			l.Items = append(l.Items, fill)
		}
		out = append(out, l)
	}
	return generator(out), nil
}
