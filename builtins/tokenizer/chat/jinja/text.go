package jinja

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// str is Python's str().
func str(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case markup:
		return string(v), nil
	case undefined:
		return "", nil
	}
	var b strings.Builder
	err := repr(&b, v, 0)
	return b.String(), err
}

var errMarkup = errors.New("text marked by the filters safe or escape can only be printed here, or added to others")

// plain is str of what is not marked as safe, which would escape what it is
// joined with.
func plain(v any) (string, error) {
	if _, safe := v.(markup); safe {
		return "", errMarkup
	}
	return str(v)
}

// repr writes Python's repr().
func repr(b *strings.Builder, v any, depth int) error {
	if depth > deepest {
		return fmt.Errorf("the value is nested more than %d levels deep", deepest)
	}
	if b.Len() > mostText {
		return errTooLong
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(floatText(v))
	case string:
		quote(b, v)
	case undefined:
		b.WriteString("Undefined")
	case *ranges:
		fmt.Fprintf(b, "range(%d, %d", v.start, v.stop)
		if v.step != 1 {
			fmt.Fprintf(b, ", %d", v.step)
		}
		b.WriteByte(')')
	case *List:
		return reprList(b, v, depth)
	case *Dict:
		return reprDict(b, v, depth)
	case *namespace:
		b.WriteString("<Namespace ")
		err := reprDict(b, v.fields, depth)
		b.WriteByte('>')
		return err
	case *loop:
		n, err := v.count()
		fmt.Fprintf(b, "<LoopContext %d/%d>", v.index+1, n)
		return err
	case *macroValue:
		b.WriteString("<Macro ")
		quote(b, v.name)
		b.WriteByte('>')
	default:
		return fmt.Errorf("a %s is printed as an address, which means nothing: did the template mean | list, or a call?", typeName(v))
	}
	return nil
}

func reprList(b *strings.Builder, l *List, depth int) error {
	open, closing := "[", "]"
	switch l.kind {
	case tuple:
		open, closing = "(", ")"
		if len(l.Items) == 1 {
			closing = ",)"
		}
	case keysView, valuesView, itemsView:
		open, closing = l.kind.String()+"([", "])"
	}
	b.WriteString(open)
	for i, e := range l.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := repr(b, e, depth+1); err != nil {
			return err
		}
	}
	b.WriteString(closing)
	return nil
}

func reprDict(b *strings.Builder, d *Dict, depth int) error {
	b.WriteByte('{')
	for i, key := range d.keys {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := repr(b, key, depth+1); err != nil {
			return err
		}
		b.WriteString(": ")
		if err := repr(b, d.values[i], depth+1); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// floatText is the shortest text that gives the number back, as Python writes
// it.
func floatText(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, power, _ := strings.Cut(s, "e")
	exponent, _ := strconv.Atoi(power)
	if exponent < -4 || exponent >= 16 {
		return mantissa + "e" + power // Go writes two digits at least, as Python does
	}
	s = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// quote writes text as a Python literal.
func quote(b *strings.Builder, s string) {
	mark := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		mark = '"'
	}
	b.WriteRune(mark)
	for _, r := range s {
		switch {
		case r == mark || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			fmt.Fprintf(b, `\U%08x`, r)
		}
	}
	b.WriteRune(mark)
}

// repeated is s written n times.
func repeated(s string, n int64) (string, error) {
	if n <= 0 || s == "" {
		return "", nil
	}
	if n > mostText/int64(len(s)) {
		return "", errTooLong
	}
	return strings.Repeat(s, int(n)), nil
}
