// Package plots draws the figures of an accuracy investigation. A figure is
// described once; from the description come a PNG and an SVG in a light and a
// dark theme (gonum/plot), a Vega-Lite 5 specification with tooltips and zoom,
// and a text that stands alone.
//
// It knows figures and the plain numbers they show. It does not know runs,
// frames or models, it computes no verdict (which subjects are significant is
// told to it), and it reads and writes no files.
//
// Values that are NaN or infinite are missing: they are shown as missing and
// counted in the figure's notes, never drawn as numbers.
package plots

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"gonum.org/v1/plot/vg/draw"

	"adkernel/kernel/host"
)

const (
	defaultWidth = 820 // CSS pixels: the output area of a notebook
	minWidth     = 480
	maxWidth     = 2400

	vegaLiteMIME = "application/vnd.vegalite.v5+json"
)

// Options are what a caller may change about any figure. The zero value is
// good for notebooks.
type Options struct {
	Title string // instead of the figure's own
	Width int    // CSS pixels; 0 means 820, and values outside 480 to 2400 are brought inside
}

// A Figure is one picture, described but not yet drawn.
type Figure struct {
	title  string
	notes  []string // below the title: methods, counts, what is missing
	scale  string   // one more note: of the drawing, not of the text
	legend []legendEntry
	width  float64 // CSS pixels
	body   float64 // height below title, notes and legend, in CSS pixels
	draw   func(*theme, draw.Canvas)
	vega   spec
	text   string // below title and notes
}

var _ host.Bundler = (*Figure)(nil)

// newFigure starts a figure with the parts that all figures share.
func newFigure(title string, o Options) *Figure {
	if o.Title != "" {
		title = clean(o.Title)
	}
	width := o.Width
	if width == 0 {
		width = defaultWidth
	}
	return &Figure{title: title, width: float64(min(max(width, minWidth), maxWidth))}
}

// note adds a sentence below the title.
func (f *Figure) note(format string, args ...any) {
	f.notes = append(f.notes, clean(fmt.Sprintf(format, args...)))
}

// String is the figure as text: its title, its notes and its numbers.
func (f *Figure) String() string {
	parts := []string{f.title}
	if len(f.notes) > 0 {
		parts = append(parts, strings.Join(f.notes, "; "))
	}
	if f.text != "" {
		parts = append(parts, "", strings.TrimRight(f.text, "\n"))
	}
	return strings.Join(parts, "\n")
}

// alternative stands for the figure where it is read aloud: what it shows, and
// of how many.
func (f *Figure) alternative() string {
	return strings.Join(append([]string{f.title}, f.notes...), "; ")
}

// VegaLite is the figure as a Vega-Lite 5 specification in JSON, with its data
// inside. Background and text colours are left to the viewer's theme.
func (f *Figure) VegaLite() ([]byte, error) {
	// Vega shrinks a plot that is narrower than its title, so the title stays well within it.
	header := 0.6 * f.innerWidth()
	top := spec{
		"$schema":     "https://vega.github.io/schema/vega-lite/v5.json",
		"description": f.alternative(),
		"title":       spec{"text": f.titleLines(header), "subtitle": f.noteLines(header), "anchor": "start"},
		"config": spec{
			"view": spec{"stroke": nil}, "axis": spec{"labelLimit": 260, "gridOpacity": 0.35, "tickCount": 8},
			"legend": spec{"orient": "top", "labelLimit": 400}, "range": spec{"category": []string{baseVega, testVega}},
		},
	}
	maps.Copy(top, f.vega)
	return json.Marshal(top)
}

// MimeBundle shows the figure in a notebook: Vega-Lite where the front end
// renders it (JupyterLab, following its theme), else the light PNG on its own
// white ground, which reads in any theme (GitHub, nbviewer), else text. Beside
// a PNG whose font lacks letters stands the SVG, for which viewers have theirs.
func (f *Figure) MimeBundle() host.Bundle {
	b := host.Text(f.String())
	picture, err := f.PNG(Light)
	if err != nil {
		return host.Text(fmt.Sprintf("%s\n\n(not drawn: %v)", f, err))
	}
	b.Data["image/png"] = picture
	if f.foreign() {
		if drawing, err := f.SVG(Light); err == nil {
			b.Data["image/svg+xml"] = string(drawing)
		}
	}
	if vega, err := f.VegaLite(); err == nil {
		b.Data[vegaLiteMIME] = json.RawMessage(vega)
	}
	// The PNG has two pixels for each CSS pixel.
	b.Metadata = map[string]any{"image/png": map[string]any{"width": int(f.width), "height": int(f.height()), "alt": f.alternative()}}
	return b
}
