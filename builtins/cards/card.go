// Package cards draws cards: what a comparison, a diagnosis, an audit show. A
// card is a title, sentences, tables and notes beside a coloured edge, in the
// same words as text that stands alone and as HTML.
//
// It knows how they look, in notebooks on white and on black, and nothing of
// what they say.
package cards

import (
	"fmt"
	"html"
	"strings"

	"adkernel/internal/pattern"
)

// A Colour is of middling lightness, so that it reads on white and on black:
// its contrast with white and with #111 is 4.15 at least. All else inherits the notebook's. No
// card says by a colour what it does not say by words or marks as well.
type Colour string

// What the colours stand for.
const (
	Loss    Colour = "#d64545" // also what is wrong
	Gain    Colour = "#2a8a56" // also what is right
	Unclear Colour = "#a9700f"
	Neutral Colour = "#3f7ebd"
)

const (
	faint = "opacity:.7;"
	rule  = "border-bottom:1px solid rgba(128,128,128,.35);"
)

// Begin opens a card in HTML; verdict, in its colour, may be "". Styles are
// inline, since notebooks are sanitized.
func Begin(b *strings.Builder, c Colour, title, verdict string) {
	fmt.Fprintf(b, `<div style="font-family:sans-serif;font-size:13px;line-height:1.45;max-width:62em;border-left:4px solid %s;padding:2px 0 2px 14px">`+"\n", c)
	fmt.Fprintf(b, `<div style="font-size:15px;margin-bottom:2px"><b>%s</b>`, html.EscapeString(title))
	if verdict != "" {
		fmt.Fprintf(b, ` <span style="color:%s;font-weight:bold;margin-left:.5em">%s</span>`, c, html.EscapeString(verdict))
	}
	b.WriteString("</div>\n")
}

// End closes a card.
func End(b *strings.Builder) { b.WriteString("</div>\n") }

// Sentence adds what a card says below its title.
func Sentence(b *strings.Builder, words string) {
	fmt.Fprintf(b, `<div style="margin-bottom:8px">%s</div>`+"\n", Words(words))
}

// Heading begins a section.
func Heading(b *strings.Builder, words string) {
	fmt.Fprintf(b, `<div style="margin:12px 0 2px;%s"><b>%s</b></div>`+"\n", rule, html.EscapeString(words))
}

// Note adds a remark in small type: a method, what was left out.
func Note(b *strings.Builder, words string) {
	fmt.Fprintf(b, `<div style="font-size:11px;%smargin-top:6px">%s</div>`+"\n", faint, Words(words))
}

var (
	quoted   = pattern.New("`([^`]+)`")
	equation = pattern.New(`\b([npq]) ([=&][a-z;]*) ?(\d)`)
)

// Words is a sentence in HTML: what stands between backticks is code, and
// lines break neither within "n = 8" nor within "p < 0.05".
func Words(sentence string) string {
	escaped := html.EscapeString(sentence)
	escaped = equation().ReplaceAllString(escaped, "$1\u00a0$2\u00a0$3")
	return quoted().ReplaceAllString(escaped, `<code style="background:none;color:inherit;padding:0">$1</code>`)
}
