package display

import (
	"fmt"
	"unicode/utf8"
)

// MaxText is how many bytes of text are drawn of one value: more than anybody
// reads, and little enough that a notebook which holds it can be opened.
const MaxText = 1 << 20

// noteRoom is what the note takes that says how much of a text was left out.
const noteRoom = 64

// Cut shortens text to MaxText bytes, of which the last say how many it left out.
func Cut(text string) string { return cutBytes(text, MaxText) }

func cutBytes(text string, most int) string {
	if len(text) <= most {
		return text
	}
	begin := head(text, max(0, most-noteRoom))
	return fmt.Sprintf("%s\n… %s more bytes", begin, number(len(text)-len(begin)))
}

// head is the first n bytes of text, or some fewer where those would end within
// a character.
func head(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for at := n; at > max(0, n-utf8.UTFMax); at-- {
		if utf8.RuneStart(text[at]) {
			return text[:at]
		}
	}
	return text[:n] // of bytes that are no text
}

// cut shortens text to width characters.
func cut(text string, width int) string {
	n, last := 0, 0
	for i := range text {
		if n == width-1 {
			last = i
		}
		if n == width {
			return text[:last] + "…"
		}
		n++
	}
	return text
}
