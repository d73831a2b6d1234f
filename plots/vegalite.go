package plots

import (
	"image/color"
	"maps"
	"math"
	"slices"
	"strconv"
)

// spec is a piece of a Vega-Lite specification.
type spec map[string]any

// maxVegaPoints is how many points stand in a specification: more make notebooks
// heavy and browsers slow.
const maxVegaPoints = 3000

// short is a number as JSON data: six significant digits, which no screen
// resolves, and null where missing.
func short(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return nil
	}
	return rounded
}

// fitWidth makes a specification as wide as the figure, axes included, and as
// high as its marks need.
func fitWidth(s spec, width float64) spec {
	s["width"], s["autosize"] = width-40, spec{"type": "fit-x", "contains": "padding"}
	return s
}

// vegaInk is the colour of texts by the viewer's ground, as that of the labels of
// axes is: no one colour has the contrast of WCAG AA, 4.5, on white and on the
// grounds of dark themes.
const vegaInk = "luminance(background) < 0.2 ? 'white' : 'black'"

// vegaText is a text in the size of the labels of axes.
func vegaText(align string, more ...spec) spec {
	return merge(spec{"type": "text", "fontSize": 10, "color": spec{"expr": vegaInk}, "align": align}, more)
}

// quantitative encodes a field by its value on an axis with a title.
func quantitative(field, title string, more ...spec) spec {
	return merge(spec{"field": field, "type": "quantitative", "title": title}, more)
}

// domain is the scale from low to high, one of which may be 0, and its axis. Of
// numbers that small Vega's labels are all zeros, so these have exponents.
func domain(low, high float64) spec {
	s := spec{"scale": spec{"domain": []any{short(low), short(high)}, "nice": false}}
	if max(math.Abs(low), math.Abs(high)) < 1e-6 {
		s["axis"] = spec{"format": ".3~g"}
	}
	return s
}

// nominal encodes a field by its name.
func nominal(field string, more ...spec) spec {
	return merge(spec{"field": field, "type": "nominal"}, more)
}

// colourScale gives each class its colour, listed in the legend.
func colourScale(classes []class) spec {
	domain, colours := make([]string, len(classes)), make([]string, len(classes))
	for i, c := range classes {
		domain[i], colours[i] = c.label, c.vega
	}
	s := spec{"title": nil, "scale": spec{"domain": domain, "range": colours}}
	if len(classes) == 0 {
		s["legend"] = nil // Vega gives an empty one no size, and draws the title over the plot
	}
	return s
}

// fillScale fills the points of each class with its colour, and leaves open
// ones empty. The legend is one with that of colourScale.
func fillScale(classes []class) spec {
	filled := slices.Clone(classes)
	for i, c := range filled {
		if c.open {
			filled[i].vega = "transparent"
		}
	}
	return colourScale(filled)
}

// class is a kind of mark: its words, its colour in Vega-Lite and in pictures,
// and whether it is drawn as an open ring.
type class struct {
	label, vega string
	colour      func(*theme) color.NRGBA
	open        bool
}

func tooltips(fields ...spec) []spec { return fields }

func tooltip(field, title, format string) spec {
	s := spec{"field": field, "title": title}
	if format != "" {
		s["format"], s["type"] = format, "quantitative"
	}
	return s
}

func merge(s spec, more []spec) spec {
	for _, m := range more {
		maps.Copy(s, m)
	}
	return s
}
