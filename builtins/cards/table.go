package cards

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"adkernel/internal/monospace"
	"adkernel/kernel/host"
)

// A Table is a small table of a card.
type Table struct {
	Caption string
	Key     string // what the marks of the HTML mean, which the text does not have

	// Align says of each column, in a letter each, what it holds: l words, which
	// break where they are long, r numbers, which do not, and p words that may
	// break anywhere, such as long names of tensors.
	Align string
	Head  []string // nil: none
	Rows  [][]string

	Mark []Colour  // of a row, in which it stands; "" for none
	Bars []float64 // of a row, shares that are drawn to the left or right of zero: filled where the row is marked
}

// longWords is from which width on a last column of words stands below its
// rows in text: a terminal would break its lines amid the columns.
const longWords = 48

// shortWords is up to which width the words of a column stay on one line in HTML:
// as long as "does not run", and "fp8-block", which browsers break at its hyphen.
const shortWords = 16

// Text writes the table as lines of aligned columns.
func (t Table) Text(b *strings.Builder) {
	if t.Caption != "" {
		b.WriteString(t.Caption + "\n")
	}
	below := t.splitLast()
	rows := t.Rows
	if t.Head != nil {
		rows = append([][]string{t.Head}, rows...)
	}
	widths := make([]int, len(t.Align))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], monospace.Width(cell))
		}
	}
	gap := t.fit(widths)
	for block, columns := range t.blocks(widths, gap) {
		for n, row := range rows {
			line := ""
			for _, i := range columns {
				if i >= len(row) {
					break
				}
				cell := row[i]
				if i == 0 && monospace.Width(cell) > widths[i] {
					cell = monospace.Short(cell, widths[i])
				}
				if t.Align[i] == 'r' {
					line += gap + monospace.Right(cell, widths[i])
				} else {
					line += gap + monospace.Left(cell, widths[i])
				}
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			if at := n - (len(rows) - len(t.Rows)); below != nil && at >= 0 && block == 0 {
				b.WriteString("    " + below[at] + "\n")
			}
		}
	}
}

// leastName is the least width to which names in the first column are cut.
const leastName = 16

// fit returns what stands before each column, one blank instead of two where the
// table fits into a terminal's line by that, and narrows the first column if it
// must.
func (t *Table) fit(widths []int) (gap string) {
	const wide, narrow = "  ", " "
	total := 0
	for _, w := range widths {
		total += w
	}
	line := host.LineWidth()
	if line == 0 || t.Head == nil || total+len(wide)*len(widths) <= line {
		return wide
	}
	excess := max(0, total+len(narrow)*len(widths)-line)
	if excess > 0 && (t.Align[0] == 'r' || widths[0]-excess < leastName) {
		return wide
	}
	widths[0] -= excess
	return narrow
}

// blocks are the columns that stand beside each other: all, or where they do not
// fit into a terminal's line as many as do, and below them the others, each time
// beside the first one, which is narrowed if it must. Where that is not enough
// either the table is left as it is.
func (t *Table) blocks(widths []int, gap string) [][]int {
	all := make([]int, len(widths))
	total, widest := 0, 0
	for i, w := range widths {
		all[i] = i
		total += len(gap) + w
		if i > 0 {
			widest = max(widest, len(gap)+w)
		}
	}
	line := host.LineWidth()
	if line == 0 || t.Head == nil || total <= line || t.Align[0] == 'r' {
		return [][]int{all}
	}
	first := min(widths[0], line-widest-len(gap))
	if first < min(widths[0], leastName) {
		return [][]int{all}
	}
	widths[0] = first
	var blocks [][]int
	used := line
	for _, i := range all[1:] {
		if used+len(gap)+widths[i] > line {
			blocks, used = append(blocks, []int{0}), len(gap)+first
		}
		blocks[len(blocks)-1] = append(blocks[len(blocks)-1], i)
		used += len(gap) + widths[i]
	}
	return blocks
}

// splitLast takes the last column off the table when it holds long words, and
// returns what stands in it.
func (t *Table) splitLast() []string {
	last := len(t.Align) - 1
	if t.Align[last] != 'p' || !slices.ContainsFunc(t.Rows, func(row []string) bool { return monospace.Width(row[last]) > longWords }) {
		return nil
	}
	var below []string
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		below = append(below, t.Head[last]+": "+row[last])
		rows[i] = row[:last]
	}
	t.Rows, t.Head, t.Align = rows, t.Head[:last], t.Align[:last]
	return below
}

const (
	unbroken  = "white-space:nowrap;"
	cellStyle = "padding:2px 12px 2px 0;border:0;background:none;color:inherit;font-weight:normal;vertical-align:top;font-variant-numeric:tabular-nums;"
)

// HTML writes the table for notebooks. One that is wider than its place scrolls.
func (t Table) HTML(b *strings.Builder) {
	if t.Caption != "" {
		key := ""
		if t.Key != "" {
			key = fmt.Sprintf(` <span style="%s">%s</span>`, faint, Words(t.Key))
		}
		fmt.Fprintf(b, `<div style="margin:12px 0 2px"><b>%s</b>%s</div>`+"\n", Words(t.Caption), key)
	}
	styles := make([]string, len(t.Align))
	for i := range styles {
		styles[i] = t.cell(i)
	}
	b.WriteString(`<div style="overflow-x:auto"><table style="border-collapse:collapse;border:0;margin:2px 0 6px;font-size:inherit;color:inherit">` + "\n")
	if t.Head != nil {
		b.WriteString(`<thead><tr style="background:none">`)
		for i, cell := range t.Head {
			fmt.Fprintf(b, `<th scope="col" style="%s%s%s">%s</th>`, styles[i], rule, faint, html.EscapeString(cell))
		}
		if t.Bars != nil {
			fmt.Fprintf(b, `<td style="%s%s"></td>`, cellStyle, rule)
		}
		b.WriteString("</tr></thead>\n")
	}
	b.WriteString("<tbody>\n")
	for i := range t.Rows {
		t.row(b, i, styles)
	}
	b.WriteString("</tbody></table></div>\n")
}

func (t Table) row(b *strings.Builder, i int, styles []string) {
	style, mark := "background:none;", t.mark(i)
	if mark != "" {
		style += mark.Text()
	}
	fmt.Fprintf(b, `<tr style="%s">`, style)
	for j, cell := range t.Rows[i] {
		tag, style := `td`, styles[j]
		if j == 0 {
			tag = `th scope="row"`
			if t.Head == nil {
				style += faint + unbroken
			}
		}
		words := html.EscapeString(cell)
		if !strings.HasSuffix(style, unbroken) {
			words = Plain(cell)
		}
		fmt.Fprintf(b, `<%s style="%s">%s</%s>`, tag, style, words, tag[:2])
	}
	if t.Bars != nil {
		fmt.Fprintf(b, `<td style="%svertical-align:middle">%s</td>`, cellStyle, t.bar(t.Bars[i], mark != ""))
	}
	b.WriteString("</tr>\n")
}

func (t Table) mark(row int) Colour {
	if row < len(t.Mark) {
		return t.Mark[row]
	}
	return ""
}

// cell is the style of a column's cells.
func (t Table) cell(column int) string {
	switch t.Align[column] {
	case 'r':
		return cellStyle + "text-align:right;" + unbroken
	case 'p':
		return cellStyle + "text-align:left;overflow-wrap:anywhere;"
	}
	if slices.ContainsFunc(t.Rows, func(row []string) bool { return monospace.Width(row[column]) > shortWords }) {
		return cellStyle + "text-align:left;"
	}
	return cellStyle + "text-align:left;" + unbroken
}

// bar draws value, a share, as a bar from the middle. The table's greatest
// fills its side, unless it is small.
func (t Table) bar(value float64, filled bool) string {
	greatest := 0.1
	for _, v := range t.Bars {
		greatest = max(greatest, math.Abs(v))
	}
	length, side, colour := 50*math.Abs(value)/greatest, "right", Loss
	if value > 0 {
		side, colour = "left", Gain
	}
	ground := "none"
	if filled {
		ground = string(colour)
	}
	return fmt.Sprintf(`<div style="position:relative;width:120px;height:9px">`+
		`<div style="position:absolute;box-sizing:border-box;%s:50%%;width:%.1f%%;height:9px;border:1px solid %s;background:%s"></div>`+
		`<div style="position:absolute;left:50%%;top:-3px;width:1px;height:15px;background:rgba(128,128,128,.6)"></div></div>`, side, length, colour, ground)
}
