package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// keyed are elements beside what they are ordered or grouped by.
type keyed struct{ key, value any }

// keysOf are the keys for filters that take case_sensitive=false, attribute=none.
func keysOf(a []any) ([]keyed, error) {
	p, err := attributePath(or(a[2], nil))
	if err != nil {
		return nil, err
	}
	return keys(a[0], p, truth(or(a[1], false)), nil)
}

// keys finds the keys of all elements of v; texts are folded to lower case
// unless case matters.
func keys(v any, p path, caseMatters bool, fallback any) ([]keyed, error) {
	all, err := elements(v)
	if err != nil {
		return nil, err
	}
	out := make([]keyed, len(all))
	for i, e := range all {
		key, err := p.of(e, fallback)
		if err != nil {
			return nil, err
		}
		out[i] = keyed{folded(key, caseMatters), e}
	}
	return out, nil
}

func folded(key any, caseMatters bool) any {
	if s, ok := key.(string); ok && !caseMatters {
		return lower(s)
	}
	return key
}

// sortKeyed orders stably, as Python's sorted.
func sortKeyed(all []keyed, reverse bool) error {
	var failed error
	slices.SortStableFunc(all, func(a, b keyed) int {
		x, y := a.key, b.key
		if reverse {
			x, y = y, x
		}
		less, same, err := order(x, y)
		if err != nil {
			failed = err
		}
		if same {
			return 0
		}
		if less {
			return -1
		}
		return 1
	})
	return failed
}

func values(all []keyed) []any {
	out := make([]any, len(all))
	for i, k := range all {
		out[i] = k.value
	}
	return out
}

func sorted(a []any) (any, error) {
	caseMatters := truth(or(a[2], false))
	paths := []path{nil}
	attribute := or(a[3], nil)
	if s, ok := attribute.(string); ok {
		paths = nil
		for _, one := range strings.Split(s, ",") {
			p, _ := attributePath(one)
			paths = append(paths, p)
		}
	} else if p, err := attributePath(attribute); err != nil {
		return nil, err
	} else {
		paths[0] = p
	}
	all, err := elements(a[0])
	if err != nil {
		return nil, err
	}
	ranked := make([]keyed, len(all))
	for i, e := range all {
		key := &List{}
		for _, p := range paths {
			v, err := p.of(e, nil)
			if err != nil {
				return nil, err
			}
			key.Items = append(key.Items, folded(v, caseMatters))
		}
		ranked[i] = keyed{key, e}
	}
	err = sortKeyed(ranked, truth(or(a[1], false)))
	return &List{Items: values(ranked)}, err
}

func dictsort(a []any) (any, error) {
	d, ok := a[0].(*Dict)
	if !ok {
		return nil, fmt.Errorf("dictsort: want a dict, not a %s", typeName(a[0]))
	}
	by, ok := map[any]int{"key": 0, "value": 1}[or(a[2], "key")]
	if !ok {
		return nil, errors.New(`dictsort: by must be "key" or "value"`)
	}
	var ranked []keyed
	for _, pair := range d.items() {
		ranked = append(ranked, keyed{folded(pair.(*List).Items[by], truth(or(a[1], false))), pair})
	}
	err := sortKeyed(ranked, truth(or(a[3], false)))
	return &List{Items: values(ranked)}, err
}

func generator(all []any) *iterator { return &iterator{all, "generator"} }

func unique(a []any) (any, error) {
	all, err := keysOf(a)
	if err != nil {
		return nil, err
	}
	seen := map[any]bool{}
	var out []any
	for _, k := range all {
		h, err := hash(k.key)
		if err != nil {
			return nil, err
		}
		if !seen[h] {
			seen[h] = true
			out = append(out, k.value)
		}
	}
	return generator(out), nil
}

func groupby(a []any) (any, error) {
	p, err := attributePath(a[1])
	if err != nil {
		return nil, err
	}
	caseMatters, otherwise := truth(or(a[3], false)), or(a[2], nil)
	all, err := keys(a[0], p, caseMatters, otherwise)
	if err != nil {
		return nil, err
	}
	if err := sortKeyed(all, false); err != nil {
		return nil, err
	}
	out := &List{}
	for len(all) > 0 {
		n := 1
		for ; n < len(all); n++ {
			if same, err := equal(all[0].key, all[n].key); err != nil {
				return nil, err
			} else if !same {
				break
			}
		}
		key, err := p.of(all[0].value, otherwise)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, &List{Items: []any{key, &List{Items: values(all[:n])}}, kind: tuple, names: []string{"grouper", "list"}})
		all = all[n:]
	}
	return out, nil
}
