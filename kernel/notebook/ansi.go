package notebook

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"adkernel/internal/pattern"
)

// escapeSequence matches what programs send to terminals beside text: control
// sequences (CSI), operating system commands (OSC), and two-character escapes.
var escapeSequence = pattern.New(`\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_]`)

// ansiHTML is terminal text as HTML: colours and weights (ECMA-48 SGR) become
// spans, and other sequences are dropped.
func ansiHTML(text string) template.HTML {
	var out strings.Builder
	var style graphics
	at := 0
	for _, m := range escapeSequence().FindAllStringSubmatchIndex(text, -1) {
		style.write(&out, text[at:m[0]])
		if m[4] >= 0 && text[m[4]:m[5]] == "m" {
			style.set(text[m[2]:m[3]])
		}
		at = m[1]
	}
	style.write(&out, text[at:])
	return template.HTML(out.String())
}

// graphics is how text looks at some place. Colours are CSS values.
type graphics struct {
	foreground, background          string
	bold, faint, italic, underlined bool
}

func (g *graphics) write(out *strings.Builder, text string) {
	if text == "" {
		return
	}
	escaped := template.HTMLEscapeString(text)
	if *g == (graphics{}) {
		out.WriteString(escaped)
		return
	}
	fmt.Fprintf(out, `<span style="%s">%s</span>`, g.css(), escaped)
}

func (g *graphics) css() string {
	var rules []string
	add := func(set bool, rule string) {
		if set {
			rules = append(rules, rule)
		}
	}
	add(g.foreground != "", "color:"+g.foreground)
	add(g.background != "", "background:"+g.background)
	add(g.bold, "font-weight:bold")
	add(g.faint, "opacity:.7")
	add(g.italic, "font-style:italic")
	add(g.underlined, "text-decoration:underline")
	return strings.Join(rules, ";")
}

// set applies the parameters of one SGR sequence.
func (g *graphics) set(parameters string) {
	var codes []int
	for _, p := range strings.FieldsFunc(parameters+";", func(r rune) bool { return r == ';' || r == ':' }) {
		code, err := strconv.Atoi(p)
		if err != nil {
			return
		}
		codes = append(codes, code)
	}
	if len(codes) == 0 {
		codes = []int{0}
	}
	for len(codes) > 0 {
		code := codes[0]
		codes = codes[1:]
		switch {
		case code == 0:
			*g = graphics{}
		case code == 1:
			g.bold = true
		case code == 2:
			g.faint = true
		case code == 3:
			g.italic = true
		case code == 4:
			g.underlined = true
		case code == 22:
			g.bold, g.faint = false, false
		case code == 23:
			g.italic = false
		case code == 24:
			g.underlined = false
		case code == 38:
			g.foreground, codes = extendedColour(codes)
		case code == 48:
			g.background, codes = extendedColour(codes)
		case code == 39:
			g.foreground = ""
		case code == 49:
			g.background = ""
		case 30 <= code && code <= 37 || 90 <= code && code <= 97:
			g.foreground = namedColour(code%10 + code/90*8)
		case 40 <= code && code <= 47 || 100 <= code && code <= 107:
			g.background = namedColour(code%10 + code/100*8)
		}
	}
}

// namedColour is one of the 16 that a terminal's theme defines, as the page does.
func namedColour(n int) string { return fmt.Sprintf("var(--ansi-%d)", n) }

// extendedColour reads 5;n (the 256 colours of xterm) or 2;r;g;b.
func extendedColour(codes []int) (colour string, rest []int) {
	switch {
	case len(codes) >= 2 && codes[0] == 5:
		return paletteColour(codes[1]), codes[2:]
	case len(codes) >= 4 && codes[0] == 2:
		return fmt.Sprintf("rgb(%d,%d,%d)", codes[1], codes[2], codes[3]), codes[4:]
	}
	return "", nil
}

// paletteColour is one of xterm's: 16 named, a cube of 6x6x6, 24 greys.
func paletteColour(n int) string {
	switch {
	case n < 0 || n > 255:
		return ""
	case n < 16:
		return namedColour(n)
	case n < 232:
		level := func(i int) int {
			if i == 0 {
				return 0
			}
			return 55 + 40*i
		}
		n -= 16
		return fmt.Sprintf("rgb(%d,%d,%d)", level(n/36), level(n/6%6), level(n%6))
	default:
		grey := 8 + 10*(n-232)
		return fmt.Sprintf("rgb(%d,%d,%d)", grey, grey, grey)
	}
}
