package console

import (
	"io"
	"os"
	"strings"

	"adkernel/internal/monospace"
	"adkernel/internal/pattern"
)

// Folded is a card's text as w shows it: folded where that is a terminal.
func Folded(w io.Writer, card string) string {
	if f, ok := w.(*os.File); ok && IsTerminal(f) {
		return fold(card, terminalWidth())
	}
	return card
}

// gap parts the columns of a table.
var gap = pattern.New(`\S {2,}`)

// fold breaks the sentences of a card's text between words, so that each line
// fits into width columns, and sets what follows below where a sentence
// began: a terminal would break amid words. Lines of tables stay as they are,
// but for a sentence in their last column.
func fold(text string, width int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		body := strings.TrimSuffix(line, "\n")
		b.WriteString(foldLine(body, width))
		b.WriteString(line[len(body):])
	}
	return b.String()
}

func foldLine(line string, width int) string {
	if columns(line) <= width {
		return line
	}
	begin := len(line) - len(strings.TrimLeft(line, " "))
	if strings.HasPrefix(line[begin:], "- ") {
		begin += len("- ")
	}
	if gaps := gap().FindAllStringIndex(line[begin:], -1); len(gaps) > 0 {
		begin += gaps[len(gaps)-1][1]
		if len(gaps) > 1 || !strings.Contains(line[begin:], " ") {
			return line
		}
	}
	indent := columns(line[:begin])
	if indent > width/2 {
		return line
	}
	var b strings.Builder
	b.WriteString(line[:begin])
	used := indent
	for i, word := range strings.Split(line[begin:], " ") {
		length := columns(word)
		switch {
		case i == 0:
		case used+1+length > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used += length
	}
	return b.String()
}

// columns is how many columns of a terminal text takes that begins a line.
func columns(text string) int {
	const tab = 8
	used := 0
	for i, part := range strings.Split(StripEscapes(text), "\t") {
		if i > 0 {
			used += tab - used%tab
		}
		used += monospace.Width(part)
	}
	return used
}
