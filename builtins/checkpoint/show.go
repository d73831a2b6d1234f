package checkpoint

import (
	"fmt"
	"strings"

	"adkernel/builtins/cards"
	"adkernel/kernel/host"
)

// A sheet is what a report shows: paragraphs and tables, once as text and
// once as the inside of a card in HTML.
type sheet struct {
	head  string
	text  strings.Builder
	html  strings.Builder
	wrong bool // the card is marked as that of a fault
}

func (s *sheet) title(format string, args ...any) {
	s.head = fmt.Sprintf(format, args...)
	fmt.Fprintln(&s.text, s.head)
}

func (s *sheet) line(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	fmt.Fprintln(&s.text, line)
	cards.Sentence(&s.html, line)
}

// note is a line of less weight, after all others.
func (s *sheet) note(words string) {
	fmt.Fprintln(&s.text, words)
	cards.Note(&s.html, words)
}

func (s *sheet) list(title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintln(&s.text, title)
	fmt.Fprintf(&s.html, `<div style="margin-top:6px"><b>%s</b></div>`+"\n"+`<ul style="margin:2px 0 4px;padding-left:1.4em">`+"\n", cards.Words(title))
	for _, item := range items {
		fmt.Fprintln(&s.text, "  - "+item)
		fmt.Fprintf(&s.html, `<li style="margin:1px 0;overflow-wrap:anywhere">%s</li>`+"\n", cards.Words(item))
	}
	s.html.WriteString("</ul>\n")
}

// table shows rows, if there are any.
func (s *sheet) table(t cards.Table) {
	if len(t.Rows) == 0 {
		return
	}
	t.Text(&s.text)
	t.HTML(&s.html)
}

func (s *sheet) bundle() host.Bundle {
	colour := cards.Neutral
	if s.wrong {
		colour = cards.Loss
	}
	var page strings.Builder
	cards.Begin(&page, colour, s.head, "")
	page.WriteString(s.html.String())
	cards.End(&page)
	return host.Bundle{Data: map[string]any{"text/plain": s.text.String(), "text/html": page.String()}}
}
