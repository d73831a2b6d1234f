package jinja

import (
	"errors"
	"fmt"
	"strings"
)

// method returns a method of a value. Those that would change it are missing:
// the sandbox forbids them.
func method(v any, name string) (*Func, bool) {
	var m builtin
	var ok bool
	switch v := v.(type) {
	case string:
		if name == "format" {
			return &Func{Name: "format", raw: func(_ *frame, c *called) (any, error) { return braces(v, c) }}, true
		}
		m, ok = stringMethods[name]
	case *Dict:
		m, ok = dictMethods[name]
	case *List:
		if v.kind <= tuple {
			m, ok = listMethods[name]
		}
		if v.kind == tuple && name == "copy" {
			ok = false
		}
	}
	if !ok {
		return nil, false
	}
	return &Func{Name: name, Params: m.params, Call: func(a []any) (any, error) {
		return m.call(append([]any{v}, a...))
	}}, true
}

// A builtin is a method, a filter or a test: its first argument is what it is
// applied to, which params leaves out.
type builtin struct {
	params string
	call   func(a []any) (any, error)
}

var dictMethods = map[string]builtin{
	"keys":   {"", func(a []any) (any, error) { return &List{Items: a[0].(*Dict).keys, kind: keysView}, nil }},
	"values": {"", func(a []any) (any, error) { return &List{Items: a[0].(*Dict).values, kind: valuesView}, nil }},
	"items":  {"", func(a []any) (any, error) { return &List{Items: a[0].(*Dict).items(), kind: itemsView}, nil }},
	"copy": {"", func(a []any) (any, error) {
		d := NewDict()
		return d, d.update(a[0])
	}},
	"get": {"/ key default=", func(a []any) (any, error) {
		v, ok, err := a[0].(*Dict).get(a[1])
		if !ok {
			v = or(a[2], nil)
		}
		return v, err
	}},
}

var listMethods = map[string]builtin{
	"copy": {"", func(a []any) (any, error) { return &List{Items: a[0].(*List).Items}, nil }},
	"count": {"/ value", func(a []any) (any, error) {
		n := int64(0)
		for _, e := range a[0].(*List).Items {
			same, err := equal(e, a[1])
			if err != nil {
				return nil, err
			}
			n += toInt(same)
		}
		return n, nil
	}},
	"index": {"/ value", func(a []any) (any, error) {
		for i, e := range a[0].(*List).Items {
			same, err := equal(e, a[1])
			if same || err != nil {
				return int64(i), err
			}
		}
		return nil, errors.New("index: the value is not in the list")
	}},
}

// update takes over what dict() does: from a dict, or from pairs.
func (d *Dict) update(from any) error {
	if other, ok := from.(*Dict); ok {
		for i, key := range other.keys {
			if err := d.set(key, other.values[i]); err != nil {
				return err
			}
		}
		return nil
	}
	all, err := elements(from)
	if err != nil {
		return err
	}
	for _, e := range all {
		both, err := elements(e)
		if err != nil || len(both) != 2 {
			return errors.New("dict: want a dict or a list of pairs")
		}
		if err := d.set(both[0], both[1]); err != nil {
			return err
		}
	}
	return nil
}

// onText makes a method of a function of one text.
func onText(f func(s string) any) builtin {
	return builtin{"", func(a []any) (any, error) { return f(a[0].(string)), nil }}
}

// onASCII refuses other texts: what Python's tables say of them is not Go's.
func onASCII(name string, f func(s string) any) builtin {
	return builtin{"", func(a []any) (any, error) {
		s := a[0].(string)
		if !isASCII(s) {
			return nil, fmt.Errorf("%s of a text beyond ASCII is not supported", name)
		}
		return f(s), nil
	}}
}

func each(s string, is func(c byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return s != ""
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

var stringMethods map[string]builtin

func init() {
	stringMethods = map[string]builtin{
		"upper":      onText(func(s string) any { return upper(s) }),
		"lower":      onText(func(s string) any { return lower(s) }),
		"capitalize": {"", func(a []any) (any, error) { return capitalized(a[0].(string)) }},
		"title":      {"", func(a []any) (any, error) { return titled(a[0].(string)) }},
		"casefold":   onASCII("casefold", func(s string) any { return strings.ToLower(s) }),
		"swapcase": onASCII("swapcase", func(s string) any {
			return strings.Map(func(r rune) rune {
				if isAlpha(byte(r)) {
					return r ^ 0x20
				}
				return r
			}, s)
		}),
		"isalpha":   onASCII("isalpha", func(s string) any { return each(s, isAlpha) }),
		"isdigit":   onASCII("isdigit", func(s string) any { return each(s, isDigit) }),
		"isdecimal": onASCII("isdecimal", func(s string) any { return each(s, isDigit) }),
		"isnumeric": onASCII("isnumeric", func(s string) any { return each(s, isDigit) }),
		"isalnum":   onASCII("isalnum", func(s string) any { return each(s, func(c byte) bool { return isDigit(c) || isAlpha(c) }) }),
		"isascii":   onText(func(s string) any { return isASCII(s) }),
		"isspace":   onText(func(s string) any { return s != "" && strings.TrimFunc(s, isSpace) == "" }),
		"isupper":   onText(func(s string) any { return onlyCase(s, isUpper) }),
		"islower":   onText(func(s string) any { return onlyCase(s, isLower) }),
		"strip":     {"/ chars=", stripper("strip", true, true)},
		"lstrip":    {"/ chars=", stripper("lstrip", true, false)},
		"rstrip":    {"/ chars=", stripper("rstrip", false, true)},
		"split":     {"sep= maxsplit=", func(a []any) (any, error) { return split(a, false) }},
		"rsplit":    {"sep= maxsplit=", func(a []any) (any, error) { return split(a, true) }},
		"splitlines": {"keepends=", func(a []any) (any, error) {
			return texts(lines(a[0].(string), truth(or(a[1], false)))), nil
		}},
		"partition":    {"/ sep", func(a []any) (any, error) { return partition(a, false) }},
		"rpartition":   {"/ sep", func(a []any) (any, error) { return partition(a, true) }},
		"startswith":   {"/ prefix start= end=", affix("startswith", strings.HasPrefix)},
		"endswith":     {"/ suffix start= end=", affix("endswith", strings.HasSuffix)},
		"removeprefix": {"/ prefix", cutter("removeprefix", strings.TrimPrefix)},
		"removesuffix": {"/ suffix", cutter("removesuffix", strings.TrimSuffix)},
		"replace":      {"/ old new count=", replace},
		"join": {"/ iterable", func(a []any) (any, error) {
			all, err := elements(a[1])
			if err != nil {
				return nil, err
			}
			parts := make([]string, len(all))
			for i, e := range all {
				if parts[i], err = textOf("join", e); err != nil {
					return nil, err
				}
			}
			return joined(parts, a[0].(string))
		}},
		"find":   {"/ sub start= end=", finder("find", strings.Index, false)},
		"rfind":  {"/ sub start= end=", finder("rfind", strings.LastIndex, false)},
		"index":  {"/ sub start= end=", finder("index", strings.Index, true)},
		"rindex": {"/ sub start= end=", finder("rindex", strings.LastIndex, true)},
		"count": {"/ sub start= end=", func(a []any) (any, error) {
			sub, err := textOf("count", a[1])
			if err != nil {
				return nil, err
			}
			within, _, err := part(a[0].(string), a[2:])
			return int64(strings.Count(within, sub)), err
		}},
		"ljust":  {"/ width fill=", padder("ljust")},
		"rjust":  {"/ width fill=", padder("rjust")},
		"center": {"/ width fill=", padder("center")},
		"zfill": {"/ width", func(a []any) (any, error) {
			s := a[0].(string)
			n, err := integerOf(a[1])
			if err != nil {
				return nil, err
			}
			zeros, err := repeated("0", n-int64(len([]rune(s))))
			if s != "" && (s[0] == '+' || s[0] == '-') {
				return s[:1] + zeros + s[1:], err
			}
			return zeros + s, err
		}},
	}
}

// textOf is an argument that must be a text.
func textOf(what string, v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("%s: want a text, not a %s", what, typeName(v))
	}
	return s, nil
}

// texts is a list of them.
func texts(all []string) *List {
	l := &List{Items: make([]any, len(all))}
	for i, s := range all {
		l.Items[i] = s
	}
	return l
}
