package diagnose

import (
	"fmt"
	"html"
	"strings"

	"adkernel/builtins/cards"
	"adkernel/builtins/compare"
)

func (d *Diagnosis) colour() cards.Colour {
	switch {
	case d.Comparison.Verdict.Outcome == compare.Underpowered:
		return cards.Unclear
	case len(d.Suspects) == 0:
		return cards.Neutral
	case d.Suspects[0].Standing == Shown && !d.Suspects[0].Legitimate:
		return cards.Loss
	}
	return cards.Unclear
}

// html is the card for notebooks.
func (c card) html() string {
	var b strings.Builder
	cards.Begin(&b, c.colour, c.title, "")
	cards.Sentence(&b, c.words)
	for _, s := range c.sections {
		s.html(&b)
	}
	for _, note := range c.notes {
		cards.Note(&b, note)
	}
	cards.End(&b)
	return b.String()
}

func (s section) html(b *strings.Builder) {
	cards.Heading(b, s.head)
	for _, p := range s.parts {
		if p.lead+p.words != "" {
			fmt.Fprintf(b, `<div style="margin-top:6px"><b>%s</b> %s</div>`+"\n", cards.Words(p.lead), cards.Words(p.words))
		}
		if len(p.items) == 0 {
			continue
		}
		b.WriteString(`<ul style="margin:2px 0 4px;padding-left:1.4em">` + "\n")
		for _, item := range p.items {
			fmt.Fprintf(b, `<li style="margin:1px 0">%s</li>`+"\n", itemHTML(item))
		}
		b.WriteString("</ul>\n")
	}
}

// itemHTML sets the first words of an item, up to a colon, apart.
func itemHTML(item string) string {
	head, rest, ok := strings.Cut(item, ": ")
	if !ok {
		return cards.Words(item)
	}
	style := "opacity:.7"
	switch head {
	case "for":
		style = cards.Loss.Text()
	case "against":
		style = cards.Gain.Text()
	case "next probe":
		return fmt.Sprintf(`<span style="opacity:.7">%s:</span> <code style="background:none;color:inherit">%s</code>`, head, html.EscapeString(rest))
	}
	return fmt.Sprintf(`<span style="%s">%s:</span> %s`, style, cards.Words(head), cards.Words(rest))
}
