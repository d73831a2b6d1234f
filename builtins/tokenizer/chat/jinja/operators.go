package jinja

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
)

var errTooLarge = errors.New("an integer of more than 64 bits, which is not supported")

// toInt is a bool as Python counts with it.
func toInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// number returns v as an int64 or a float64.
func number(v any) (any, bool) {
	switch v := v.(type) {
	case bool:
		return toInt(v), true
	case int64, float64:
		return v, true
	}
	return nil, false
}

// integerOf is v where Python takes an int.
func integerOf(v any) (int64, error) {
	if n, ok := number(v); ok {
		if i, ok := n.(int64); ok {
			return i, nil
		}
	}
	return 0, fmt.Errorf("want an integer, not a %s", typeName(v))
}

func toFloat(n any) float64 {
	if i, ok := n.(int64); ok {
		return float64(i)
	}
	return n.(float64)
}

// exact refuses integers that a float64 does not hold.
func exact(numbers ...any) error {
	for _, n := range numbers {
		if i, ok := n.(int64); ok && (i > 1<<53 || i < -1<<53) {
			return fmt.Errorf("the integer %d as a float is not supported", i)
		}
	}
	return nil
}

// arithmetic is a binary operator of Python.
func arithmetic(op string, a, b any) (any, error) {
	for _, v := range []any{a, b} {
		if u, ok := v.(undefined); ok {
			return nil, u.fail()
		}
	}
	_, m := a.(markup)
	_, n := b.(markup)
	if m || n {
		x, xok := safe(a)
		y, yok := safe(b)
		if op != "+" || !xok || !yok {
			return nil, errMarkup
		}
		if len(x)+len(y) > mostText {
			return nil, errTooLong
		}
		return x + y, nil
	}
	x, xok := number(a)
	y, yok := number(b)
	if xok && yok {
		i, iok := x.(int64)
		j, jok := y.(int64)
		if iok && jok && op != "/" {
			return integerArithmetic(op, i, j)
		}
		if err := exact(x, y); err != nil {
			return nil, err
		}
		return floatArithmetic(op, toFloat(x), toFloat(y))
	}
	switch op {
	case "+":
		switch a := a.(type) {
		case string:
			if b, ok := b.(string); ok {
				if len(a)+len(b) > mostText {
					return nil, errTooLong
				}
				return a + b, nil
			}
		case *List:
			if b, ok := b.(*List); ok && a.kind == b.kind && a.kind <= tuple {
				if len(a.Items)+len(b.Items) > mostItems {
					return nil, errTooMany
				}
				return &List{Items: slices.Concat(a.Items, b.Items), kind: a.kind}, nil
			}
		}
	case "*":
		if n, ok := x.(int64); ok {
			return times(b, n)
		} else if n, ok := y.(int64); ok {
			return times(a, n)
		}
	case "%":
		if s, ok := a.(string); ok {
			return percent(s, b)
		}
	}
	return nil, fmt.Errorf("%s is not defined for a %s and a %s", op, typeName(a), typeName(b))
}

// times is a text or a list, n times over.
func times(v any, n int64) (any, error) {
	switch v := v.(type) {
	case string:
		return repeated(v, n)
	case *List:
		if v.kind <= tuple {
			if n > 0 && int64(len(v.Items)) > mostItems/n {
				return nil, errTooMany
			}
			return &List{Items: slices.Repeat(v.Items, int(max(n, 0))), kind: v.kind}, nil
		}
	}
	return nil, fmt.Errorf("* is not defined for a %s and an int", typeName(v))
}

func integerArithmetic(op string, a, b int64) (any, error) {
	switch op {
	case "+":
		if c := a + b; (c > a) == (b > 0) {
			return c, nil
		}
	case "-":
		if c := a - b; (c < a) == (b > 0) {
			return c, nil
		}
	case "*":
		high, low := bits.Mul64(uint64(max(a, -a)), uint64(max(b, -b)))
		if high == 0 && low <= math.MaxInt64 && a != math.MinInt64 && b != math.MinInt64 {
			return a * b, nil
		}
	case "//", "%":
		if b == 0 {
			return nil, errors.New("division by zero")
		}
		if b == -1 {
			if op == "%" {
				return int64(0), nil
			}
			return integerArithmetic("-", 0, a)
		}
		quotient, rest := a/b, a%b
		if rest != 0 && (rest < 0) != (b < 0) { // Python rounds down, Go towards zero
			quotient, rest = quotient-1, rest+b
		}
		if op == "%" {
			return rest, nil
		}
		return quotient, nil
	case "**":
		if b < 0 {
			return nil, errors.New("a power that is not an integer is not supported")
		}
		c := new(big.Int).SetInt64(1)
		if b < 64 || a >= -1 && a <= 1 {
			c.Exp(big.NewInt(a), big.NewInt(b), nil)
			if c.IsInt64() {
				return c.Int64(), nil
			}
		}
	}
	return nil, errTooLarge
}

func floatArithmetic(op string, a, b float64) (any, error) {
	if b == 0 && slices.Contains([]string{"/", "//", "%"}, op) {
		return nil, errors.New("division by zero")
	}
	switch op {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	case "/":
		return a / b, nil
	case "//", "%": // CPython's float_divmod
		rest := math.Mod(a, b)
		quotient := (a - rest) / b
		if rest == 0 {
			rest = math.Copysign(0, b)
		} else if (b < 0) != (rest < 0) {
			rest, quotient = rest+b, quotient-1
		}
		if op == "%" {
			return rest, nil
		}
		if quotient == 0 {
			return math.Copysign(0, a/b), nil
		}
		whole := math.Floor(quotient)
		if quotient-whole > 0.5 {
			whole++
		}
		return whole, nil
	}
	return nil, errors.New("a power of floats is not supported") // its last digit is the C library's
}
