package jinja

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"adkernel/internal/pattern"
)

var directive = pattern.New(`%([-+ 0#]*)(\d*)(?:\.(\d*))?([a-zA-Z%(*])`)

// percent is Python's s % values, for %s, %r, %d, %i, %x, %f and %%.
func percent(s string, values any) (any, error) {
	var args []any
	named := false
	if l, ok := values.(*List); ok && l.kind == tuple {
		args = l.Items
	} else {
		args = []any{values}
		_, isText := values.(string)
		_, isNumber := number(values)
		named = !isText && !isNumber && values != nil // may be left over: Python looks for keys there
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		m := directive().FindStringSubmatch(s[i:])
		if m == nil || !strings.HasPrefix(s[i:], m[0]) {
			return nil, fmt.Errorf("the format %q is not supported", s[i:])
		}
		s = s[i+len(m[0]):]
		if m[4] == "%" && m[0] == "%%" {
			b.WriteByte('%')
			continue
		}
		if len(args) == 0 {
			return nil, errors.New("a format has more directives than values")
		}
		text, err := oneDirective(m, args[0])
		if err != nil {
			return nil, err
		}
		if err := write(&b, text); err != nil {
			return nil, err
		}
		args, named = args[1:], false
	}
	if len(args) > 0 {
		if named {
			return nil, fmt.Errorf("a %s as the values of a format is not supported", typeName(values))
		}
		return nil, errors.New("a format has fewer directives than values")
	}
	return b.String(), nil
}

func oneDirective(m []string, v any) (string, error) {
	unsupported := fmt.Errorf("the format %q of a %s is not supported", m[0], typeName(v))
	digits := strings.Contains(m[0], ".")
	width, err := strconv.ParseInt("0"+m[2], 10, 32)
	if err != nil || strings.ContainsAny(m[1], " #") {
		return "", unsupported
	}
	var s string
	switch m[4] {
	case "s", "r":
		if m[4] == "s" {
			s, err = plain(v)
		} else {
			var b strings.Builder
			err = repr(&b, v, 0)
			s = b.String()
		}
		if err != nil {
			return "", err
		}
		if n, err := strconv.Atoi("0" + m[3]); digits && err == nil {
			s = string([]rune(s)[:min(n, len([]rune(s)))])
		}
		if strings.ContainsAny(m[1], "0+") {
			return "", unsupported
		}
	case "d", "i", "x":
		n, err := integerOf(v)
		if err != nil || digits || n < 0 && m[4] == "x" {
			return "", unsupported
		}
		s = strconv.FormatInt(n, map[string]int{"d": 10, "i": 10, "x": 16}[m[4]])
	case "f":
		n, ok := number(v)
		places := 6
		if digits {
			places, err = strconv.Atoi("0" + m[3])
		}
		if !ok || err != nil || places > 300 || exact(n) != nil {
			return "", unsupported
		}
		s = strconv.FormatFloat(toFloat(n), 'f', places, 64)
		if strings.ContainsAny(s, "IN") {
			return "", unsupported
		}
	default:
		return "", unsupported
	}
	if m[4] != "s" && m[4] != "r" && strings.Contains(m[1], "+") && s[0] != '-' {
		s = "+" + s
	}
	room := width - int64(len([]rune(s)))
	switch {
	case strings.Contains(m[1], "-"):
		fill, err := repeated(" ", room)
		return s + fill, err
	case strings.Contains(m[1], "0"):
		fill, err := repeated("0", room)
		if s[0] == '-' || s[0] == '+' {
			return s[:1] + fill + s[1:], err
		}
		return fill + s, err
	}
	fill, err := repeated(" ", room)
	return fill + s, err
}

var field = pattern.New(`^\{([A-Za-z_]\w*|\d*)\}`)

// braces is str.format, for {}, {0} and {name}.
func braces(s string, c *called) (any, error) {
	var b strings.Builder
	next, counted, numbered := 0, false, false
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		if strings.HasPrefix(s, "{{") || strings.HasPrefix(s, "}}") {
			b.WriteByte(s[0])
			s = s[2:]
			continue
		}
		m := field().FindStringSubmatch(s)
		if m == nil {
			return nil, fmt.Errorf("format: %q is not supported: only {}, {0} and {name} are", s[:min(len(s), 20)])
		}
		s = s[len(m[0]):]
		v, ok, _ := c.keywords.get(m[1])
		if n, err := strconv.Atoi("0" + m[1]); err == nil {
			if m[1] == "" {
				n, counted = next, true
				next++
			} else {
				numbered = true
			}
			if ok = n < len(c.positional); ok {
				v = c.positional[n]
			}
		}
		if !ok || counted && numbered {
			return nil, fmt.Errorf("format: there is no value for %s", m[0])
		}
		text, err := plain(v)
		if err != nil {
			return nil, err
		}
		if err := write(&b, text); err != nil {
			return nil, err
		}
	}
	return b.String(), nil
}
