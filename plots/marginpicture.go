package plots

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const marginBody = 380 // CSS pixels

// marginPicture is the figure ready to be drawn.
type marginPicture struct {
	base, test    string
	samples       []MarginSample // finite ones only
	counts        [3]int         // by outcome
	losses, gains []flipBin
}

// span is the range of margins, the same on both axes, with 0 in it.
func (m *marginPicture) span() (low, high float64) {
	low, high = 0, 0
	for _, s := range m.samples {
		low, high = min(low, s.Base, s.Test), max(high, s.Base, s.Test)
	}
	if low == high {
		return -1, 1
	}
	room := 0.03*high - 0.03*low
	return low - room, high + room
}

func (m *marginPicture) draw(t *theme, c draw.Canvas) {
	left, right := c, c
	split := c.Min.X + 0.52*c.Size().X
	left.Max.X, right.Min.X = split-px(12), split+px(12)
	m.drawScatter(t, left)
	m.drawRates(t, right)
}

// axisWords are what the axes of a scatter of that size are called.
func (m *marginPicture) axisWords(size vg.Point) (across, up string) {
	return axisLabel("margin, ", m.base, "", size.X-px(60)), axisLabel("margin, ", m.test, "", size.Y-px(40))
}

// sizeWords is what the axis of the sizes of margins is called.
func (m *marginPicture) sizeWords(width vg.Length) string {
	return axisLabel("size of the margin, ", m.base, "", width-px(60))
}

func (m *marginPicture) drawScatter(t *theme, c draw.Canvas) {
	p := t.newPlot(m.axisWords(c.Size()))
	p.X.Min, p.X.Max = m.span()
	p.Y.Min, p.Y.Max = p.X.Min, p.X.Max
	p.X.Padding, p.Y.Padding = px(3), px(3)
	p.Add(t.grid(true, true), paint(func(c draw.Canvas, p *plot.Plot) {
		x, y := p.Transforms(&c)
		axis := draw.LineStyle{Color: t.neutral, Width: vg.Points(0.7)}
		c.StrokeLine2(axis, x(0), c.Min.Y, x(0), c.Max.Y)
		c.StrokeLine2(axis, c.Min.X, y(0), c.Max.X, y(0))
		axis.Dashes = dashes
		c.StrokeLine2(axis, x(p.X.Min), y(p.Y.Min), x(p.X.Max), y(p.Y.Max))
		for _, kind := range []struct {
			outcome outcome
			colour  color.NRGBA
			mark    func(*draw.Canvas, color.Color, vg.Point, vg.Length)
			radius  vg.Length
		}{{unchanged, translucent(t.neutral, 0.4), dot, px(1.8)}, {gain, t.good, triangle, px(2.8)}, {loss, t.bad, dot, px(2.8)}} {
			for _, s := range m.samples {
				if s.outcome() == kind.outcome {
					kind.mark(&c, kind.colour, vg.Point{X: x(s.Base), Y: y(s.Test)}, kind.radius)
				}
			}
		}
	}))
	p.Draw(c)
}

// ratesSpan is how far the axes of the rates reach from 0.
func (m *marginPicture) ratesSpan() (margin, percent float64) {
	percent = 5
	for _, b := range append(slices.Clone(m.losses), m.gains...) {
		margin = max(margin, 1.05*b.middle)
		percent = max(percent, 1.03*b.share.High)
	}
	if margin == 0 {
		margin = 1
	}
	return margin, percent
}

func (m *marginPicture) drawRates(t *theme, c draw.Canvas) {
	p := t.newPlot(m.sizeWords(c.Size().X), "samples that flip, percent")
	p.X.Max, p.Y.Max = m.ratesSpan()
	p.X.Padding, p.Y.Padding = px(3), px(3)
	p.X.Tick.Marker, p.Y.Tick.Marker = linearTicks{most: 5}, linearTicks{most: 7}
	p.Add(t.grid(false, true), paint(func(c draw.Canvas, p *plot.Plot) {
		drawBins(&c, p, t.good, triangle, m.gains)
		drawBins(&c, p, t.bad, dot, m.losses)
	}))
	p.Draw(c)
}

// drawBins draws each bin as a point with its interval at its median margin.
func drawBins(c *draw.Canvas, p *plot.Plot, col color.NRGBA, mark func(*draw.Canvas, color.Color, vg.Point, vg.Length), bins []flipBin) {
	x, y := p.Transforms(c)
	var middle []vg.Point
	for _, b := range bins {
		at := vg.Point{X: x(b.middle), Y: y(b.share.Estimate)}
		middle = append(middle, at)
		c.StrokeLine2(draw.LineStyle{Color: translucent(col, 0.55), Width: vg.Points(1.1)}, at.X, y(b.share.Low), at.X, y(b.share.High))
	}
	if len(middle) > 1 {
		c.StrokeLines(draw.LineStyle{Color: col, Width: vg.Points(1.2)}, middle)
	}
	for _, at := range middle {
		mark(c, col, at, px(3.6))
	}
}

// text lists how often samples flip, by the size of their margin.
func (m *marginPicture) text() string {
	var rows [][]string
	for _, side := range []struct {
		name string
		bins []flipBin
	}{{"right → wrong", m.losses}, {"wrong → right", m.gains}} {
		for _, b := range side.bins {
			rows = append(rows, []string{
				side.name, fmt.Sprintf("%.3g to %.3g", b.low, b.high), fmt.Sprintf("%d of %d", b.flips, b.share.N),
				number(b.share.Estimate, 1) + " %", fmt.Sprintf("[%s, %s]", number(b.share.Low, 1), number(b.share.High, 1)),
			})
		}
	}
	out := fmt.Sprintf("right → wrong %d, wrong → right %d, unchanged %d\n", m.counts[loss], m.counts[gain], m.counts[unchanged])
	if len(rows) == 0 {
		return out
	}
	return out + textTable([]string{"flip", "size of base margin", "samples", "share", "95 % Wilson"}, rows)
}
