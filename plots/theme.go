package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Theme is a set of colours that suits a ground.
type Theme int

// The two grounds of notebooks.
const (
	Light Theme = iota
	Dark
)

// theme gives each role in a figure its colour. Good and bad differ in
// lightness as well as in hue, and no figure relies on colour alone.
type theme struct {
	ground, ink, muted, rule color.NRGBA
	base                     color.NRGBA // the reference run
	test                     color.NRGBA // the run under suspicion
	bad, good                color.NRGBA
	neutral                  color.NRGBA // not significant, unchanged
}

var themes = map[Theme]*theme{
	Light: {
		ground: rgb(0xffffff), ink: rgb(0x1f2328), muted: rgb(0x59636e), rule: rgb(0xe4e8ec),
		base: rgb(0x57606a), test: rgb(0x0969da), bad: rgb(0xc93c2b), good: rgb(0x0e8074), neutral: rgb(0x8c959f),
	},
	Dark: {
		ground: rgb(0x111418), ink: rgb(0xe2e6eb), muted: rgb(0x9aa4af), rule: rgb(0x2a3038),
		base: rgb(0xaab4c0), test: rgb(0x58a6ff), bad: rgb(0xff7b6b), good: rgb(0x3fc1b0), neutral: rgb(0x768390),
	},
}

// Vega-Lite figures follow the viewer's theme, so their marks have one colour
// that stands out on white and on dark grey.
const (
	baseVega    = "#8b949e"
	testVega    = "#3b8eea"
	badVega     = "#e5534b"
	goodVega    = "#1f9e8f"
	neutralVega = "#8b949e"
)

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

func translucent(c color.NRGBA, share float64) color.NRGBA {
	c.A = uint8(255 * share)
	return c
}

// Sizes of text in points.
const (
	titleSize = 12.5
	labelSize = 9.5
	noteSize  = 9
	tickSize  = 8.5
)

// px converts CSS pixels, 96 an inch, to points, 72 an inch.
func px(v float64) vg.Length { return vg.Points(v * 0.75) }

func textStyle(size float64, c color.Color) text.Style {
	return text.Style{
		Color: c, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)},
		Handler: handler,
	}
}

func boldStyle(size float64, c color.Color) text.Style {
	s := textStyle(size, c)
	s.Font.Weight = 3 // bold; the fonts have no semibold, and asking for one gives regular
	return s
}

// newPlot is an empty plot in the theme: sans serif, thin axes, no title,
// since the figure draws that above.
func (t *theme) newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		restyle(&a.Tick.Label, textStyle(tickSize, t.muted))
		restyle(&a.Label.TextStyle, textStyle(labelSize, t.ink))
		a.LineStyle = draw.LineStyle{Color: t.neutral, Width: vg.Points(0.6)}
		a.Tick.LineStyle = draw.LineStyle{Color: t.neutral, Width: vg.Points(0.6)}
		a.Tick.Length = vg.Points(3)
		a.Label.Padding = vg.Points(3)
		a.Tick.Marker = linearTicks{most: 7}
	}
	return p
}

// restyle takes over all but the axis' own rotation and alignment.
func restyle(s *text.Style, like text.Style) {
	s.Font, s.Color, s.Handler = like.Font, like.Color, like.Handler
}

func (t *theme) grid(vertical, horizontal bool) *plotter.Grid {
	line := draw.LineStyle{Color: t.rule, Width: vg.Points(0.6)}
	g := &plotter.Grid{}
	if vertical {
		g.Vertical = line
	}
	if horizontal {
		g.Horizontal = line
	}
	return g
}

// paint makes a plotter of a function: most marks here are a few lines of drawing.
type paint func(draw.Canvas, *plot.Plot)

func (f paint) Plot(c draw.Canvas, p *plot.Plot) { f(c, p) }

func dot(c *draw.Canvas, col color.Color, at vg.Point, radius vg.Length) {
	c.DrawGlyph(draw.GlyphStyle{Color: col, Radius: radius, Shape: draw.CircleGlyph{}}, at)
}

// triangle points up: where dots are losses, gains are told apart without their
// colour. Its sides are as far from its middle as a dot's, so that it weighs as much.
func triangle(c *draw.Canvas, col color.Color, at vg.Point, radius vg.Length) {
	height, half := 1.3*radius, 1.2*radius
	c.FillPolygon(col, []vg.Point{{X: at.X - half, Y: at.Y - 0.8*radius}, {X: at.X, Y: at.Y + height}, {X: at.X + half, Y: at.Y - 0.8*radius}})
}

// ring is an open circle that hides what lies below it.
func ring(c *draw.Canvas, col, ground color.Color, at vg.Point, radius vg.Length) {
	dot(c, ground, at, radius)
	c.DrawGlyph(draw.GlyphStyle{Color: col, Radius: radius, Shape: thinRing{}}, at)
}

type thinRing struct{}

func (thinRing) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: vg.Points(1.1)})
	var p vg.Path
	p.Move(vg.Point{X: at.X + s.Radius, Y: at.Y})
	p.Arc(at, s.Radius, 0, 2*math.Pi)
	p.Close()
	c.Stroke(p)
}

func fillRectangle(c *draw.Canvas, col color.Color, low, high vg.Point) {
	c.FillPolygon(col, []vg.Point{low, {X: high.X, Y: low.Y}, high, {X: low.X, Y: high.Y}})
}

var dashes = []vg.Length{vg.Points(3), vg.Points(2)}
