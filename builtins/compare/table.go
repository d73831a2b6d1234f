package compare

import (
	"fmt"
	"html"
	"math"
	"strings"
	"unicode/utf8"
)

// table is a small table of a card, with or without a head.
type table struct {
	caption string
	head    []string
	rows    [][]string
	left    int       // how many columns, from the first, are left-aligned
	mark    []Outcome // of a row, in whose colour it stands; "" for none
	bars    []float64 // of a row, drawn as a bar to the left or right of zero
}

func (t table) text(b *strings.Builder) {
	if t.caption != "" {
		b.WriteString(t.caption + "\n")
	}
	rows := t.rows
	if t.head != nil {
		rows = append([][]string{t.head}, rows...)
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			width := widths[i]
			if i < t.left {
				width = -width
			}
			line += fmt.Sprintf("  %*s", width, cell)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

const (
	cellStyle = "padding:2px 12px 2px 0;border:0;background:none;color:inherit;vertical-align:top;"
	ruleStyle = "border-bottom:1px solid rgba(128,128,128,.35);"
)

func (t table) html(b *strings.Builder) {
	if t.caption != "" {
		fmt.Fprintf(b, `<div style="margin:12px 0 2px"><b>%s</b></div>`, html.EscapeString(t.caption))
	}
	b.WriteString(`<table style="border-collapse:collapse;border:0;margin:2px 0 6px;font-size:inherit;color:inherit">`)
	if t.head != nil {
		b.WriteString(`<thead><tr style="background:none">`)
		for i, cell := range t.head {
			fmt.Fprintf(b, `<th style="%s%sfont-weight:normal;opacity:.7;text-align:%s">%s</th>`, cellStyle, ruleStyle, t.align(i), html.EscapeString(cell))
		}
		if t.bars != nil {
			fmt.Fprintf(b, `<th style="%s%s"></th>`, cellStyle, ruleStyle)
		}
		b.WriteString(`</tr></thead>`)
	}
	b.WriteString(`<tbody>`)
	for i, row := range t.rows {
		t.rowHTML(b, i, row)
	}
	b.WriteString(`</tbody></table>`)
}

func (t table) rowHTML(b *strings.Builder, i int, row []string) {
	style := "background:none;"
	if i < len(t.mark) && t.mark[i] != "" {
		style += "color:" + t.mark[i].colour() + ";"
	}
	fmt.Fprintf(b, `<tr style="%s">`, style)
	for j, cell := range row {
		style := cellStyle + "font-variant-numeric:tabular-nums;text-align:" + t.align(j) + ";"
		if j == 0 && t.head == nil {
			style += "opacity:.7;white-space:nowrap;"
		}
		fmt.Fprintf(b, `<td style="%s">%s</td>`, style, html.EscapeString(cell))
	}
	if t.bars != nil {
		fmt.Fprintf(b, `<td style="%svertical-align:middle">%s</td>`, cellStyle, t.bar(t.bars[i]))
	}
	b.WriteString(`</tr>`)
}

// bar draws value, a share, as a bar from the middle. The table's greatest
// fills its side, unless it is small.
func (t table) bar(value float64) string {
	greatest := 0.1
	for _, v := range t.bars {
		greatest = max(greatest, math.Abs(v))
	}
	length, side, colour := 50*math.Abs(value)/greatest, "right", lossColour
	if value > 0 {
		side, colour = "left", gainColour
	}
	return fmt.Sprintf(`<div style="position:relative;width:120px;height:9px">`+
		`<div style="position:absolute;%s:50%%;width:%.1f%%;height:9px;background:%s;opacity:.75"></div>`+
		`<div style="position:absolute;left:50%%;top:-3px;width:1px;height:15px;background:rgba(128,128,128,.6)"></div></div>`, side, length, colour)
}

func (t table) align(column int) string {
	if column < t.left {
		return "left"
	}
	return "right"
}
