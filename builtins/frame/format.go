package frame

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// formatter writes the values of a column as a person reads them.
type formatter struct {
	column   *Column
	decimals int  // of floats
	science  bool // all floats with exponents
}

// significant is how many digits the largest float of a column shows.
const significant = 5

// newFormatter looks at the given rows of c, those that are shown, so that
// floats get the same number of decimals: as many as any of them needs, but
// not more than the largest has significant digits.
func newFormatter(c *Column, rows []int) formatter {
	f := formatter{column: c}
	if c.kind != Float {
		return f
	}
	largest := 0.0
	var finite []float64
	for _, i := range rows {
		if v := c.floats[i]; !c.IsNull(i) && !math.IsNaN(v) && !math.IsInf(v, 0) {
			finite = append(finite, v)
			largest = max(largest, math.Abs(v))
		}
	}
	if largest != 0 && (largest >= 1e15 || largest < 1e-4) {
		f.science = true
		return f
	}
	most := significant - 1
	if largest > 0 {
		most = max(1, significant-1-int(math.Floor(math.Log10(largest))))
	}
	for f.decimals = 1; f.decimals < most; f.decimals++ {
		if allShortAt(finite, f.decimals, largest) {
			break
		}
	}
	return f
}

// allShortAt reports whether values lose nothing but rounding errors at that
// many decimals.
func allShortAt(values []float64, decimals int, largest float64) bool {
	scale := math.Pow10(decimals)
	for _, v := range values {
		if math.Abs(v*scale-math.Round(v*scale)) > 1e-9*scale*largest {
			return false
		}
	}
	return true
}

// text is row i; nulls are empty.
func (f formatter) text(i int) string {
	if f.column.IsNull(i) {
		return ""
	}
	if f.column.kind == Float {
		return f.float(f.column.floats[i])
	}
	return f.column.label(i)
}

func (f formatter) float(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	case f.science && v != 0:
		return strconv.FormatFloat(v, 'e', significant-1, 64)
	case v != 0 && math.Abs(v) < math.Pow10(-f.decimals)/2:
		return strconv.FormatFloat(v, 'e', 1, 64) // would read as 0
	}
	s := strconv.FormatFloat(v, 'f', f.decimals, 64)
	if v == 0 {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

// grouped writes n with spaces between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// plural is "1 row", "2 rows".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", grouped(n), noun)
}
