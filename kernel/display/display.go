// Package display draws any Go value: as text that stands alone in a console
// or a diff, and as HTML where a table says more. It cuts what is big, and
// says what it left out. It knows values by reflection, and nothing of cells
// or of front ends; package host chooses between what it draws and what a
// value's own methods offer.
package display

import (
	"fmt"
	"strings"

	"adkernel/internal/monospace"
)

// Limits of what is drawn of a value.
const (
	lineWidth = 100 // characters of what is drawn on one line
	maxRows   = 50  // of a table, and lines of a list
	maxItems  = 200 // numbers and the like in a row of them
	maxDepth  = 6   // of values within values
	maxLines  = 300 // of text
	cellWidth = 60  // characters of a cell of a table
)

// Text draws v as plain text. Short values are as fmt.Println writes them, but
// with the names of fields, with pointers followed, and with quotes around
// strings within others that have blanks. It does not panic.
func Text(v any) (text string) { return TextWithin(v, 0) }

// TextWithin is Text for lines of width characters, 0 for any: a table leaves out
// columns that do not fit, and names them.
func TextWithin(v any, width int) (text string) {
	defer func() {
		if p := recover(); p != nil { // of a String or Error method
			text = Cut(fmt.Sprintf("%s cannot be shown: %s", TypeName(v), Failure(p)))
		}
	}()
	return Cut(draw(v, width))
}

// Failure says what a method or function panicked with, and below it, where it
// knows, in which places of cells.
func Failure(p any) string {
	text := fmt.Sprint(p)
	if placed, ok := p.(interface{ Places() string }); ok {
		text = strings.TrimRight(text+"\n"+placed.Places(), "\n")
	}
	return text
}

func draw(v any, width int) string {
	if s, ok := v.(string); ok {
		return s
	}
	r := of(v)
	if err, ok := r.Methods().(error); ok {
		return errorText(err)
	}
	if t := tableOf(r); t != nil {
		return t.text(width)
	}
	if line, ok := oneLine(r, lineWidth); ok {
		return line
	}
	return manyLines(r)
}

// Line draws v on one line of at most width characters, cut where it is longer.
func Line(v any, width int) (line string) {
	defer func() {
		if p := recover(); p != nil {
			line = fmt.Sprintf("cannot be shown: %v", p)
		}
	}()
	w := &lineWriter{width: width}
	w.value(of(v), 0, true)
	return monospace.Line(strings.Join(strings.Fields(w.b.String()), " "), width)
}

// TypeName is the name of v's type as a cell writes it.
func TypeName(v any) string {
	if v == nil {
		return "nil"
	}
	return of(v).TypeName()
}

// HTML draws v as HTML; it is empty where text says the same.
func HTML(v any) (html string) {
	defer func() {
		if recover() != nil { // Text says why
			html = ""
		}
	}()
	r := of(v)
	if err, ok := r.Methods().(error); ok {
		return errorHTML(err)
	}
	t := tableOf(r)
	if t == nil {
		return ""
	}
	return t.html()
}
