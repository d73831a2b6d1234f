package diagnose

import (
	"fmt"
	"html"
	"strings"

	"adkernel/builtins/compare"
)

// The colours are those of the comparison's card: of middling lightness, so
// that they read on white and on black; all else inherits the notebook's.
const (
	lossColour    = "#d64545"
	gainColour    = "#2f9e63"
	unclearColour = "#c07f1a"
	neutralColour = "#4a86c5"
)

func (d *Diagnosis) colour() string {
	switch {
	case d.Comparison.Verdict.Outcome == compare.Underpowered:
		return unclearColour
	case len(d.Suspects) == 0:
		return neutralColour
	case d.Suspects[0].Standing == Shown && !d.Suspects[0].Legitimate:
		return lossColour
	}
	return unclearColour
}

// html is the card for notebooks. Styles are inline, since notebooks are
// sanitized.
func (c card) html() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<div style="font-family:sans-serif;font-size:13px;line-height:1.45;max-width:62em;border-left:4px solid %s;padding:2px 0 2px 14px">`, c.colour)
	fmt.Fprintf(&b, `<div style="font-size:15px;margin-bottom:2px"><b>%s</b></div>`, html.EscapeString(c.title))
	fmt.Fprintf(&b, `<div style="margin-bottom:8px">%s</div>`, html.EscapeString(c.words))
	for _, s := range c.sections {
		s.html(&b)
	}
	for _, note := range c.notes {
		fmt.Fprintf(&b, `<div style="font-size:11px;opacity:.7;margin-top:6px">%s</div>`, html.EscapeString(note))
	}
	b.WriteString(`</div>`)
	return b.String()
}

func (s section) html(b *strings.Builder) {
	fmt.Fprintf(b, `<div style="margin:12px 0 2px;border-bottom:1px solid rgba(128,128,128,.35)"><b>%s</b></div>`, html.EscapeString(s.head))
	for _, p := range s.parts {
		if p.lead+p.words != "" {
			fmt.Fprintf(b, `<div style="margin-top:6px"><b>%s</b> %s</div>`, html.EscapeString(p.lead), html.EscapeString(p.words))
		}
		if len(p.items) == 0 {
			continue
		}
		b.WriteString(`<ul style="margin:2px 0 4px;padding-left:1.4em">`)
		for _, item := range p.items {
			fmt.Fprintf(b, `<li style="margin:1px 0">%s</li>`, itemHTML(item))
		}
		b.WriteString(`</ul>`)
	}
}

// itemHTML sets the first words of an item, up to a colon, apart.
func itemHTML(item string) string {
	head, rest, ok := strings.Cut(item, ": ")
	if !ok {
		return html.EscapeString(item)
	}
	style := "opacity:.7"
	switch head {
	case "for":
		style = "color:" + lossColour
	case "against":
		style = "color:" + gainColour
	case "next probe":
		return fmt.Sprintf(`<span style="opacity:.7">%s:</span> <code style="background:none;color:inherit">%s</code>`, head, html.EscapeString(rest))
	}
	return fmt.Sprintf(`<span style="%s">%s:</span> %s`, style, html.EscapeString(head), html.EscapeString(rest))
}
