package display

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// oneLine draws v on one line; ok is false when that is longer than width
// characters, or has line breaks itself.
func oneLine(v reflect.Value, width int) (line string, ok bool) {
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

func (w *lineWriter) write(text string) {
	if w.b.Len() > utf8.UTFMax*w.width { // more bytes than so many characters have
		w.full = true
		return
	}
	w.b.WriteString(text)
}

// value draws v; at the top strings stand as they are.
func (w *lineWriter) value(v reflect.Value, depth int, top bool) {
	if w.full {
		return
	}
	if !v.IsValid() {
		w.write("<nil>")
		return
	}
	if text, ok := ownText(v); ok {
		w.write(text)
		return
	}
	v = lookInto(v)
	if depth > maxDepth {
		w.write("…")
		return
	}
	switch v.Kind() {
	case reflect.String:
		if top {
			w.write(v.String())
		} else {
			w.write(quoteIfNeeded(v.String()))
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
			w.write(fieldName(v.Type(), i) + ":")
			w.value(v.Field(i), depth+1, false)
		}
		w.write("}")
	case reflect.Map:
		w.write("map[")
		if v.Len() > w.width { // no need to sort what does not fit
			w.full = true
			return
		}
		for i, key := range sortedKeys(v) {
			if i > 0 {
				w.write(" ")
			}
			w.value(key, depth+1, false)
			w.write(":")
			w.value(v.MapIndex(key), depth+1, false)
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
		w.write(v.Type().String())
	case reflect.Chan:
		if v.IsNil() {
			w.write("<nil>")
			return
		}
		w.write(fmt.Sprintf("%s with %d of %d", v.Type(), v.Len(), v.Cap()))
	default:
		w.write(fmt.Sprint(v))
	}
}

func (w *lineWriter) pointer(v reflect.Value, depth int) {
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

// ownText is what a value says of itself.
func ownText(v reflect.Value) (string, bool) {
	if v.Kind() == reflect.Interface || !v.CanInterface() || v.Kind() == reflect.Pointer && v.IsNil() {
		return "", false
	}
	switch own := v.Interface().(type) {
	case Mirrored: // its Format writes Go's form; the parts say more
		if speaks, ok := own.(fmt.Stringer); ok {
			return speaks.String(), true
		}
		return "", false
	case time.Time:
		return own.Round(0).String(), true // without the reading of the monotonic clock
	case error:
		return own.Error(), true
	case fmt.Stringer:
		return own.String(), true
	case fmt.Formatter:
		return fmt.Sprint(own), true
	}
	return "", false
}

// fieldName is the name as it was written. An interpreter may have to export a
// field that is not.
func fieldName(t reflect.Type, i int) string { return t.Field(i).Name }

// quoteIfNeeded quotes text that would not be told from what is beside it.
func quoteIfNeeded(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`"[]{}:`, r)
	}) {
		return strconv.Quote(text)
	}
	return text
}

// sortedKeys are a map's keys, in order where they have one.
func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return compareKeys(a, b) })
	return keys
}

func compareKeys(a, b reflect.Value) int {
	for a.Kind() == reflect.Interface {
		a = a.Elem()
	}
	for b.Kind() == reflect.Interface {
		b = b.Elem()
	}
	if a.Kind() != b.Kind() {
		return cmp.Compare(a.Kind(), b.Kind())
	}
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.Kind() == reflect.String:
		return strings.Compare(a.String(), b.String())
	}
	return strings.Compare(short(a), short(b))
}

// short draws v in one line of a table, cut where it is longer.
func short(v reflect.Value) string {
	w := &lineWriter{width: cellWidth}
	w.value(v, 0, true)
	return cut(strings.Join(strings.Fields(w.b.String()), " "), cellWidth)
}

// cut shortens text to width characters.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}

// number writes n with commas between thousands.
func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
