package host

import (
	"reflect"

	"adkernel/kernel/display"
)

// The methods by which a type shows itself. Each adds one type of content to
// the text that the value has anyway.
type (
	// An HTMLer shows itself as HTML.
	HTMLer interface{ HTML() string }
	// An SVGer shows itself as a drawing.
	SVGer interface{ SVG() string }
	// A Markdowner shows itself as Markdown.
	Markdowner interface{ Markdown() string }
	// A LaTeXer shows itself as LaTeX.
	LaTeXer interface{ LaTeX() string }
	// A JSONer shows itself as JSON.
	JSONer interface{ JSON() any }
	// A PNGer shows itself as a picture.
	PNGer interface{ PNG() []byte }
	// A PNGTrier is a PNGer that may fail.
	PNGTrier interface{ PNG() ([]byte, error) }
	// A MimeBundler shows itself by content of several types, by MIME type.
	MimeBundler interface{ MimeBundle() map[string]any }
)

// A MethodHolder is a value of a type that a cell declared, in the hands of
// native code that cannot see the type's methods.
type MethodHolder interface {
	// Method returns the method of that name as a function of type want; ok is
	// false when the value's type has none.
	Method(name string, want reflect.Type) (function any, ok bool)
}

// method is a method of v: one that an interface finds, or one of a
// MethodHolder's.
func method[I, F any](v any, name string, of func(I) F) (f F, ok bool) {
	if native, ok := v.(I); ok {
		return of(native), true
	}
	h, ok := v.(MethodHolder)
	if !ok {
		return f, false
	}
	function, ok := h.Method(name, reflect.TypeFor[F]())
	if !ok {
		return f, false
	}
	f, ok = function.(F)
	return f, ok
}

// typeName is the name of v's type, which stands for a value without a text.
func typeName(v any) string { return display.TypeName(v) }
