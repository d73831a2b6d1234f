package checkpoint

import (
	"fmt"
	"html"
	"strings"
	"text/tabwriter"

	"adkernel/kernel/host"
)

// A sheet is what a report shows: paragraphs and tables, once as text and
// once as the inside of a card in HTML.
type sheet struct {
	text  strings.Builder
	html  strings.Builder
	wrong bool // the card is marked as that of a fault
}

// Styles are inline, since notebooks are sanitized, and those of the
// comparison's card; colours are the reader's own, so that light and dark
// themes both work, or of middling lightness.
const (
	cardStyle  = "font-family:sans-serif;font-size:13px;line-height:1.45;max-width:62em;padding:2px 0 2px 14px;border-left:4px solid "
	tableStyle = "border-collapse:collapse;border:0;margin:2px 0 6px;font-size:inherit;color:inherit"
	cellStyle  = "padding:2px 12px 2px 0;border:0;background:none;color:inherit;vertical-align:top;font-variant-numeric:tabular-nums;"
	headStyle  = "border-bottom:1px solid rgba(128,128,128,.35);font-weight:normal;opacity:.7;"

	wrongColour   = "#d64545"
	neutralColour = "#4a86c5"
)

func (s *sheet) title(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	fmt.Fprintln(&s.text, line)
	fmt.Fprintf(&s.html, `<div style="font-size:15px;margin-bottom:2px"><b>%s</b></div>`+"\n", html.EscapeString(line))
}

func (s *sheet) line(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	fmt.Fprintln(&s.text, line)
	fmt.Fprintf(&s.html, `<div style="margin-bottom:8px">%s</div>`+"\n", html.EscapeString(line))
}

func (s *sheet) list(title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintln(&s.text, title)
	fmt.Fprintf(&s.html, `<div style="margin-top:6px"><b>%s</b></div>`+"\n"+`<ul style="margin:2px 0 4px;padding-left:1.4em">`+"\n", html.EscapeString(title))
	for _, item := range items {
		fmt.Fprintln(&s.text, "  - "+item)
		fmt.Fprintf(&s.html, `<li style="margin:1px 0">%s</li>`+"\n", html.EscapeString(item))
	}
	s.html.WriteString("</ul>\n")
}

// table writes rows under a heading. A column whose heading begins with a
// space holds numbers and is aligned to the right in HTML.
func (s *sheet) table(heading []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	s.html.WriteString(`<table style="` + tableStyle + `">` + "\n" + `<thead><tr style="background:none">`)
	for _, h := range heading {
		fmt.Fprintf(&s.html, `<th style="%s%s">%s</th>`, styleOf(h), headStyle, html.EscapeString(strings.TrimSpace(h)))
	}
	s.html.WriteString("</tr></thead>\n<tbody>\n")
	w := tabwriter.NewWriter(&s.text, 0, 0, 2, ' ', 0)
	writeRow(w, heading)
	for _, row := range rows {
		writeRow(w, row)
		s.html.WriteString(`<tr style="background:none">`)
		for i, cell := range row {
			fmt.Fprintf(&s.html, `<td style="%s">%s</td>`, styleOf(heading[i]), html.EscapeString(cell))
		}
		s.html.WriteString("</tr>\n")
	}
	w.Flush() // into memory: cannot fail
	s.html.WriteString("</tbody></table>\n")
}

func writeRow(w *tabwriter.Writer, cells []string) {
	trimmed := make([]string, len(cells))
	for i, c := range cells {
		trimmed[i] = strings.TrimSpace(c)
	}
	fmt.Fprintln(w, "  "+strings.Join(trimmed, "\t"))
}

func styleOf(heading string) string {
	switch {
	case strings.HasPrefix(heading, " "):
		return cellStyle + "text-align:right;white-space:nowrap;"
	case heading == "finding": // names tensors, which may be longer than what is left of the width
		return cellStyle + "text-align:left;overflow-wrap:anywhere;"
	}
	return cellStyle + "text-align:left;"
}

func (s *sheet) bundle() host.Bundle {
	colour := neutralColour
	if s.wrong {
		colour = wrongColour
	}
	card := fmt.Sprintf("<div style=\"%s%s\">\n%s</div>\n", cardStyle, colour, s.html.String())
	return host.Bundle{Data: map[string]any{"text/plain": s.text.String(), "text/html": card}}
}
