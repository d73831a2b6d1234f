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

// A Colour is of middling lightness, so that its marks stand out from white and
// from black. All else inherits the notebook's. No card says by a colour what it
// does not say by words or marks as well.
type Colour string

// What the colours stand for.
const (
	Loss    Colour = "#d64545" // also what is wrong
	Gain    Colour = "#2a8a56" // also what is right
	Unclear Colour = "#a9700f"
	Neutral Colour = "#3f7ebd"
)

// textShare is how much of a colour words in it have, in percent; the rest is the
// notebook's own colour of text, so that their contrast is WCAG's 4.5 at least
// on light grounds and on dark ones.
const textShare = 75

// Text is the style of words in the colour. Browsers that cannot mix colours
// take it as it is.
func (c Colour) Text() string {
	return fmt.Sprintf("color:%s;color:color-mix(in srgb,%[1]s %d%%,currentColor)", c, textShare)
}

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
		fmt.Fprintf(b, ` <span style="%s;font-weight:bold;margin-left:.5em">%s</span>`, c.Text(), html.EscapeString(verdict))
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
	quoted = pattern.New("`([^`]+)`")

	// whole is a statement of a number, in HTML: "p &lt; 1e-12", "1e-12", "-3.7 points",
	// "-12 to -6 bits".
	whole = pattern.New(`\b[npq] (?:=|≥|≤|&lt;|&gt;) [-+]?[\d.]*\d(?:e[-+]?\d+)?` +
		`|[-+]?\b[\d.]*\d(?:e[-+]?\d+)?(?: %)? to [-+]?[\d.]*\d(?:e[-+]?\d+)?(?: (?:%|(?:bits|points|logits|nats|times|dB|s)\b))?` +
		`|[-+]?\b[\d.]*\d(?:e[-+]\d+(?: %)?| %| (?:bits|points|logits|nats|times|dB|s)\b)`)
)

// Words is a sentence in HTML: what stands between backticks is code, and lines
// break in no number.
func Words(sentence string) string {
	return quoted().ReplaceAllString(Plain(sentence), `<code style="background:none;color:inherit;padding:0">$1</code>`)
}

// Plain is words in HTML that quote no code. Lines break neither within a number
// or a range, as browsers do behind the hyphen of 1e-12, nor between it and its unit.
func Plain(words string) string {
	return whole().ReplaceAllString(html.EscapeString(words), `<span style="white-space:nowrap">$0</span>`)
}
