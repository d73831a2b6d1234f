package jinja

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// attributes are those that Python's types have, and that templates may
// therefore see, beside the methods that this package knows: what exists there
// must not be undefined here.
var attributes = map[string]string{
	"str":         "capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill",
	"int":         "as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer numerator real to_bytes",
	"float":       "as_integer_ratio conjugate fromhex hex imag is_integer real",
	"list":        "append clear copy count extend index insert pop remove reverse sort",
	"tuple":       "count index",
	"dict":        "clear copy fromkeys get items keys pop popitem setdefault update values",
	"dict_keys":   "isdisjoint mapping",
	"dict_items":  "isdisjoint mapping",
	"dict_values": "mapping",
	"range":       "count index start step stop",
	"generator":   "close gi_code gi_frame gi_running gi_suspended gi_yieldfrom send throw",
}

// getAttribute is value.name: the attribute, or else the item.
func getAttribute(v any, name string) (any, error) {
	switch v := v.(type) {
	case undefined:
		return nil, v.fail()
	case *loop:
		return v.attribute(name)
	case *namespace:
		if field, ok, _ := v.fields.get(name); ok {
			return field, nil
		}
	case *macroValue:
		if name == "name" {
			return v.name, nil
		}
		return nil, fmt.Errorf("the attribute %s of a macro is not supported", name)
	case *Func, markup, *iterator:
		return nil, fmt.Errorf("the attribute %s of a %s is not supported", name, typeName(v))
	case *cycler:
		return v.attribute(name)
	}
	if m, ok := method(v, name); ok {
		return m, nil
	}
	typ := typeName(v)
	if typ == "bool" {
		typ = "int"
	}
	known := strings.Fields(attributes[typ])
	if l, ok := v.(*List); ok && l.names != nil {
		if i := slices.Index(l.names, name); i >= 0 {
			return l.Items[i], nil
		}
	}
	if strings.HasPrefix(name, "__") || slices.Contains(known, name) {
		return nil, fmt.Errorf("%s of a %s is unsafe or not supported in a chat template", name, typ)
	}
	if d, ok := v.(*Dict); ok {
		if value, ok, _ := d.get(name); ok {
			return value, nil
		}
	}
	return undefined{fmt.Sprintf("the attribute %q of a %s", name, typ)}, nil
}

// getItem is value[key]: the item, or else the attribute.
func getItem(v, key any) (any, error) {
	missing := undefined{fmt.Sprintf("the item %s of a %s", short(key), typeName(v))}
	switch v := v.(type) {
	case undefined:
		return nil, v.fail()
	case *Dict:
		value, ok, err := v.get(key)
		if ok {
			return value, nil
		}
		if err != nil {
			return missing, nil // as Python has it
		}
	case string:
		if i, err := integerOf(key); err == nil {
			runes := []rune(v)
			if i = fromEnd(i, int64(len(runes))); i < 0 {
				return missing, nil
			}
			return string(runes[i]), nil
		}
	case *ranges:
		if i, err := integerOf(key); err == nil {
			if i = fromEnd(i, v.len()); i < 0 {
				return missing, nil
			}
			return v.start + i*v.step, nil
		}
	case *List:
		if i, err := integerOf(key); err == nil && v.kind <= tuple {
			if i = fromEnd(i, int64(len(v.Items))); i < 0 {
				return missing, nil
			}
			return v.Items[i], nil
		}
	}
	if name, ok := key.(string); ok {
		if d, ok := v.(*Dict); ok { // whose keys are not its attributes
			if m, ok := method(d, name); ok {
				return m, nil
			}
			if !strings.HasPrefix(name, "__") && !slices.Contains(strings.Fields(attributes["dict"]), name) {
				return missing, nil
			}
		}
		return getAttribute(v, name)
	}
	return missing, nil
}

// fromEnd is the index of one of n elements, negative where there is none.
func fromEnd(i, n int64) int64 {
	if i < 0 {
		i += n
	}
	if i >= n {
		return -1
	}
	return i
}

// short is a key in an error.
func short(key any) string {
	s, err := str(key)
	if err != nil {
		return "of type " + typeName(key)
	}
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// getSlice is value[from:to:step].
func getSlice(v any, from, to, step *int64) (any, error) {
	var all []any
	switch v := v.(type) {
	case string, *ranges:
		all, _ = elements(v)
	case *List:
		if v.kind > tuple {
			return nil, fmt.Errorf("a %s cannot be sliced: use | list", v.kind)
		}
		all = v.Items
	case undefined:
		return nil, v.fail()
	default:
		return nil, fmt.Errorf("a %s cannot be sliced", typeName(v))
	}
	n, by := int64(len(all)), int64(1)
	if step != nil {
		by = max(*step, -math.MaxInt64)
	}
	if by == 0 {
		return nil, fmt.Errorf("a slice cannot have a step of 0")
	}
	low, high := int64(0), n // of a bound
	start, stop := low, high
	if by < 0 {
		low, high = -1, n-1
		start, stop = high, low
	}
	clip := func(bound *int64, otherwise int64) int64 {
		if bound == nil {
			return otherwise
		}
		at := *bound
		if at < 0 {
			at += n
		}
		return min(max(at, low), high)
	}
	start, stop = clip(from, start), clip(to, stop)
	var out []any
	for i := start; by > 0 && i < stop || by < 0 && i > stop; i += by {
		out = append(out, all[i])
		if by > n || by < -n {
			break
		}
	}
	switch v := v.(type) {
	case string:
		var b strings.Builder
		for _, c := range out {
			b.WriteString(c.(string))
		}
		return b.String(), nil
	case *ranges:
		return nil, fmt.Errorf("a range cannot be sliced here: use | list")
	default:
		return &List{Items: out, kind: v.(*List).kind}, nil
	}
}
