package display

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// manyLines draws what is too long for one line: a field, an entry or an
// element a line, in as little room as they take.
func manyLines(v Value) string {
	w := &blockWriter{}
	w.value(v, 0)
	text := strings.Join(w.lines, "\n")
	switch {
	case w.uncounted():
		text += fmt.Sprintf("\n… more lines: over %s", number(maxCounted))
	case w.left > 0:
		text += fmt.Sprintf("\n… more lines: %s", number(w.left))
	}
	return text
}

type blockWriter struct {
	lines []string
	bytes int // of lines
	left  int // lines that were left out
	above []uintptr
}

// put appends to the last line, or begins a new one.
func (w *blockWriter) put(text string, newLine bool) {
	for i, line := range strings.Split(text, "\n") {
		begins := len(w.lines) == 0 || newLine || i > 0
		switch {
		case begins && (len(w.lines) >= maxLines || w.bytes > maxBlock):
			w.left++
			continue
		case begins:
			w.lines = append(w.lines, line)
		case w.left > 0:
			continue
		default:
			w.lines[len(w.lines)-1] += line
		}
		w.bytes += len(line)
	}
}

// maxCounted is how many lines that are left out are counted: where values share
// others, as the nodes of a graph do, they may be more than anybody waits for.
const maxCounted = 2000

func (w *blockWriter) uncounted() bool { return w.left > maxCounted }

// maxBlock is how many bytes the lines may take: what says that more are left
// out has room beside them.
const maxBlock = MaxText - 4<<10

// cut shortens text to what there is room for.
func (w *blockWriter) cut(text string) string { return cutBytes(text, max(noteRoom, maxBlock-w.bytes)) }

const indentation = "  "

// value draws v behind what the last line holds.
func (w *blockWriter) value(v Value, depth int) {
	if w.uncounted() {
		return
	}
	if line, ok := oneLine(v, lineWidth-len(indentation)*depth); ok {
		w.put(line, false)
		return
	}
	if text, ok := ownText(v); ok {
		w.put(w.cut(text), false)
		return
	}
	if depth > maxDepth {
		w.put("…", false)
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		w.value(v.Elem(), depth)
	case reflect.Pointer:
		if slices.Contains(w.above, v.Pointer()) {
			w.put("(points back)", false)
			return
		}
		w.above = append(w.above, v.Pointer())
		defer func() { w.above = w.above[:len(w.above)-1] }()
		w.put("&", false)
		w.value(v.Elem(), depth)
	case reflect.Struct:
		w.block("{", "}", depth, v.NumField(), "", func(i int) string { return v.FieldName(i) + ": " }, v.Field)
	case reflect.Map:
		entries, sorted := firstEntries(v, maxRows)
		more := ""
		if !sorted {
			more = inNoOrder
		}
		w.block("map[", "]", depth, v.Len(), more, func(i int) string { return short(entries[i].Key) + ": " }, func(i int) Value { return entries[i].Elem })
	case reflect.Slice, reflect.Array:
		if e := v.Element(); isScalar(e.Kind) && !e.Pointer {
			w.row(v, depth)
			return
		}
		w.block("[", "]", depth, v.Len(), "", func(int) string { return "" }, v.Index)
	case reflect.String:
		w.put(w.cut(v.Scalar().(string)), false)
	default:
		w.put(short(v), false)
	}
}

// inNoOrder is said of a map's entries that are some, not the first.
const inNoOrder = " (too many to sort)"

// block draws n values, a line each, and says how many were left out, and more.
func (w *blockWriter) block(open, end string, depth, n int, more string, name func(int) string, value func(int) Value) {
	w.put(open, false)
	inner := strings.Repeat(indentation, depth+1)
	for i := 0; i < min(n, maxRows) && !w.uncounted(); i++ {
		w.put(inner+name(i), true)
		w.value(value(i), depth+1)
	}
	if n > maxRows {
		w.put(fmt.Sprintf("%s… %s more%s", inner, number(n-maxRows), more), true)
	}
	w.put(strings.Repeat(indentation, depth)+end, true)
}

// row draws numbers and the like, as many to a line as fit.
func (w *blockWriter) row(v Value, depth int) {
	inner := strings.Repeat(indentation, depth) + " "
	line := "["
	first := true
	for i := range min(v.Len(), maxItems) {
		item := short(v.Index(i))
		if v.Index(i).Kind() == reflect.String {
			item = quoteIfNeeded(cut(v.Index(i).Scalar().(string), cellWidth))
		}
		if i > 0 && len(line)+1+len(item) > lineWidth {
			w.put(line, !first)
			line, first = inner+item, false
			continue
		}
		if i > 0 {
			line += " "
		}
		line += item
	}
	w.put(line, !first)
	if v.Len() > maxItems {
		w.put(fmt.Sprintf(" … %s more", number(v.Len()-maxItems)), false)
	}
	w.put("]", false)
}
