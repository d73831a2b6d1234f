package display

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"adkernel/internal/monospace"
)

// oneLine draws v on one line; ok is false when that is longer than width
// characters, or has line breaks itself.
func oneLine(v Value, width int) (line string, ok bool) {
	w := &lineWriter{width: width}
	w.value(v, 0, true)
	line = w.b.String()
	return line, !w.full && utf8.RuneCountInString(line) <= width && !strings.Contains(line, "\n")
}

// lineWriter stops when the line is full.
type lineWriter struct {
	b     strings.Builder
	width int
	full  bool
	above []uintptr // pointers that are being followed
}

// write takes one byte more than width characters can have, which is enough to
// see that they do not fit.
func (w *lineWriter) write(text string) {
	room := utf8.UTFMax*w.width + 1 - w.b.Len()
	w.full = w.full || len(text) > room
	w.b.WriteString(head(text, max(0, room)))
}

// value draws v; at the top strings stand as they are.
func (w *lineWriter) value(v Value, depth int, top bool) {
	if w.full {
		return
	}
	if v.Kind() == reflect.Invalid {
		w.write("<nil>")
		return
	}
	if text, ok := ownText(v); ok {
		w.write(text)
		return
	}
	if depth > maxDepth {
		w.write("…")
		return
	}
	switch v.Kind() {
	case reflect.String:
		if text := v.Scalar().(string); top {
			w.write(text)
		} else {
			w.write(quoteIfNeeded(head(text, utf8.UTFMax*w.width+1)))
		}
	case reflect.Interface:
		w.value(v.Elem(), depth, top)
	case reflect.Pointer:
		w.pointer(v, depth)
	case reflect.Struct:
		w.write("{")
		for i := range v.NumField() {
			if i > 0 {
				w.write(" ")
			}
			w.write(v.FieldName(i) + ":")
			w.value(v.Field(i), depth+1, false)
		}
		w.write("}")
	case reflect.Map:
		w.write("map[")
		if v.Len() > w.width { // no need to sort what does not fit
			w.full = true
			return
		}
		entries, _ := firstEntries(v, v.Len())
		for i, entry := range entries {
			if i > 0 {
				w.write(" ")
			}
			w.value(entry.Key, depth+1, false)
			w.write(":")
			w.value(entry.Elem, depth+1, false)
		}
		w.write("]")
	case reflect.Slice, reflect.Array:
		w.write("[")
		for i := 0; i < v.Len() && !w.full; i++ {
			if i > 0 {
				w.write(" ")
			}
			w.value(v.Index(i), depth+1, false)
		}
		w.write("]")
	case reflect.Func:
		if v.IsNil() {
			w.write("<nil>")
			return
		}
		w.write(v.TypeName())
	case reflect.Chan:
		if v.IsNil() {
			w.write("<nil>")
			return
		}
		w.write(fmt.Sprintf("%s with %d waiting", v.TypeName(), v.Len()))
	case reflect.UnsafePointer:
		w.write(v.TypeName())
	default:
		w.write(fmt.Sprint(v.Scalar()))
	}
}

func (w *lineWriter) pointer(v Value, depth int) {
	if v.IsNil() {
		w.write("<nil>")
		return
	}
	if slices.Contains(w.above, v.Pointer()) {
		w.write("(points back)")
		return
	}
	w.above = append(w.above, v.Pointer())
	defer func() { w.above = w.above[:len(w.above)-1] }()
	w.write("&")
	w.value(v.Elem(), depth+1, false)
}

// quoteIfNeeded quotes text that would not be told from what is beside it.
func quoteIfNeeded(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`"[]{}:`, r)
	}) {
		return strconv.Quote(text)
	}
	return text
}

// short draws v in one line of a table, cut where it is longer.
func short(v Value) string {
	w := &lineWriter{width: cellWidth}
	w.value(v, 0, true)
	return monospace.Line(strings.Join(strings.Fields(w.b.String()), " "), cellWidth)
}

// number writes n with commas between thousands.
func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
