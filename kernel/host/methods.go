package host

import "reflect"

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
	// As returns the value as one that implements the interface type iface;
	// ok is false when its type lacks a method of it.
	As(iface reflect.Type) (v any, ok bool)
}

// as is a type assertion that sees the methods of cells' types, too.
func as[T any](v any) (T, bool) {
	if t, ok := v.(T); ok {
		return t, true
	}
	if h, ok := v.(MethodHolder); ok {
		if v, ok := h.As(reflect.TypeFor[T]()); ok {
			t, ok := v.(T)
			return t, ok
		}
	}
	var none T
	return none, false
}
