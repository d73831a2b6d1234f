package plots

import (
	"image/color"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// swatch is how a legend entry's mark looks.
type swatch int

const (
	dotSwatch swatch = iota
	ringSwatch
	triangleSwatch
	lineSwatch
	dashedSwatch
	bandSwatch
	crossSwatch
)

const (
	swatchWidth = 22 // CSS pixels
	entryGap    = 18
)

// legendEntry explains one mark. Entries stand in a row above the body, where
// they cover no data.
type legendEntry struct {
	mark   swatch
	colour func(*theme) color.NRGBA
	label  string
}

func legendStyle(c color.Color) text.Style { return textStyle(noteSize, c) }

func (e legendEntry) width() vg.Length {
	return px(swatchWidth+entryGap) + legendStyle(color.Black).Width(e.label)
}

func (e legendEntry) draw(t *theme, c *draw.Canvas, at vg.Point) {
	col := e.colour(t)
	middle := vg.Point{X: at.X + px(swatchWidth/2-3), Y: at.Y}
	end := vg.Point{X: at.X + px(swatchWidth-6), Y: at.Y}
	switch e.mark {
	case dotSwatch:
		dot(c, col, middle, px(4))
	case ringSwatch:
		ring(c, col, t.ground, middle, px(4))
	case triangleSwatch:
		triangle(c, col, middle, px(4))
	case lineSwatch:
		c.StrokeLine2(draw.LineStyle{Color: col, Width: vg.Points(1.6)}, at.X, at.Y, end.X, end.Y)
	case dashedSwatch:
		c.StrokeLine2(draw.LineStyle{Color: col, Width: vg.Points(1), Dashes: dashes}, at.X, at.Y, end.X, end.Y)
	case bandSwatch:
		fillRectangle(c, translucent(col, 0.35), vg.Point{X: at.X, Y: at.Y - px(4)}, vg.Point{X: end.X, Y: at.Y + px(4)})
	case crossSwatch:
		cross(c, col, middle)
	}
	writeMiddle(c, legendStyle(t.ink), vg.Point{X: at.X + px(swatchWidth), Y: at.Y}, text.XLeft, e.label)
}

// legendRows breaks the entries into rows that fit.
func (f *Figure) legendRows() [][]legendEntry {
	var rows [][]legendEntry
	var used vg.Length
	for _, e := range f.legend {
		e.label = middleEllipsis(legendStyle(color.Black), e.label, f.innerWidth()-px(swatchWidth))
		if len(rows) == 0 || used+e.width() > f.innerWidth() {
			rows, used = append(rows, nil), 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], e)
		used += e.width()
	}
	return rows
}

func cross(c *draw.Canvas, col color.Color, at vg.Point) {
	line, arm := draw.LineStyle{Color: col, Width: vg.Points(1.1)}, px(3)
	c.StrokeLine2(line, at.X-arm, at.Y-arm, at.X+arm, at.Y+arm)
	c.StrokeLine2(line, at.X-arm, at.Y+arm, at.X+arm, at.Y-arm)
}

func baseColour(t *theme) color.NRGBA    { return t.base }
func testColour(t *theme) color.NRGBA    { return t.test }
func badColour(t *theme) color.NRGBA     { return t.bad }
func goodColour(t *theme) color.NRGBA    { return t.good }
func neutralColour(t *theme) color.NRGBA { return t.neutral }
