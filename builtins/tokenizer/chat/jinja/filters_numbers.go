package jinja

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"adkernel/internal/pattern"
)

func absolute(a []any) (any, error) {
	n, ok := number(a[0])
	if !ok {
		return nil, fmt.Errorf("abs: want a number, not a %s", typeName(a[0]))
	}
	if f, ok := n.(float64); ok {
		return math.Abs(f), nil
	}
	if i := n.(int64); i >= 0 {
		return i, nil
	}
	return integerArithmetic("-", 0, n.(int64))
}

var (
	digits = pattern.New(`^[+-]?[0-9a-zA-Z]+(_[0-9a-zA-Z]+)*$`)
	reals  = pattern.New(`(?i)^[+-]?((\d+(_\d+)*)?\.?(\d+(_\d+)*)?(e[+-]?\d+(_\d+)*)?|inf(inity)?|nan)$`)
)

// parseInt is Python's int(text, base).
func parseInt(s string, base int64) (int64, bool, error) {
	s = strings.TrimFunc(s, isSpace)
	if !isASCII(s) {
		return 0, false, errors.New("a number in other digits than ASCII's is not supported")
	}
	if base != 0 && (base < 2 || base > 36) {
		return 0, false, nil
	}
	sign := strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+")
	body := s
	if sign {
		body = s[1:]
	}
	if len(body) > 2 && body[0] == '0' {
		if of := map[byte]int64{'x': 16, 'o': 8, 'b': 2}[body[1]|0x20]; of != 0 && (base == of || base == 0) {
			base = of
			body = strings.TrimPrefix(body[2:], "_")
		}
	}
	if !digits().MatchString(body) || body[0] == '-' || body[0] == '+' {
		return 0, false, nil
	}
	if base == 0 {
		base = 10
		if body[0] == '0' && strings.Trim(body, "0_") != "" {
			return 0, false, nil
		}
	}
	body = strings.ReplaceAll(body, "_", "")
	if strings.HasPrefix(s, "-") {
		body = "-" + body
	}
	n, err := strconv.ParseInt(body, int(base), 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, false, errTooLarge
	}
	return n, err == nil, nil
}

// parseFloat is Python's float(text).
func parseFloat(s string) (float64, bool, error) {
	s = strings.TrimFunc(s, isSpace)
	if !isASCII(s) {
		return 0, false, errors.New("a number in other digits than ASCII's is not supported")
	}
	if !reals().MatchString(s) || !strings.ContainsAny(s, "0123456789nN") {
		return 0, false, nil
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange), nil
}

// toInteger is int(value, default=0, base=10).
func toInteger(a []any) (any, error) {
	otherwise := or(a[1], int64(0))
	base, err := integerOf(or(a[2], int64(10)))
	if err != nil {
		return nil, fmt.Errorf("int: base: %w", err)
	}
	f := 0.0
	switch v := a[0].(type) {
	case undefined:
		return nil, v.fail()
	case markup:
		_, err := plain(v)
		return nil, err
	case string:
		n, ok, err := parseInt(v, base)
		if ok || err != nil {
			return n, err
		}
		if f, ok, err = parseFloat(v); !ok || err != nil {
			return otherwise, err
		}
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return otherwise, nil
		}
	default:
		n, ok := number(v)
		if !ok {
			return otherwise, nil
		}
		if f, ok = n.(float64); !ok {
			return n, nil
		}
		if math.IsInf(f, 0) {
			return nil, errors.New("int: an infinite number")
		}
		if math.IsNaN(f) {
			return otherwise, nil
		}
	}
	if f >= 1<<63 || f < -1<<63 {
		return nil, errTooLarge
	}
	return int64(f), nil
}

// toFloating is float(value, default=0.0).
func toFloating(a []any) (any, error) {
	switch v := a[0].(type) {
	case undefined:
		return nil, v.fail()
	case markup:
		_, err := plain(v)
		return nil, err
	case string:
		f, ok, err := parseFloat(v)
		if !ok || err != nil {
			return or(a[1], 0.0), err
		}
		return f, nil
	}
	n, ok := number(a[0])
	if !ok {
		return or(a[1], 0.0), nil
	}
	return toFloat(n), nil // the nearest, in both languages
}

// round is round(value, precision=0, method='common').
func round(a []any) (any, error) {
	precision, err := integerOf(or(a[1], int64(0)))
	if err != nil {
		return nil, fmt.Errorf("round: precision: %w", err)
	}
	n, ok := number(a[0])
	method, isText := or(a[2], "common").(string)
	switch {
	case !ok:
		return nil, fmt.Errorf("round: want a number, not a %s", typeName(a[0]))
	case !isText || method != "common" && method != "ceil" && method != "floor":
		return nil, errors.New("round: method must be common, ceil or floor")
	case precision < 0 || precision > 15:
		return nil, errors.New("round: a precision below 0 or above 15 is not supported")
	}
	i, isInt := n.(int64)
	if method == "common" {
		if isInt {
			return i, nil
		}
		f := n.(float64)
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return f, nil
		}
		return strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(precision), 64), 64) // ties to even, by the exact value
	}
	scale := math.Pow10(int(precision)) // exact
	f := toFloat(n) * scale
	if err := exact(n); err != nil || math.Abs(f) > 1<<53 || math.IsNaN(f) {
		return nil, errors.New("round: the number is too large")
	}
	if method == "ceil" {
		f = math.Ceil(f)
	} else {
		f = math.Floor(f)
	}
	return (f + 0) / scale, nil // of an integer, which has no -0
}

// sum is sum(iterable, attribute=None, start=0).
func sum(a []any) (any, error) {
	all, err := elements(a[0])
	if err != nil {
		return nil, err
	}
	path, err := attributePath(or(a[1], nil))
	if err != nil {
		return nil, err
	}
	total := or(a[2], int64(0))
	if _, text := total.(string); text {
		return nil, errors.New("sum: texts cannot be added: use join")
	}
	floats := 0
	for _, e := range all {
		if e, err = path.of(e, nil); err != nil {
			return nil, err
		}
		if _, isFloat := e.(float64); isFloat {
			floats++
		}
		if total, err = arithmetic("+", total, e); err != nil {
			return nil, err
		}
	}
	if floats > 1 && len(all) > 2 {
		return nil, errors.New("sum: three or more numbers with floats are not supported: Python's versions add them differently")
	}
	return total, nil
}
