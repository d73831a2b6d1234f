package task

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// parseFloat reads a cell as a float64, correctly rounded. (pandas before 3.0
// can be one unit in the last place off where a cell has more than 15 digits
// or an exponent beyond 22; those prompts would differ there.)
func parseFloat(cell string) (float64, bool) {
	switch strings.ToLower(cell) {
	case "inf", "+inf", "infinity", "+infinity":
		return math.Inf(1), true
	case "-inf", "-infinity":
		return math.Inf(-1), true
	}
	text := strings.Trim(cell, asciiSpace)
	if strings.Trim(text, "+-.0123456789eE") != "" {
		return 0, false // strconv also takes underscores, hexadecimal and names
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return v, true // beyond the range: an infinity
}

// formatFloat prints as Python's repr does: the shortest digits that read back
// the same, with an exponent below 1e-4 and from 1e16.
func formatFloat(v float64) string {
	magnitude := math.Abs(v)
	switch {
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	case magnitude >= 1e16 || magnitude != 0 && magnitude < 1e-4:
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
