package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"adkernel/builtins/stats"
)

// logitPicture is the figure ready to be drawn.
type logitPicture struct {
	base, test string
	columns    []logitColumn
	outliers   []logitOutlier
}

// What the marks of either run are, for legends.
func (l *logitPicture) baseWords() string {
	return l.base + ": minimum to maximum, quartiles within, median a line"
}
func (l *logitPicture) testWords() string { return l.test + ": minimum, median (thick), maximum" }

// acrossWords is what the axis of samples of a figure of that width is called.
func (l *logitPicture) acrossWords(width vg.Length) string {
	return axisLabel("samples, in the order of ", l.base, "'s maximum", width-px(60))
}

func (l *logitPicture) missingWords() string { return l.test + " has NaN or Inf" }

func (l *logitPicture) hasMissing() bool {
	return slices.ContainsFunc(l.columns, func(c logitColumn) bool { return c.missingInTest > 0 })
}

// span is the range of logits, with 0 and room for names at both ends.
func (l *logitPicture) span() (low, high float64) {
	low, high = -1, 1
	for _, c := range l.columns {
		if c.hasBase {
			low, high = min(low, c.base.Min), max(high, c.base.Max)
		}
		if c.hasTest {
			low, high = min(low, c.test.Min), max(high, c.test.Max)
		}
	}
	room := 0.08 * (symlog(high) - symlog(low))
	return inverseSymlog(symlog(low) - room), inverseSymlog(symlog(high) + room)
}

// inverseSymlog stays finite: the widest floats have no room beyond them.
func inverseSymlog(v float64) float64 {
	return math.Copysign(min(math.Expm1(math.Abs(v)), math.MaxFloat64), v)
}

func (l *logitPicture) draw(t *theme, c draw.Canvas) {
	p := t.newPlot(l.acrossWords(c.Size().X), "logit")
	p.X.Min, p.X.Max = -0.5, max(0, float64(len(l.columns)-1))+0.5
	p.X.Padding = 0
	p.X.Tick.Marker = l.sampleTicks()
	p.Y.Scale, p.Y.Tick.Marker = symlogScale{}, symlogTicks{}
	p.Y.Min, p.Y.Max = l.span()
	base, test := of(ofBase), of(ofTest)
	minimum := func(r LogitRange) float64 { return r.Min }
	q1 := func(r LogitRange) float64 { return r.Q1 }
	median := func(r LogitRange) float64 { return r.Median }
	q3 := func(r LogitRange) float64 { return r.Q3 }
	maximum := func(r LogitRange) float64 { return r.Max }
	p.Add(t.grid(false, true), paint(func(c draw.Canvas, p *plot.Plot) {
		l.band(&c, p, translucent(t.base, 0.22), base, minimum, maximum)
		l.band(&c, p, translucent(t.base, 0.35), base, q1, q3)
		l.line(&c, p, draw.LineStyle{Color: t.base, Width: px(1.2)}, base, median)
		solid := draw.LineStyle{Color: t.test, Width: px(1.2)}
		dashed := draw.LineStyle{Color: t.test, Width: px(1), Dashes: dashes}
		l.line(&c, p, solid, test, minimum)
		l.line(&c, p, dashed, test, q1)
		l.line(&c, p, draw.LineStyle{Color: t.test, Width: px(1.8)}, test, median)
		l.line(&c, p, dashed, test, q3)
		l.line(&c, p, solid, test, maximum)
		l.drawMissing(t, &c, p)
		l.nameOutliers(t, &c, p)
	}))
	p.Draw(c)
}

// samples is how many there are, drawn or missing.
func (l *logitPicture) samples() int {
	total := 0
	for _, c := range l.columns {
		total += c.samples
	}
	return total
}

// counts are the numbers of samples that the axis marks.
func (l *logitPicture) counts() []plot.Tick {
	total := l.samples()
	ticks := linearTicks{most: 8, whole: true}.Ticks(1, float64(max(total, 2)))
	return slices.DeleteFunc(ticks, func(t plot.Tick) bool { return t.Value > float64(total) })
}

// sampleTicks counts samples, whatever number of them shares a place.
func (l *logitPicture) sampleTicks() plot.Ticker {
	ticks, total := l.counts(), l.samples()
	for i := range ticks {
		ticks[i].Value = (ticks[i].Value-0.5)*float64(len(l.columns))/float64(total) - 0.5
	}
	return plot.ConstantTicks(ticks)
}

// of picks a column's range in one of the runs, if it has one.
type of func(logitColumn) (LogitRange, bool)

func ofBase(c logitColumn) (LogitRange, bool) { return c.base, c.hasBase }
func ofTest(c logitColumn) (LogitRange, bool) { return c.test, c.hasTest }

// alone says of each column whether it is a stretch of its own.
func (l *logitPicture) alone(of of) []bool {
	alone := make([]bool, len(l.columns))
	l.runs(of, func(first int, ranges []LogitRange) { alone[first] = len(ranges) == 1 })
	return alone
}

// end picks one number of a range.
type end func(LogitRange) float64

// runs calls draw for each stretch of columns that have a range.
func (l *logitPicture) runs(of of, draw func(first int, ranges []LogitRange)) {
	var stretch []LogitRange
	for i, c := range l.columns {
		if r, ok := of(c); ok {
			stretch = append(stretch, r)
			continue
		}
		if len(stretch) > 0 {
			draw(i-len(stretch), stretch)
		}
		stretch = nil
	}
	if len(stretch) > 0 {
		draw(len(l.columns)-len(stretch), stretch)
	}
}

// path is one end of a stretch in canvas coordinates. A stretch of a single
// column is drawn as wide as the column, so that it can be seen.
func path(c *draw.Canvas, p *plot.Plot, first int, ranges []LogitRange, end end) []vg.Point {
	x, y := p.Transforms(c)
	if len(ranges) == 1 {
		at := y(end(ranges[0]))
		return []vg.Point{{X: x(float64(first) - 0.4), Y: at}, {X: x(float64(first) + 0.4), Y: at}}
	}
	points := make([]vg.Point, len(ranges))
	for i, r := range ranges {
		points[i] = vg.Point{X: x(float64(first + i)), Y: y(end(r))}
	}
	return points
}

func (l *logitPicture) line(c *draw.Canvas, p *plot.Plot, s draw.LineStyle, of of, end end) {
	l.runs(of, func(first int, ranges []LogitRange) {
		c.StrokeLines(s, path(c, p, first, ranges, end))
	})
}

func (l *logitPicture) band(c *draw.Canvas, p *plot.Plot, col color.Color, of of, low, high end) {
	l.runs(of, func(first int, ranges []LogitRange) {
		back := path(c, p, first, ranges, low)
		slices.Reverse(back)
		c.FillPolygon(col, append(path(c, p, first, ranges, high), back...))
	})
}

// drawMissing puts a cross at the foot of each column where test has NaN or Inf.
func (l *logitPicture) drawMissing(t *theme, c *draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(c)
	for i, col := range l.columns {
		if col.missingInTest > 0 {
			cross(c, t.bad, vg.Point{X: x(float64(i)), Y: c.Min.Y + px(6)})
		}
	}
}

// nameOutliers rings each outlier and writes its sample beside it, where that
// covers no other name.
func (l *logitPicture) nameOutliers(t *theme, c *draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(c)
	s := boldStyle(tickSize, t.ink)
	var taken []vg.Rectangle
	for _, o := range l.outliers {
		at := vg.Point{X: x(float64(o.column)), Y: y(o.logit)}
		ring(c, t.bad, t.ground, at, px(3.5))
		label := fmt.Sprintf("sample %d", o.sample)
		width, half := s.Width(label), px(7)
		for _, left := range []vg.Length{at.X + px(8), at.X - px(8) - width} {
			box := vg.Rectangle{Min: vg.Point{X: left, Y: at.Y - half}, Max: vg.Point{X: left + width, Y: at.Y + half}}
			if box.Min.X < c.Min.X || box.Max.X > c.Max.X || slices.ContainsFunc(taken, func(r vg.Rectangle) bool { return overlap(r, box) }) {
				continue
			}
			taken = append(taken, box)
			fillRectangle(c, translucent(t.ground, 0.8), box.Min, box.Max) // lines below would strike the letters through
			writeMiddle(c, s, vg.Point{X: left, Y: at.Y}, text.XLeft, label)
			break
		}
	}
}

func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// text lists how the ends spread over the samples in both runs, and the outliers.
func (l *logitPicture) text(samples []LogitSample) string {
	var rows [][]string
	for _, run := range []struct {
		name string
		of   func(LogitSample) LogitRange
	}{{l.base, func(s LogitSample) LogitRange { return s.Base }}, {l.test, func(s LogitSample) LogitRange { return s.Test }}} {
		for _, e := range []struct {
			name string
			of   end
		}{
			{"minimum", func(r LogitRange) float64 { return r.Min }},
			{"median", func(r LogitRange) float64 { return r.Median }},
			{"maximum", func(r LogitRange) float64 { return r.Max }},
		} {
			var values []float64
			for _, s := range samples {
				if r := run.of(s); r.finite() {
					values = append(values, e.of(r))
				}
			}
			slices.Sort(values)
			row := []string{run.name + ", " + e.name + " logit"}
			for _, q := range []float64{0, 0.5, 1} {
				row = append(row, textNumber(stats.Quantile(values, q)))
			}
			rows = append(rows, append(row, fmt.Sprint(len(values))))
		}
	}
	out := textTable([]string{"over samples", "least", "median", "greatest", "n"}, rows)
	for _, o := range l.outliers {
		out += fmt.Sprintf("sample %d stands out: logit %s\n", o.sample, textNumber(o.logit))
	}
	return out
}

func textNumber(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.4g", v)
}
