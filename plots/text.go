package plots

import (
	"fmt"
	"math"
	"strings"
	"unicode"

	"adkernel/internal/monospace"
)

// clean makes text from outside fit for one line in every form: no control
// characters, which XML forbids, and no broken UTF-8.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "�"), func(r rune) bool { return unicode.IsControl(r) }), " ")
}

// runName is the name of a run, or what it stands for where it has none.
func runName(name, role string) string {
	if name = clean(name); name == "" {
		return role
	}
	return name
}

// counted is a number of things: "1 subject", "57 subjects".
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// textTable sets rows in columns, the first aligned left and the others right.
func textTable(header []string, rows [][]string) string {
	widths := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], monospace.Width(cell))
		}
	}
	var out strings.Builder
	for _, row := range append([][]string{header}, rows...) {
		var line strings.Builder
		for i, cell := range row {
			if i == 0 {
				line.WriteString(monospace.Left(cell, widths[i]))
			} else {
				line.WriteString("  " + monospace.Right(cell, widths[i]))
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return out.String()
}

// textInterval draws low, value and high on a line of so many characters that
// spans from to to, with a bar at mark unless that is NaN.
func textInterval(value, low, high, mark, from, to float64, width int) string {
	cells := []rune(strings.Repeat("·", width))
	at := func(v float64) int {
		share := (v - from) / (to - from)
		if math.IsInf(to-from, 0) { // the range is all that a float64 holds
			share = (v/2 - from/2) / (to/2 - from/2)
		}
		return int(clamp(share, 0, 1)*float64(width-1) + 0.5)
	}
	if finite(low, high) {
		for i := at(low); i <= at(high); i++ {
			cells[i] = '─'
		}
	}
	if finite(mark) {
		cells[at(mark)] = '│'
	}
	if finite(value) {
		cells[at(value)] = '●'
	}
	return string(cells)
}

func clamp(v, low, high float64) float64 { return min(max(v, low), high) }
