package jinja

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// jsonWriter is Python's json.dumps with the arguments that transformers'
// tojson takes.
type jsonWriter struct {
	strings.Builder
	ascii, sorted, lines bool
	indent, comma, colon string
}

// toJSON is tojson(x, ensure_ascii=False, indent=None, separators=None,
// sort_keys=False).
func toJSON(a []any) (any, error) {
	w := &jsonWriter{ascii: truth(or(a[1], false)), sorted: truth(or(a[4], false)), comma: ", ", colon: ": "}
	switch indent := or(a[2], nil).(type) {
	case nil:
	case string:
		w.indent, w.lines = indent, true
	default:
		n, err := integerOf(indent)
		if err != nil {
			return nil, fmt.Errorf("tojson: indent: %w", err)
		}
		if w.indent, err = repeated(" ", n); err != nil {
			return nil, err
		}
		w.lines = true
	}
	if w.lines {
		w.comma = ","
	}
	if separators := or(a[3], nil); separators != nil {
		both, err := elements(separators)
		if err != nil || len(both) != 2 {
			return nil, fmt.Errorf("tojson: separators: want two texts")
		}
		var texts [2]string
		for i := range both {
			var ok bool
			if texts[i], ok = both[i].(string); !ok {
				return nil, fmt.Errorf("tojson: separators: want two texts")
			}
		}
		w.comma, w.colon = texts[0], texts[1]
	}
	if err := w.value(a[0], 0); err != nil {
		return nil, fmt.Errorf("tojson: %w", err)
	}
	return w.String(), nil
}

func (w *jsonWriter) value(v any, depth int) error {
	if depth > deepest || w.Len() > mostText {
		return fmt.Errorf("the value is nested too deep, or too long")
	}
	switch v := v.(type) {
	case nil:
		w.WriteString("null")
	case bool:
		w.WriteString(strconv.FormatBool(v))
	case int64:
		w.WriteString(strconv.FormatInt(v, 10))
	case float64:
		w.WriteString(jsonFloat(v))
	case string:
		w.text(v)
	case markup:
		w.text(string(v))
	case *List:
		if v.kind > tuple {
			return fmt.Errorf("a %s is not JSON", v.kind)
		}
		return w.container("[", "]", len(v.Items), depth, func(i int) error { return w.value(v.Items[i], depth+1) })
	case *Dict:
		return w.dict(v, depth)
	default:
		return fmt.Errorf("a value of the type %s is not JSON", typeName(v))
	}
	return nil
}

func (w *jsonWriter) dict(d *Dict, depth int) error {
	at := make([]int, len(d.keys))
	keys := make([]string, len(d.keys))
	texts := true
	for i, key := range d.keys {
		at[i] = i
		_, isText := key.(string)
		texts = texts && isText
		switch key := key.(type) {
		case string:
			keys[i] = key
		case nil:
			keys[i] = "null"
		case bool:
			keys[i] = strconv.FormatBool(key)
		case int64:
			keys[i] = strconv.FormatInt(key, 10)
		case float64:
			keys[i] = jsonFloat(key)
		}
	}
	if w.sorted {
		if !texts && len(keys) > 1 {
			return fmt.Errorf("sort_keys with keys that are not texts is not supported")
		}
		slices.SortFunc(at, func(i, j int) int { return cmp.Compare(keys[i], keys[j]) })
	}
	return w.container("{", "}", len(keys), depth, func(i int) error {
		w.text(keys[at[i]])
		w.WriteString(w.colon)
		return w.value(d.values[at[i]], depth+1)
	})
}

func (w *jsonWriter) container(open, closing string, n, depth int, one func(i int) error) error {
	w.WriteString(open)
	for i := range n {
		if i > 0 {
			w.WriteString(w.comma)
		}
		w.newline(depth + 1)
		if err := one(i); err != nil {
			return err
		}
	}
	if n > 0 {
		w.newline(depth)
	}
	w.WriteString(closing)
	return nil
}

func (w *jsonWriter) newline(depth int) {
	if w.lines {
		w.WriteByte('\n')
		w.WriteString(strings.Repeat(w.indent, depth))
	}
}

func jsonFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	return floatText(f)
}

var jsonEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\f': `\f`, '\b': `\b`}

func (w *jsonWriter) text(s string) {
	w.WriteByte('"')
	for _, r := range s {
		escape, ok := jsonEscapes[r]
		switch {
		case ok:
			w.WriteString(escape)
		case r < 0x20, w.ascii && r > 0x7e && r < 0x10000:
			fmt.Fprintf(w, `\u%04x`, r)
		case w.ascii && r >= 0x10000:
			r -= 0x10000
			fmt.Fprintf(w, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			w.WriteRune(r)
		}
	}
	w.WriteByte('"')
}
