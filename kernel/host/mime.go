package host

import "fmt"

// MIME is a bundle of one type of content and the text that stands for it
// where that type cannot be shown. Data is a string for textual types, a
// []byte for binary ones, and any JSON value for +json types.
//
//	Display(MIME("image/svg+xml", drawing, "the layers' errors"))
func MIME(mime string, data any, text string) Bundle {
	if text == "" {
		text = fmt.Sprintf("%s (no text was given with it)", mime)
		if s, ok := data.(string); ok && (mime == "text/plain" || mime == "text/markdown" || mime == "text/latex") {
			text = s
		}
	}
	return Bundle{Data: map[string]any{"text/plain": text, mime: data}}
}
