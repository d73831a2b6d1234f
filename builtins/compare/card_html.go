package compare

import (
	"fmt"
	"html"
	"strings"
)

// The colours are of middling lightness, so that they read on white and on
// black; all else inherits the notebook's.
const (
	lossColour    = "#d64545"
	gainColour    = "#2f9e63"
	unclearColour = "#c07f1a"
	neutralColour = "#4a86c5"
)

func (o Outcome) colour() string {
	switch o {
	case RealLoss:
		return lossColour
	case Gain:
		return gainColour
	case Underpowered:
		return unclearColour
	}
	return neutralColour
}

// html is the card for notebooks. Styles are inline, since notebooks are
// sanitized.
func (c card) html() string {
	var b strings.Builder
	colour := c.verdict.Outcome.colour()
	fmt.Fprintf(&b, `<div style="font-family:sans-serif;font-size:13px;line-height:1.45;max-width:56em;border-left:4px solid %s;padding:2px 0 2px 14px">`, colour)
	fmt.Fprintf(&b, `<div style="font-size:15px;margin-bottom:2px"><b>%s</b> <span style="color:%s;font-weight:bold;margin-left:.5em">%s</span></div>`,
		html.EscapeString(c.title), colour, html.EscapeString(string(c.verdict.Outcome)))
	fmt.Fprintf(&b, `<div style="margin-bottom:8px">%s</div>`, html.EscapeString(c.verdict.Words))
	for _, t := range c.tables {
		t.html(&b)
	}
	for _, note := range c.notes {
		fmt.Fprintf(&b, `<div style="font-size:11px;opacity:.7;margin-top:6px">%s</div>`, html.EscapeString(note))
	}
	b.WriteString(`</div>`)
	return b.String()
}
