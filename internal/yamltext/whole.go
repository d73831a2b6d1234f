package yamltext

import "math"

// Whole returns a whole number in the types that YAML, JSON and Go make of one.
// Floating-point and unsigned values beyond an int32 are none.
func Whole(v any) (n int, ok bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case int64:
		return int(n), true
	case uint64:
		return int(n), n <= math.MaxInt32
	case float64:
		return int(n), n == math.Trunc(n) && math.Abs(n) < math.MaxInt32
	}
	return 0, false
}
