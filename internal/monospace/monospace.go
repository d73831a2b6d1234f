// Package monospace measures text in the columns of a terminal, where a letter may
// take two ("字", "👍🏽") or none (an accent by itself).
package monospace

import (
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
)

// Width is how many columns s takes on one line.
func Width(s string) int { return uniseg.StringWidth(s) }

// Left is s followed by blanks, at least width columns wide.
func Left(s string, width int) string { return s + blanks(s, width) }

// Right is s behind blanks, at least width columns wide.
func Right(s string, width int) string { return blanks(s, width) + s }

func blanks(s string, width int) string { return strings.Repeat(" ", max(0, width-Width(s))) }

// Line is s with its control characters as Go's escapes where that takes at
// most width columns; else the beginning of it and an ellipsis, which do. No
// letter is cut from its accents.
func Line(s string, width int) string {
	var b strings.Builder
	used, fits := 0, 0 // fits is how much of b leaves room for the ellipsis
	for state := -1; s != ""; {
		var letter string
		var wide int
		letter, s, wide, state = uniseg.FirstGraphemeClusterInString(s, state)
		if strings.ContainsFunc(letter, endsLines) {
			letter = strings.Trim(strconv.Quote(letter), `"`)
			wide = len(letter)
		}
		if used += wide; used > width {
			return b.String()[:fits] + "…"
		}
		b.WriteString(letter)
		if used < width {
			fits = b.Len()
		}
	}
	return b.String()
}

// Short is Line, but cuts a name, a path or a hash, ASCII without blanks, in its
// middle: names that begin alike are told apart by their ends.
func Short(s string, width int) string {
	if len(s) <= width || width < 1 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return Line(s, width)
	}
	head := width / 2
	return s[:head] + "…" + s[len(s)-(width-1-head):]
}

// endsLines reports whether a terminal or a browser takes r for anything but a letter.
func endsLines(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }

// leastWrapped is the least width to which Wrap breaks: in a narrower place every
// word would have a line.
const leastWrapped = 16

// Wrap breaks s between words into lines of at most width columns; words that are
// longer have a line each. Where there are fewer than 16 columns s stays whole.
func Wrap(s string, width int) []string {
	if width < leastWrapped || Width(s) <= width {
		return []string{s}
	}
	var lines []string
	for i, word := range strings.Split(s, " ") {
		if last := len(lines) - 1; i > 0 && Width(lines[last])+1+Width(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}
