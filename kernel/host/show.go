package host

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"reflect"
	"slices"
	"strings"

	"adkernel/kernel/display"
)

// Show returns how values are displayed, as those of a cell's last expression
// are: one by the richest means that it offers, several as text, separated by
// spaces where each is a line.
func Show(values ...any) Bundle {
	if len(values) == 1 {
		return showValue(values[0])
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = showValue(v).Plain()
	}
	between := " "
	if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, "\n") }) {
		between = "\n"
	}
	return Text(strings.Join(texts, between))
}

// showValue returns how v is displayed. A Bundler or MimeBundler shows itself.
// Otherwise text/plain and text/html are what package display draws, and
// beside it or in its place stands what v's methods offer (HTMLer and its
// neighbours). An image.Image, a plot of gonum, and bytes that begin as PNG,
// JPEG or GIF files do, are shown as pictures. A method that fails or panics
// says so in the text.
func showValue(v any) (b Bundle) {
	defer func() {
		if p := recover(); p != nil {
			b = Text(fmt.Sprintf("%s cannot be shown: %s", typeName(v), display.Failure(p)))
		}
	}()
	if isNilPointer(v) {
		return Text(fmt.Sprint(v))
	}
	if f, ok := method(v, "MimeBundle", func(x Bundler) func() Bundle { return x.MimeBundle }); ok {
		return withText(f(), typeName(v))
	}
	if f, ok := method(v, "MimeBundle", func(x MimeBundler) func() map[string]any { return x.MimeBundle }); ok {
		return withText(Bundle{Data: f()}, typeName(v))
	}
	switch v := v.(type) {
	case Bundle:
		return withText(v, "a bundle without text")
	case image.Image:
		return showImage(v)
	case []byte:
		if mime, name := pictureFormat(v); mime != "" {
			return Bundle{Data: map[string]any{
				"text/plain": fmt.Sprintf("%s image, %d bytes", name, len(v)),
				mime:         v,
			}}
		}
	}
	if plot, ok := showPlot(v); ok {
		return plot
	}
	b = Text(display.TextWithin(v, LineWidth()))
	if html := display.HTML(v); html != "" {
		b.Data["text/html"] = html
	}
	addMethods(b, v)
	return b
}

// showPlot shows a *plot.Plot of gonum.org/v1/plot: what writes itself in a
// size and a format. It is found by its method, so that nothing here needs the
// library.
func showPlot(v any) (Bundle, bool) {
	const width, height, perInch = 6, 4, 72 // inches, and gonum's unit of length
	r := reflect.ValueOf(v)
	if !r.IsValid() {
		return Bundle{}, false
	}
	method := r.MethodByName("WriterTo")
	if !method.IsValid() {
		return Bundle{}, false
	}
	t := method.Type()
	if t.NumIn() != 3 || t.In(0).Kind() != reflect.Float64 || t.In(1) != t.In(0) || t.In(2).Kind() != reflect.String ||
		t.NumOut() != 2 || t.Out(0) != reflect.TypeFor[io.WriterTo]() || t.Out(1) != reflect.TypeFor[error]() {
		return Bundle{}, false
	}
	b := Text(fmt.Sprintf("%T, %d x %d inches", v, width, height))
	for format, mime := range map[string]string{"png": "image/png", "svg": "image/svg+xml"} {
		length := func(inches float64) reflect.Value { return reflect.ValueOf(inches * perInch).Convert(t.In(0)) }
		out := method.Call([]reflect.Value{length(width), length(height), reflect.ValueOf(format).Convert(t.In(2))})
		writer, _ := out[0].Interface().(io.WriterTo)
		err, _ := out[1].Interface().(error)
		var file bytes.Buffer
		if err == nil {
			_, err = writer.WriteTo(&file)
		}
		switch {
		case err != nil:
			b.Data["text/plain"] = fmt.Sprintf("%s\nno %s: %v", b.Plain(), format, err)
		case format == "svg":
			b.Data[mime] = file.String()
		default:
			b.Data[mime] = file.Bytes()
		}
	}
	return b, true
}

// Failed returns the error that one of the values carries instead of what it
// should show, as a chain of calls on a data frame does when one of them fails;
// nil when none does. Shown, such a value would look like a result.
func Failed(values ...any) error {
	for _, v := range values {
		if isNilPointer(v) {
			continue
		}
		c, ok := v.(interface {
			Bundler
			Err() error
		})
		if !ok {
			continue
		}
		if err := c.Err(); err != nil {
			return err
		}
	}
	return nil
}

// isNilPointer protects methods that do not expect a nil receiver.
func isNilPointer(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}

// withText makes sure that text/plain is there.
func withText(b Bundle, text string) Bundle {
	if b.Plain() != "" {
		return b
	}
	full := Bundle{Data: map[string]any{"text/plain": text}, Metadata: b.Metadata}
	for mime, data := range b.Data {
		if mime != "text/plain" {
			full.Data[mime] = data
		}
	}
	return full
}

func showImage(m image.Image) Bundle {
	size := m.Bounds().Size()
	b := Text(fmt.Sprintf("%T, %d x %d pixels", m, size.X, size.Y))
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		return Text(fmt.Sprintf("%s: cannot be shown: %v", b.Plain(), err))
	}
	b.Data["image/png"] = file.Bytes()
	return b
}

func pictureFormat(data []byte) (mime, name string) {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png", "PNG"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return "image/jpeg", "JPEG"
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		return "image/gif", "GIF"
	}
	return "", ""
}

// addMethods adds what v's methods offer. The text says which of them failed.
func addMethods(b Bundle, v any) {
	if f, ok := method(v, "HTML", func(x HTMLer) func() string { return x.HTML }); ok {
		add(b, "text/html", "HTML", f)
	}
	if f, ok := method(v, "SVG", func(x SVGer) func() string { return x.SVG }); ok {
		add(b, "image/svg+xml", "SVG", f)
	}
	if f, ok := method(v, "Markdown", func(x Markdowner) func() string { return x.Markdown }); ok {
		add(b, "text/markdown", "Markdown", f)
	}
	if f, ok := method(v, "LaTeX", func(x LaTeXer) func() string { return x.LaTeX }); ok {
		add(b, "text/latex", "LaTeX", f)
	}
	if f, ok := method(v, "JSON", func(x JSONer) func() any { return x.JSON }); ok {
		add(b, "application/json", "JSON", f)
	}
	if f, ok := method(v, "PNG", func(x PNGer) func() []byte { return x.PNG }); ok {
		add(b, "image/png", "PNG", f)
	}
	if f, ok := method(v, "PNG", func(x PNGTrier) func() ([]byte, error) { return x.PNG }); ok {
		add(b, "image/png", "PNG", func() []byte {
			data, err := f()
			if err != nil {
				panic(err)
			}
			return data
		})
	}
}

func add[T any](b Bundle, mime, name string, content func() T) {
	defer func() {
		if p := recover(); p != nil {
			b.Data["text/plain"] = strings.TrimLeft(fmt.Sprintf("%s\nno %s: %s", b.Plain(), name, display.Failure(p)), "\n")
		}
	}()
	b.Data[mime] = content()
}
