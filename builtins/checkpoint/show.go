package checkpoint

import (
	"fmt"
	"html"
	"strings"
	"text/tabwriter"

	"adkernel/kernel/host"
)

// A sheet is what a report shows: paragraphs and tables, once as text and
// once as HTML.
type sheet struct {
	text strings.Builder
	html strings.Builder
}

// Styles are inline, since notebooks are sanitized; colours are the reader's
// own, so that light and dark themes both work.
const (
	cellStyle   = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;border-bottom:1px solid rgba(128,128,128,.35)"
	numberStyle = "padding:2px 10px 2px 0;text-align:right;vertical-align:top;white-space:nowrap;border-bottom:1px solid rgba(128,128,128,.35)"
)

func (s *sheet) title(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	fmt.Fprintln(&s.text, line)
	fmt.Fprintf(&s.html, "<p><b>%s</b></p>\n", html.EscapeString(line))
}

func (s *sheet) line(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	fmt.Fprintln(&s.text, line)
	fmt.Fprintf(&s.html, "<p>%s</p>\n", html.EscapeString(line))
}

func (s *sheet) list(title string, items []string) {
	if len(items) == 0 {
		return
	}
	s.line("%s", title)
	s.html.WriteString("<ul>\n")
	for _, item := range items {
		fmt.Fprintln(&s.text, "  - "+item)
		fmt.Fprintf(&s.html, "<li>%s</li>\n", html.EscapeString(item))
	}
	s.html.WriteString("</ul>\n")
}

// table writes rows under a heading. A column whose heading begins with a
// space holds numbers and is aligned to the right in HTML.
func (s *sheet) table(heading []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	s.html.WriteString(`<table style="border-collapse:collapse">` + "\n<tr>")
	for _, h := range heading {
		fmt.Fprintf(&s.html, `<th style="%s">%s</th>`, styleOf(h), html.EscapeString(strings.TrimSpace(h)))
	}
	s.html.WriteString("</tr>\n")
	w := tabwriter.NewWriter(&s.text, 0, 0, 2, ' ', 0)
	writeRow(w, heading)
	for _, row := range rows {
		writeRow(w, row)
		s.html.WriteString("<tr>")
		for i, cell := range row {
			fmt.Fprintf(&s.html, `<td style="%s">%s</td>`, styleOf(heading[i]), html.EscapeString(cell))
		}
		s.html.WriteString("</tr>\n")
	}
	w.Flush() // into memory: cannot fail
	s.html.WriteString("</table>\n")
}

func writeRow(w *tabwriter.Writer, cells []string) {
	trimmed := make([]string, len(cells))
	for i, c := range cells {
		trimmed[i] = strings.TrimSpace(c)
	}
	fmt.Fprintln(w, "  "+strings.Join(trimmed, "\t"))
}

func styleOf(heading string) string {
	if strings.HasPrefix(heading, " ") {
		return numberStyle
	}
	return cellStyle
}

func (s *sheet) bundle() host.Bundle {
	return host.Bundle{Data: map[string]any{"text/plain": s.text.String(), "text/html": s.html.String()}}
}
