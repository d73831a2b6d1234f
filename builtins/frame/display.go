package frame

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"adkernel/internal/monospace"
	"adkernel/kernel/host"
)

// What a display shows at most; the rest is counted.
const (
	rowsShown    = 60 // a frame of more rows shows its first and last ones
	edgeRows     = 10 // rows at either end when some are left out
	columnsShown = 100
	textWidth    = 160 // characters of a line of text that is kept
	leastWidth   = 24  // of a line, and of a cell before it is cut: more than numbers have
	columnGap    = 2   // characters between columns of text
	htmlCell     = 100 // characters of a cell in HTML; more show on hovering
	hoverCell    = 2000
)

// MimeBundle shows f as a table, in HTML and as text; a frame that carries an
// error as the error's text. Whoever displays values must check Err first, and
// fail.
func (f *Frame) MimeBundle() host.Bundle {
	bundle := host.Text(f.String())
	if f.Err() == nil {
		bundle.Data["text/html"] = f.html()
	}
	return bundle
}

// MimeBundle shows c as a table of one column.
func (c *Column) MimeBundle() host.Bundle { return c.table().MimeBundle() }

// String returns c as a table of one column.
func (c *Column) String() string { return c.table().String() }

func (c *Column) table() *Frame {
	if c.err != nil {
		return failed(c.err)
	}
	return New(c)
}

// shownRows returns the rows that a display shows, and how many it leaves out
// after the first edgeRows of them.
func (f *Frame) shownRows() (rows []int, left int) {
	n := f.Len()
	if n > rowsShown {
		left = n - 2*edgeRows
	}
	for i := range n {
		if left == 0 || i < edgeRows || i >= n-edgeRows {
			rows = append(rows, i)
		}
	}
	return rows, left
}

// shape is "57 rows × 4 columns".
func (f *Frame) shape() string {
	return plural(f.Len(), "row") + " × " + plural(len(f.all()), "column")
}

// String returns f as a table with aligned columns, their kinds below their
// names; the text of the error when f carries one.
func (f *Frame) String() string {
	if err := f.Err(); err != nil {
		return "error: " + err.Error()
	}
	rows, left := f.shownRows()
	width := lineWidth()
	columns, cut := f.textColumns(rows, width)
	var b strings.Builder
	for i := range len(rows) + headLines {
		if i == edgeRows+headLines && left > 0 {
			fmt.Fprintf(&b, "… %s\n", moreRows(left))
		}
		if len(columns) > 0 {
			b.WriteString(textLine(columns, i) + "\n")
		}
	}
	b.WriteString(f.shape())
	if len(cut) > 0 {
		fmt.Fprintf(&b, "; cut at …: %s", monospace.Line(strings.Join(cut, ", "), width))
	}
	if hidden := f.Columns()[len(columns):]; len(hidden) > 0 {
		fmt.Fprintf(&b, "; not shown: %s", monospace.Line(strings.Join(hidden, ", "), width))
	}
	return b.String()
}

// lineWidth is how many characters a line of text may have.
func lineWidth() int {
	if width := host.LineWidth(); width > 0 {
		return max(width, leastWidth)
	}
	return textWidth
}

// textColumns returns the columns that fit on a line of width characters, from
// the first, and the names of those in which a line is cut. Columns of long cells
// share what room the others leave.
func (f *Frame) textColumns(rows []int, width int) (columns []textColumn, cut []string) {
	cellWidth := max(leastWidth, 3*width/10)
	room := width + columnGap // the last column has no gap behind it
	var long []int
	for i, c := range f.all() {
		column := newTextColumn(c, rows, 2*width)
		if room -= min(column.width, cellWidth) + columnGap; room < 0 && i > 0 {
			room += min(column.width, cellWidth) + columnGap
			break
		}
		columns = append(columns, column)
		if column.width > cellWidth {
			long = append(long, i)
		}
	}
	slices.SortFunc(long, func(a, b int) int { return cmp.Compare(columns[a].width, columns[b].width) })
	isCut := make([]bool, len(columns))
	for done, i := range long {
		limit := min(columns[i].width, cellWidth+room/(len(long)-done))
		room -= limit - cellWidth
		isCut[i] = limit < columns[i].width
		columns[i].limit(limit)
	}
	for i, name := range f.Columns()[:len(columns)] {
		if isCut[i] {
			cut = append(cut, name)
		}
	}
	return columns, cut
}

func moreRows(n int) string {
	if n == 1 {
		return "1 more row"
	}
	return grouped(n) + " more rows"
}

// headLines is how many lines of text stand above the cells: name, kind, rule.
const headLines = 3

// textColumn is a column's name, kind, rule and cells, all but padded.
type textColumn struct {
	lines []string
	right bool // aligned
	width int
}

// newTextColumn writes c at its full width, or at most.
func newTextColumn(c *Column, rows []int, most int) textColumn {
	column := textColumn{lines: []string{c.name, c.kind.String(), ""}, right: c.kind == Float || c.kind == Int}
	format := newFormatter(c, rows)
	for _, i := range rows {
		cell := format.text(i)
		if c.IsNull(i) {
			cell = "null"
		}
		column.lines = append(column.lines, cell)
	}
	column.limit(most)
	return column
}

// limit cuts the lines that are wider, and sets the width.
func (c *textColumn) limit(width int) {
	c.width = 0
	for i, line := range c.lines {
		if i != headLines-1 {
			c.lines[i] = monospace.Short(line, width)
			c.width = max(c.width, monospace.Width(c.lines[i]))
		}
	}
	c.lines[headLines-1] = strings.Repeat("─", c.width)
}

func textLine(columns []textColumn, i int) string {
	var b strings.Builder
	gap := strings.Repeat(" ", columnGap)
	for _, c := range columns {
		if c.right {
			b.WriteString(monospace.Right(c.lines[i], c.width) + gap)
		} else {
			b.WriteString(monospace.Left(c.lines[i], c.width) + gap)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// Styles stand at each element and take their colours from the text around
// them: notebooks on the web lose style sheets, and themes are light and dark.
const (
	tableStyle = "border-collapse:collapse;border:none;font-size:13px;font-variant-numeric:tabular-nums;margin:0"
	headStyle  = "padding:4px 10px;border:none;border-bottom:1px solid rgba(128,128,128,.6);vertical-align:bottom;background:none;white-space:nowrap;"
	// white-space:pre keeps the blanks that a model's answers begin with.
	cellStyle = "padding:3px 10px;border:none;border-bottom:1px solid rgba(128,128,128,.18);white-space:pre;"
	faint     = "opacity:.7;font-weight:normal;"
)

func alignment(c *Column) string {
	if c.kind == Float || c.kind == Int {
		return "text-align:right;"
	}
	return "text-align:left;"
}

func (f *Frame) html() string {
	rows, left := f.shownRows()
	columns := f.all()
	hidden := 0
	if len(columns) > columnsShown {
		hidden = len(columns) - columnsShown
		columns = columns[:columnsShown]
	}
	var b strings.Builder
	b.WriteString(`<div style="max-width:100%;overflow-x:auto;scrollbar-color:rgba(128,128,128,.6) transparent"><table style="` + tableStyle + `">` + "\n<thead><tr>")
	for _, c := range columns {
		b.WriteString(htmlHead(c))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	formats := make([]formatter, len(columns))
	for i, c := range columns {
		formats[i] = newFormatter(c, rows)
	}
	for at, i := range rows {
		if at == edgeRows && left > 0 {
			fmt.Fprintf(&b, `<tr style="background:none"><td colspan="%d" style="%s%stext-align:left">… %s</td></tr>`+"\n",
				len(columns), cellStyle, faint, moreRows(left))
		}
		b.WriteString(`<tr style="background:none">`)
		for _, format := range formats {
			b.WriteString(htmlCellOf(format, i))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div>\n")
	fmt.Fprintf(&b, `<div style="%sfont-size:12px;padding:4px 10px">%s`, faint, f.shape())
	if hidden > 0 {
		fmt.Fprintf(&b, "; the last %s not shown", plural(hidden, "column"))
	}
	b.WriteString("</div>")
	return b.String()
}

// htmlHead is a column's name above its kind; hovering counts its nulls.
func htmlHead(c *Column) string {
	hover := fmt.Sprintf("%s: %s", c.name, c.kind)
	if n := c.Nulls(); n > 0 {
		hover += ", " + plural(n, "null")
	}
	return fmt.Sprintf(`<th scope="col" title="%s" style="%s%s">%s<br><span style="%sfont-size:11px">%s</span></th>`,
		html.EscapeString(hover), headStyle, alignment(c), html.EscapeString(c.name), faint, c.kind)
}

func htmlCellOf(format formatter, i int) string {
	style := cellStyle + alignment(format.column)
	if format.column.IsNull(i) {
		return fmt.Sprintf(`<td style="%s%s">null</td>`, style, faint)
	}
	text := format.text(i)
	short := monospace.Line(text, htmlCell)
	hover := ""
	switch {
	case short != text:
		hover = fmt.Sprintf(` title="%s"`, html.EscapeString(truncate(text, hoverCell)))
	case format.column.kind == Float:
		if exact := format.column.label(i); exact != text {
			hover = fmt.Sprintf(` title="%s"`, exact)
		}
	}
	return fmt.Sprintf(`<td%s style="%s">%s</td>`, hover, style, html.EscapeString(short))
}

// truncate cuts s to n characters.
func truncate(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}
