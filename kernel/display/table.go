package display

import (
	"fmt"
	"html"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// A table is how slices of structs, and of rows of numbers, are drawn, and
// maps to structs.
type table struct {
	head  []string
	rows  [][]string
	right []bool // columns of numbers
	total int    // rows of the value
}

// tableOf is nil for what is no table: fewer than two rows are none.
func tableOf(v reflect.Value) *table {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return nil
	}
	if _, own := ownText(v); own || v.Kind() != reflect.Slice && v.Kind() != reflect.Array && v.Kind() != reflect.Map || v.Len() < 2 {
		return nil
	}
	elem := v.Type().Elem()
	isPointer := elem.Kind() == reflect.Pointer
	if isPointer {
		elem = elem.Elem()
	}
	switch {
	case elem.Kind() == reflect.Struct && elem.NumField() > 0 && !speaks(elem) && !speaks(reflect.PointerTo(elem)):
		return structTable(v, elem)
	case !isPointer && v.Kind() != reflect.Map && (elem.Kind() == reflect.Slice || elem.Kind() == reflect.Array) && isScalar(elem.Elem()) && elem.Elem().Kind() != reflect.Uint8 && !speaks(elem):
		return matrix(v)
	}
	return nil
}

// speaks says whether values of the type have a text of their own.
func speaks(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[fmt.Stringer]()) || t.Implements(reflect.TypeFor[error]()) ||
		t.Implements(reflect.TypeFor[fmt.Formatter]()) || t == reflect.TypeFor[time.Time]()
}

func structTable(v reflect.Value, elem reflect.Type) *table {
	t := &table{total: v.Len(), head: []string{""}, right: []bool{v.Kind() != reflect.Map || isNumber(v.Type().Key())}}
	for i := range elem.NumField() {
		t.head = append(t.head, fieldName(elem, i))
		t.right = append(t.right, isNumber(elem.Field(i).Type))
	}
	add := func(name string, value reflect.Value) {
		row := []string{name}
		if value.Kind() == reflect.Pointer {
			if value.IsNil() {
				t.rows = append(t.rows, append(row, "<nil>"))
				return
			}
			value = value.Elem()
		}
		for i := range elem.NumField() {
			row = append(row, short(value.Field(i)))
		}
		t.rows = append(t.rows, row)
	}
	if v.Kind() == reflect.Map {
		for i, key := range sortedKeys(v) {
			if i == maxRows {
				break
			}
			add(short(key), v.MapIndex(key))
		}
		return t
	}
	for i := range min(v.Len(), maxRows) {
		add(fmt.Sprint(i), v.Index(i))
	}
	return t
}

// matrix is nil where the rows have different lengths, or too many columns.
func matrix(v reflect.Value) *table {
	const maxColumns = 20
	columns := v.Index(0).Len()
	if columns == 0 || columns > maxColumns {
		return nil
	}
	t := &table{total: v.Len(), head: []string{""}, right: []bool{true}}
	for j := range columns {
		t.head = append(t.head, fmt.Sprint(j))
		t.right = append(t.right, isNumber(v.Type().Elem().Elem()))
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

func isNumber(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64:
		return true
	}
	return false
}

// leftOut says how many rows are not drawn, or nothing.
func (t *table) leftOut() string {
	if t.total <= len(t.rows) {
		return ""
	}
	return fmt.Sprintf("… %s more rows (%s in all)", number(t.total-len(t.rows)), number(t.total))
}

func (t *table) text() string {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	line := func(row []string) {
		var l strings.Builder
		for i, cell := range row {
			if i > 0 {
				l.WriteString("  ")
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.right[i] {
				l.WriteString(pad + cell)
			} else {
				l.WriteString(cell + pad)
			}
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(t.head)
	for _, row := range t.rows {
		line(row)
	}
	b.WriteString(t.leftOut())
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
