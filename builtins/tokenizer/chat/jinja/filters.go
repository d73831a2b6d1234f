package jinja

import (
	"errors"
	"fmt"
	"strings"

	"adkernel/internal/pattern"
)

// unsupportedFilters are Jinja2's that are refused where they are reached.
var unsupportedFilters = map[string]bool{
	"filesizeformat": true, "pprint": true, "random": true, "striptags": true, "urlencode": true, "urlize": true,
	"wordwrap": true, "xmlattr": true, "forceescape": true, "format": true,
	"map": true, "select": true, "reject": true, "selectattr": true, "rejectattr": true, // which applyFilter knows
}

// applyFilter is v | name(...).
func applyFilter(f *frame, name string, v any, c *called) (any, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	switch name {
	case "map":
		return mapped(f, v, c)
	case "select", "reject":
		return chosen(v, c, name == "select", false)
	case "selectattr", "rejectattr":
		return chosen(v, c, name == "selectattr", true)
	case "format":
		s, ok := v.(string)
		if !ok || len(c.keywords.keys) > 0 {
			return nil, errors.New("the filter format is supported for a text and values by position")
		}
		return percent(s, &List{Items: c.positional, kind: tuple})
	}
	b, ok := filterTable[name]
	if !ok {
		return nil, fmt.Errorf("the filter %s is not supported", name)
	}
	a, err := c.bind("the filter "+name, b.params)
	if err != nil {
		return nil, err
	}
	return b.call(append([]any{v}, a...))
}

// asText makes a filter of a function of what it is applied to, as text.
func asText(params string, f func(s string, a []any) (any, error)) builtin {
	return builtin{params, func(a []any) (any, error) {
		s, err := plain(a[0])
		if err != nil {
			return nil, err
		}
		return f(s, a[1:])
	}}
}

// sure makes one of a function that does not fail.
func sure(f func(s string) any) builtin {
	return asText("", func(s string, _ []any) (any, error) { return f(s), nil })
}

var (
	wordStart = pattern.New(`[-` + spaces + `({\[<]+`)
	wordRunes = pattern.New(`[\pL\pN\pM_]+`)
)

var filterTable map[string]builtin

func init() {
	filterTable = map[string]builtin{
		// Texts.
		"upper": sure(func(s string) any { return upper(s) }),
		"lower": sure(func(s string) any { return lower(s) }),
		"string": {"", func(a []any) (any, error) {
			if m, ok := a[0].(markup); ok {
				return m, nil
			}
			return str(a[0])
		}},
		"capitalize": asText("", func(s string, _ []any) (any, error) { return capitalized(s) }),
		"title":      sure(func(s string) any { return titleFilter(s) }),
		"trim": asText("chars=", func(s string, a []any) (any, error) {
			return stripper("trim", true, true)([]any{s, a[0]})
		}),
		"center": asText("width=", func(s string, a []any) (any, error) {
			return padder("center")([]any{s, or(a[0], int64(80)), absent{}})
		}),
		"replace": asText("old new count=", func(s string, a []any) (any, error) {
			before, err := plain(a[0])
			if err != nil {
				return nil, err
			}
			behind, err := plain(a[1])
			if err != nil {
				return nil, err
			}
			n := or(a[2], nil)
			if n == nil {
				n = int64(-1)
			}
			return replace([]any{s, before, behind, n})
		}),
		"indent":   {"width= first= blank=", indent},
		"truncate": {"length= killwords= end= leeway=", truncate},
		"wordcount": asText("", func(s string, _ []any) (any, error) {
			if !isASCII(s) {
				return nil, errors.New("wordcount of a text beyond ASCII is not supported")
			}
			return int64(len(wordRunes().FindAllString(s, -1))), nil
		}),
		"escape": asText("", escape),
		"e":      asText("", escape),
		"safe": {"", func(a []any) (any, error) {
			s, err := str(a[0])
			return markup(s), err
		}},
		"tojson": {"ensure_ascii= indent= separators= sort_keys=", toJSON},

		// Numbers.
		"abs":   {"", absolute},
		"int":   {"default= base=", toInteger},
		"float": {"default=", toFloating},
		"round": {"precision= method=", round},
		"sum":   {"attribute= start=", sum},

		// Any value.
		"default": {"default_value= boolean=", fallback},
		"d":       {"default_value= boolean=", fallback},
		"length":  {"", func(a []any) (any, error) { return length(a[0]) }},
		"count":   {"", func(a []any) (any, error) { return length(a[0]) }},
		"attr": {"name", func(a []any) (any, error) {
			name, ok := a[1].(string)
			if _, no := a[0].(undefined); !ok || no {
				return nil, errors.New("attr: want a value and the name of an attribute")
			}
			if d, ok := a[0].(*Dict); ok {
				if _, isMethod := method(d, name); !isMethod && !strings.HasPrefix(name, "_") {
					if _, has, _ := d.get(name); has { // not an attribute
						return undefined{"the attribute " + name + " of a dict"}, nil
					}
				}
			}
			return getAttribute(a[0], name)
		}},

		// Lists.
		"list": {"", func(a []any) (any, error) {
			all, err := elements(a[0])
			return &List{Items: all}, err
		}},
		"first":    {"", first},
		"last":     {"", last},
		"reverse":  {"", reversed},
		"join":     {"d= attribute=", join},
		"items":    {"", items},
		"batch":    {"linecount fill_with=", batched},
		"slice":    {"slices fill_with=", sliced},
		"sort":     {"reverse= case_sensitive= attribute=", sorted},
		"dictsort": {"case_sensitive= by= reverse=", dictsort},
		"unique":   {"case_sensitive= attribute=", unique},
		"groupby":  {"attribute default= case_sensitive=", groupby},
		"min":      {"case_sensitive= attribute=", extreme(false)},
		"max":      {"case_sensitive= attribute=", extreme(true)},
	}
}

// titleFilter is Jinja's own title, whose words begin at space and brackets.
func titleFilter(s string) string {
	var b strings.Builder
	word := func(s string) {
		for i, r := range s {
			if i == 0 {
				b.WriteString(upper(string(r)))
				s = lower(s[len(string(r)):])
				break
			}
		}
		b.WriteString(s)
	}
	at := 0
	for _, m := range wordStart().FindAllStringIndex(s, -1) {
		word(s[at:m[0]])
		b.WriteString(s[m[0]:m[1]])
		at = m[1]
	}
	word(s[at:])
	return b.String()
}

func escape(s string, _ []any) (any, error) {
	return markup(escaper.Replace(s)), nil
}

func fallback(a []any) (any, error) {
	_, no := a[0].(undefined)
	if no || truth(or(a[2], false)) && !truth(a[0]) {
		return or(a[1], ""), nil
	}
	return a[0], nil
}

func indent(a []any) (any, error) {
	s, ok := a[0].(string)
	if !ok {
		return nil, fmt.Errorf("indent: want a text, not a %s", typeName(a[0]))
	}
	by, ok := or(a[1], int64(4)).(string)
	if !ok {
		width, err := integerOf(or(a[1], int64(4)))
		if err != nil {
			return nil, fmt.Errorf("indent: width: %w", err)
		}
		if by, err = repeated(" ", width); err != nil {
			return nil, err
		}
	}
	all := lines(s+"\n", false)
	if len(all)*len(by)+len(s) > mostText {
		return nil, errTooLong
	}
	for i := range all {
		if i > 0 && (all[i] != "" || truth(or(a[3], false))) || i == 0 && truth(or(a[2], false)) {
			all[i] = by + all[i]
		}
	}
	return strings.Join(all, "\n"), nil
}

func truncate(a []any) (any, error) {
	s, ok := a[0].(string)
	if !ok {
		return nil, fmt.Errorf("truncate: want a text, not a %s", typeName(a[0]))
	}
	most, err := integerOf(or(a[1], int64(255)))
	if err != nil {
		return nil, fmt.Errorf("truncate: length: %w", err)
	}
	end, err := textOf("truncate", or(a[3], "..."))
	if err != nil {
		return nil, err
	}
	leeway := int64(5)
	if given := or(a[4], nil); given != nil {
		if leeway, err = integerOf(given); err != nil {
			return nil, fmt.Errorf("truncate: leeway: %w", err)
		}
	}
	keep := most - int64(len([]rune(end)))
	if keep < 0 || leeway < 0 {
		return nil, errors.New("truncate: the length is less than that of the end, or leeway below 0")
	}
	runes := []rune(s)
	if n := int64(len(runes)); n <= most || n-most <= leeway {
		return s, nil
	}
	cut := string(runes[:keep])
	if i := strings.LastIndexByte(cut, ' '); i >= 0 && !truth(or(a[2], false)) {
		cut = cut[:i]
	}
	return cut + end, nil
}
