package host

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"reflect"
	"strings"
)

// Show returns how values are displayed, as those of a cell's last expression
// are: one by the richest means that it offers, several as text separated by
// spaces.
func Show(values ...any) Bundle {
	if len(values) == 1 {
		return showValue(values[0])
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = showValue(v).Plain()
	}
	return Text(strings.Join(texts, " "))
}

// showValue returns how v is displayed. A Bundler shows itself. Otherwise
// text/plain is fmt.Sprint(v), and beside it stands what v's methods offer:
// HTML() string, SVG() string, Markdown() string, PNG() []byte or
// PNG() ([]byte, error). An image.Image, and bytes that begin as PNG or JPEG
// files do, are shown as pictures. A method that fails or panics says so in
// the text.
func showValue(v any) (b Bundle) {
	defer func() {
		if p := recover(); p != nil {
			b = Text(fmt.Sprintf("%T cannot be shown: %v", v, p))
		}
	}()
	if isNilPointer(v) {
		return Text(fmt.Sprint(v))
	}
	switch v := v.(type) {
	case Bundler:
		return withText(v.MimeBundle(), fmt.Sprintf("%T", v))
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
	b = Text(fmt.Sprint(v))
	addMethods(b, v)
	return b
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
	}
	return "", ""
}

func addMethods(b Bundle, v any) {
	if v, ok := v.(interface{ HTML() string }); ok {
		b.Data["text/html"] = v.HTML()
	}
	if v, ok := v.(interface{ SVG() string }); ok {
		b.Data["image/svg+xml"] = v.SVG()
	}
	if v, ok := v.(interface{ Markdown() string }); ok {
		b.Data["text/markdown"] = v.Markdown()
	}
	switch v := v.(type) {
	case interface{ PNG() []byte }:
		b.Data["image/png"] = v.PNG()
	case interface{ PNG() ([]byte, error) }:
		data, err := v.PNG()
		if err != nil {
			b.Data["text/plain"] = fmt.Sprintf("%s\nno picture: %v", b.Plain(), err)
			return
		}
		b.Data["image/png"] = data
	}
}
