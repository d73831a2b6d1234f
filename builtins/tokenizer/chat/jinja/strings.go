package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// stripper is str.strip, or one side of it.
func stripper(name string, left, right bool) func(a []any) (any, error) {
	return func(a []any) (any, error) {
		s := a[0].(string)
		within := isSpace
		if chars := or(a[1], nil); chars != nil {
			set, err := textOf(name, chars)
			if err != nil {
				return nil, err
			}
			within = func(r rune) bool { return strings.ContainsRune(set, r) }
		}
		if left {
			s = strings.TrimLeftFunc(s, within)
		}
		if right {
			s = strings.TrimRightFunc(s, within)
		}
		return s, nil
	}
}

// joined is str.join.
func joined(parts []string, by string) (any, error) {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			p = by + p
		}
		if err := write(&b, p); err != nil {
			return nil, err
		}
	}
	return b.String(), nil
}

// split is str.split, or from the right.
func split(a []any, right bool) (any, error) {
	s := a[0].(string)
	most := int64(-1)
	if n := or(a[2], int64(-1)); n != nil {
		var err error
		if most, err = integerOf(n); err != nil {
			return nil, fmt.Errorf("split: maxsplit: %w", err)
		}
	}
	sep := or(a[1], nil)
	if sep == nil {
		return texts(splitSpace(s, most, right)), nil
	}
	by, err := textOf("split", sep)
	if err != nil {
		return nil, err
	}
	if by == "" {
		return nil, errors.New("split: the separator is empty")
	}
	parts := []string{s}
	for n := int64(0); most < 0 || n < most; n++ {
		rest := parts[len(parts)-1]
		i := strings.Index(rest, by)
		if right {
			i = strings.LastIndex(rest, by)
		}
		if i < 0 {
			break
		}
		before, behind := rest[:i], rest[i+len(by):]
		if right {
			before, behind = behind, before
		}
		parts = append(parts[:len(parts)-1], before, behind)
	}
	if right {
		slices.Reverse(parts)
	}
	return texts(parts), nil
}

// splitSpace cuts at space, most times or, where that is negative, always.
func splitSpace(s string, most int64, right bool) []string {
	if all := words(s); most < 0 || int64(len(all)) <= most {
		return all
	}
	var out []string
	if right {
		s = strings.TrimRightFunc(s, isSpace)
		for n := int64(0); n < most && s != ""; n++ {
			i := strings.LastIndexFunc(s, isSpace)
			word := s[i+1:]
			if i >= 0 {
				word = strings.TrimLeftFunc(s[i:], isSpace)
			}
			out = append(out, word)
			s = strings.TrimRightFunc(strings.TrimSuffix(s, word), isSpace)
		}
		if s != "" {
			out = append(out, s)
		}
		slices.Reverse(out)
		return out
	}
	s = strings.TrimLeftFunc(s, isSpace)
	for n := int64(0); n < most && s != ""; n++ {
		i := strings.IndexFunc(s, isSpace)
		out = append(out, s[:i])
		s = strings.TrimLeftFunc(s[i:], isSpace)
	}
	if s != "" {
		out = append(out, s)
	}
	return out
}

// partition is str.partition, or from the right.
func partition(a []any, right bool) (any, error) {
	s := a[0].(string)
	sep, err := textOf("partition", a[1])
	if err != nil {
		return nil, err
	}
	if sep == "" {
		return nil, errors.New("partition: the separator is empty")
	}
	parts := []any{s, "", ""}
	i := strings.Index(s, sep)
	if right {
		parts = []any{"", "", s}
		i = strings.LastIndex(s, sep)
	}
	if i >= 0 {
		parts = []any{s[:i], sep, s[i+len(sep):]}
	}
	return &List{Items: parts, kind: tuple}, nil
}

// part is s[start:end], and where in s, in characters, it begins: -1 where
// start lies behind the end, so that nothing is found there.
func part(s string, bounds []any) (string, int64, error) {
	runes := []rune(s)
	at := [2]int64{0, int64(len(runes))}
	for i, b := range bounds {
		if b = or(b, nil); b == nil {
			continue
		}
		n, err := integerOf(b)
		if err != nil {
			return "", 0, err
		}
		if n < 0 {
			n = max(n+int64(len(runes)), 0)
		}
		at[i] = n
	}
	if at[0] > int64(len(runes)) {
		return "", -1, nil
	}
	at[1] = min(at[1], int64(len(runes)))
	return string(runes[at[0]:max(at[0], at[1])]), at[0], nil
}

// affix is str.startswith and str.endswith.
func affix(name string, has func(s, affix string) bool) func(a []any) (any, error) {
	return func(a []any) (any, error) {
		within, from, err := part(a[0].(string), a[2:])
		if err != nil {
			return nil, err
		}
		affixes := []any{a[1]}
		if l, ok := a[1].(*List); ok && l.kind == tuple {
			affixes = l.Items
		}
		for _, one := range affixes {
			s, err := textOf(name, one)
			if err != nil {
				return nil, err
			}
			if from >= 0 && has(within, s) {
				return true, nil
			}
		}
		return false, nil
	}
}

func cutter(name string, cut func(s, affix string) string) func(a []any) (any, error) {
	return func(a []any) (any, error) {
		affix, err := textOf(name, a[1])
		return cut(a[0].(string), affix), err
	}
}

// replace is str.replace.
func replace(a []any) (any, error) {
	before, err := textOf("replace", a[1])
	if err != nil {
		return nil, err
	}
	behind, err := textOf("replace", a[2])
	if err != nil {
		return nil, err
	}
	n, err := integerOf(or(a[3], int64(-1)))
	if err != nil {
		return nil, fmt.Errorf("replace: count: %w", err)
	}
	s := a[0].(string)
	if int64(len(s)+1)*int64(len(behind)) > mostText {
		return nil, errTooLong
	}
	return strings.Replace(s, before, behind, int(max(n, -1))), nil
}

// finder is str.find, and str.index, which fails where nothing is found.
func finder(name string, find func(s, sub string) int, must bool) func(a []any) (any, error) {
	return func(a []any) (any, error) {
		sub, err := textOf(name, a[1])
		if err != nil {
			return nil, err
		}
		within, from, err := part(a[0].(string), a[2:])
		if err != nil {
			return nil, err
		}
		i := find(within, sub)
		if i < 0 || from < 0 {
			if must {
				return nil, fmt.Errorf("%s: the text is not found", name)
			}
			return int64(-1), nil
		}
		return from + int64(len([]rune(within[:i]))), nil
	}
}

// padder is str.ljust, str.rjust and str.center.
func padder(name string) func(a []any) (any, error) {
	return func(a []any) (any, error) {
		s := a[0].(string)
		width, err := integerOf(a[1])
		if err != nil {
			return nil, fmt.Errorf("%s: width: %w", name, err)
		}
		fill, err := textOf(name, or(a[2], " "))
		if err != nil || len([]rune(fill)) != 1 {
			return nil, fmt.Errorf("%s: want one character to fill with", name)
		}
		room := width - int64(len([]rune(s)))
		if room <= 0 {
			return s, nil
		}
		left := map[string]int64{"ljust": 0, "rjust": room, "center": room/2 + room&width&1}[name]
		before, err := repeated(fill, left)
		if err != nil {
			return nil, err
		}
		behind, err := repeated(fill, room-left)
		return before + s + behind, err
	}
}
