package frame

import (
	"math"
	"sync/atomic"
)

// arithmetic returns an operation on numbers and bools (true is 1): in int64
// when no argument is float64, and an error when that does not fit.
func arithmetic(ints func(a, b int64) (int64, bool), floats func(a, b float64) float64) func(application) (*Column, error) {
	return func(a application) (*Column, error) {
		if err := a.want("numbers", Float, Int, Bool); err != nil {
			return nil, err
		}
		x, y := a.arguments[0], a.arguments[1]
		if a.isFloat() {
			return a.result(&Column{kind: Float, floats: zip(a.rows, x.numbers(), y.numbers(), floats)}), nil
		}
		null := a.nulls()
		var failures atomic.Int64
		result := zip(a.rows, x.integers(), y.integers(), func(x, y int64) int64 {
			v, ok := ints(x, y)
			if !ok {
				failures.Add(1)
			}
			return v
		})
		if failures.Load() > 0 {
			if row := firstFailure(a, null, ints); row >= 0 {
				return nil, wrong(a.at, "%s has no int64 result in row %d (%d and %d): make one side float64 with float(...)",
					a.operation, row, x.integers()[x.row(row)], y.integers()[y.row(row)])
			}
		}
		return a.result(&Column{kind: Int, ints: result}), nil
	}
}

// firstFailure returns the first row, other than null ones, without a result.
func firstFailure(a application, null []bool, ints func(a, b int64) (int64, bool)) int {
	x, y := a.arguments[0], a.arguments[1]
	xs, ys := x.integers(), y.integers()
	for i := range a.rows {
		if null != nil && null[i] {
			continue
		}
		if _, ok := ints(xs[x.row(i)], ys[y.row(i)]); !ok {
			return i
		}
	}
	return -1
}

func addInts(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

func subtractInts(a, b int64) (int64, bool) {
	difference := a - b
	return difference, (difference < a) == (b > 0)
}

func multiplyInts(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	product := a * b
	return product, product/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64)
}

// remainder has the sign of a, as in Go; there is none by 0.
func remainder(a, b int64) (int64, bool) {
	if b == 0 {
		return 0, false
	}
	return a % b, true
}

func plus(a application) (*Column, error) {
	x, y := a.arguments[0], a.arguments[1]
	if x.kind == String && y.kind == String {
		joined := zip(a.rows, x.texts(), y.texts(), func(s, t string) string { return s + t })
		return a.result(Strings("", joined)), nil
	}
	return arithmetic(addInts, func(a, b float64) float64 { return a + b })(a)
}

func divide(a application) (*Column, error) {
	if err := a.want("numbers", Float, Int, Bool); err != nil {
		return nil, err
	}
	x, y := a.arguments[0].numbers(), a.arguments[1].numbers()
	return a.result(&Column{kind: Float, floats: zip(a.rows, x, y, func(a, b float64) float64 { return a / b })}), nil
}

func negate(a application) (*Column, error) {
	zero := operand{Ints("", []int64{0}), true, a.at}
	if a.arguments[0].kind == Float { // 0 - x would lose the sign of zero
		return function(func(v float64) float64 { return -v })(a)
	}
	return arithmetic(subtractInts, nil)(application{call{a.at, "-", nil}, []operand{zero, a.arguments[0]}, a.rows})
}

func absolute(a application) (*Column, error) {
	if a.arguments[0].kind == Float {
		return function(math.Abs)(a)
	}
	ints := func(v, _ int64) (int64, bool) { return max(v, -v), v != math.MinInt64 }
	return arithmetic(ints, nil)(application{a.call, []operand{a.arguments[0], a.arguments[0]}, a.rows})
}

// function returns an operation from float64 to float64.
func function(f func(float64) float64) func(application) (*Column, error) {
	return func(a application) (*Column, error) {
		if err := a.want("a number", Float, Int, Bool); err != nil {
			return nil, err
		}
		return a.result(&Column{kind: Float, floats: mapped(a.arguments[0].numbers(), f)}), nil
	}
}

// round rounds to a number of decimals, 0 when not given, halves away from 0.
func round(a application) (*Column, error) {
	decimals := int64(0)
	if len(a.arguments) == 2 {
		given := a.arguments[1]
		if !given.scalar || given.kind != Int || given.ints[0] < 0 || given.ints[0] > 15 {
			return nil, wrong(given.at, "round needs a number of decimals from 0 to 15")
		}
		decimals = given.ints[0]
	}
	scale := math.Pow10(int(decimals))
	a.arguments = a.arguments[:1]
	return function(func(v float64) float64 {
		if scaled := v * scale; math.Abs(scaled) < 1<<52 {
			return math.Round(scaled) / scale
		}
		return v // has no decimals to round, or is not finite
	})(a)
}

// toInt cuts off decimals; values that do not fit are an error.
func toInt(a application) (*Column, error) {
	if err := a.want("a number", Float, Int, Bool); err != nil {
		return nil, err
	}
	argument := a.arguments[0]
	if argument.kind != Float {
		return &Column{kind: Int, ints: argument.integers(), null: argument.null}, nil
	}
	ints := make([]int64, a.rows)
	for i, v := range argument.floats {
		if !(v >= -1<<63 && v < 1<<63) {
			return nil, wrong(argument.at, "int: row %d is %v, which does not fit int64", i, v)
		}
		ints[i] = int64(v)
	}
	return &Column{kind: Int, ints: ints, null: argument.null}, nil
}
