package display

import (
	"fmt"
	"html"
	"reflect"
	"strings"

	"adkernel/internal/monospace"
)

// gap parts columns of text.
const gap = "  "

// A table is how slices of structs, and of rows of numbers, are drawn, and
// maps to structs.
type table struct {
	head  []string
	rows  [][]string
	right []bool // columns of numbers
	total int    // rows of the value
	more  string // about those that are left out
}

// tableOf is nil for what is no table: fewer than two rows are none.
func tableOf(v Value) *table {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
	default:
		return nil
	}
	if v.Len() < 2 {
		return nil
	}
	if _, own := ownText(v); own {
		return nil
	}
	e := v.Element()
	switch {
	case e.HasText:
		return nil
	case e.Kind == reflect.Struct && len(e.Fields) > 0:
		return structTable(v, e)
	case !e.Pointer && v.Kind() != reflect.Map && (e.Kind == reflect.Slice || e.Kind == reflect.Array) && isScalar(e.ElemKind) && e.ElemKind != reflect.Uint8:
		return matrix(v, e)
	}
	return nil
}

func structTable(v Value, e Element) *table {
	t := &table{total: v.Len(), head: append([]string{""}, e.Fields...), right: append([]bool{true}, e.Numbers...)}
	add := func(name string, value Value) {
		row := []string{name}
		if value.Kind() == reflect.Pointer {
			if value.IsNil() {
				t.rows = append(t.rows, append(row, "<nil>"))
				return
			}
			value = value.Elem()
		}
		for i := range e.Fields {
			row = append(row, short(value.Field(i)))
		}
		t.rows = append(t.rows, row)
	}
	if v.Kind() == reflect.Map {
		entries, sorted := firstEntries(v, maxRows)
		if !sorted {
			t.more = inNoOrder
		}
		for i, entry := range entries {
			if i == 0 {
				t.right[0] = isNumber(entry.Key.Kind())
			}
			add(short(entry.Key), entry.Elem)
		}
		return t
	}
	for i := range min(v.Len(), maxRows) {
		add(fmt.Sprint(i), v.Index(i))
	}
	return t
}

// matrix is nil where the rows have different lengths, or too many columns.
func matrix(v Value, e Element) *table {
	const maxColumns = 20
	columns := v.Index(0).Len()
	if columns == 0 || columns > maxColumns {
		return nil
	}
	t := &table{total: v.Len(), head: []string{""}, right: []bool{true}}
	for j := range columns {
		t.head = append(t.head, fmt.Sprint(j))
		t.right = append(t.right, isNumber(e.ElemKind))
	}
	for i := range v.Len() {
		if v.Index(i).Len() != columns {
			return nil
		}
		if i >= maxRows {
			continue
		}
		row := []string{fmt.Sprint(i)}
		for j := range columns {
			row = append(row, short(v.Index(i).Index(j)))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// leftOut says how many rows are not drawn, or nothing.
func (t *table) leftOut() string {
	if t.total <= len(t.rows) {
		return ""
	}
	return fmt.Sprintf("… %s more rows (%s in all)%s", number(t.total-len(t.rows)), number(t.total), t.more)
}

// fit is how many columns, from the first, fit into width characters, 0 for any.
func fit(widths []int, width int) int {
	used := -len(gap)
	for i, w := range widths {
		if used += len(gap) + w; width > 0 && used > width && i > 1 {
			return i
		}
	}
	return len(widths)
}

// text leaves out columns that do not fit into width characters, 0 for any.
func (t *table) text(width int) string {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], monospace.Width(cell))
		}
	}
	columns := fit(widths, width)
	var b strings.Builder
	line := func(row []string) {
		var l strings.Builder
		for i, cell := range row[:min(len(row), columns)] {
			if i > 0 {
				l.WriteString(gap)
			}
			if t.right[i] {
				l.WriteString(monospace.Right(cell, widths[i]))
			} else {
				l.WriteString(monospace.Left(cell, widths[i]))
			}
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(t.head)
	for _, row := range t.rows {
		line(row)
	}
	if left := t.leftOut(); left != "" {
		b.WriteString(left + "\n")
	}
	if hidden := t.head[columns:]; len(hidden) > 0 {
		fmt.Fprintf(&b, "not shown: %s", strings.Join(hidden, ", "))
	}
	return strings.TrimRight(b.String(), "\n")
}

// html has no colours of its own: the front end's theme gives them.
func (t *table) html() string {
	var b strings.Builder
	row := func(tag string, cells []string) {
		b.WriteString("<tr>")
		for i, cell := range cells {
			kind := tag
			if i == 0 {
				kind = "th"
			}
			align := "left"
			if t.right[i] {
				align = "right"
			}
			fmt.Fprintf(&b, `<%s style="text-align: %s">%s</%s>`, kind, align, html.EscapeString(cell), kind)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("<table>\n<thead>\n")
	row("th", t.head)
	b.WriteString("</thead>\n<tbody>\n")
	for _, cells := range t.rows {
		row("td", cells)
	}
	b.WriteString("</tbody>\n</table>\n")
	if left := t.leftOut(); left != "" {
		b.WriteString("<p>" + left + "</p>\n")
	}
	return b.String()
}
