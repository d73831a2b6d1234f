package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"adkernel/internal/monospace"
	"adkernel/kernel/host"
)

// forest is a column of estimates with intervals, one row each: what Subjects
// and Ladder have in common.
type forest struct {
	axis    string // label of the value axis
	noun    string // what a row is, for column heads: "subject"
	value   string // what its value is: "change"
	signed  bool   // values are changes
	classes []class
	rows    []forestRow
	marks   []forestMark
}

type forestRow struct {
	label     string
	n         int
	value     float64 // NaN: missing
	low, high float64
	class     int // index into classes
}

// forestMark is a vertical line across all rows.
type forestMark struct {
	at     float64
	label  string
	dashed bool
}

const (
	forestRowHeight = 17 // CSS pixels
	forestAxes      = 62 // column heads, axis and its label

	labelShare = 0.4 // of the width, which names take at most

	// mostRows are drawn: a picture of thousands takes a minute and gigabytes.
	mostRows = 200
)

func (f *forest) body() float64 { return float64(max(1, len(f.rows))*forestRowHeight) + forestAxes }

// distinguish numbers labels that repeat: a front end would draw their rows as one.
func (f *forest) distinguish() {
	taken, more := make(map[string]bool), make(map[string]int)
	for i := range f.rows {
		name := f.rows[i].label
		label := name
		for taken[label] { // "a (2)" may be another row's own name
			more[name]++
			label = fmt.Sprintf("%s (%d)", name, 1+more[name])
		}
		taken[label], f.rows[i].label = true, label
	}
}

// missing counts rows without a value and rows with a value but no interval.
func (f *forest) missing() (values, intervals int) {
	for _, r := range f.rows {
		switch {
		case !finite(r.value):
			values++
		case !finite(r.low, r.high):
			intervals++
		}
	}
	return values, intervals
}

// cut leaves the first and the last rows with values where there are too many,
// and returns how many of those between are left out.
func (f *forest) cut() (left int) {
	if len(f.rows) <= mostRows {
		return 0
	}
	f.rows = slices.DeleteFunc(f.rows, func(r forestRow) bool { return !finite(r.value) })
	if left = len(f.rows) - mostRows; left <= 0 {
		return 0
	}
	f.rows = slices.Delete(f.rows, mostRows/2, mostRows/2+left)
	return left
}

// span is the range of the value axis: all intervals and marks, with room.
func (f *forest) span() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	include := func(values ...float64) {
		for _, v := range values {
			if finite(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	for _, r := range f.rows {
		if finite(r.value) {
			include(r.value, r.low, r.high)
		}
	}
	for _, m := range f.marks {
		include(m.at)
	}
	if low > high {
		return -1, 1
	}
	room := 0.04*high - 0.04*low
	if high == low {
		room = max(1, 0.04*math.Abs(high))
	}
	return max(low-room, -math.MaxFloat64), min(high+room, math.MaxFloat64)
}

func (f *forest) draw(t *theme, c draw.Canvas) {
	cols := f.columns(t, c.Size().X)
	p := t.newPlot(f.axis, "")
	last := float64(len(f.rows) - 1)
	p.HideY()
	p.Y.Min, p.Y.Max, p.Y.Padding = -0.5, max(last, 0)+0.5, px(4)
	p.X.Min, p.X.Max = f.span()
	p.X.Padding = px(3)
	p.X.Tick.Marker = linearTicks{most: 8, signed: f.signed}
	p.Add(t.grid(true, false), paint(func(c draw.Canvas, p *plot.Plot) {
		x, y := p.Transforms(&c)
		f.drawMarks(t, &c, x)
		cols.drawHeads(t, &c, f)
		for i, r := range f.rows {
			at := y(last - float64(i))
			cols.drawRow(t, &c, f, i, at)
			f.drawRow(t, &c, r, x, at)
		}
	}))
	c.Max.Y -= px(lineHeight) // heads of the columns
	c.Min.X += cols.label
	c.Max.X -= 2*cols.gap + cols.value + cols.count
	p.Draw(c)
}

// forestColumns is the text beside the intervals: names on the left, values
// and counts on the right, with the widths they need.
type forestColumns struct {
	labels, values, counts   []string
	label, value, count, gap vg.Length
}

func (f *forest) columns(t *theme, width vg.Length) *forestColumns {
	s := textStyle(noteSize, t.ink)
	cols := &forestColumns{value: s.Width(f.value), count: s.Width("n"), gap: px(14)}
	for _, r := range f.rows {
		label, value, count := middleEllipsis(s, r.label, labelShare*width), f.format(r.value), fmt.Sprint(r.n)
		cols.labels, cols.values, cols.counts = append(cols.labels, label), append(cols.values, value), append(cols.counts, count)
		cols.label = max(cols.label, s.Width(label)+px(10))
		cols.value = max(cols.value, s.Width(value))
		cols.count = max(cols.count, s.Width(count))
	}
	return cols
}

// ends are the right edges of the columns of values and counts.
func (cols *forestColumns) ends(c *draw.Canvas) (value, count vg.Length) {
	value = c.Max.X + cols.gap + cols.value
	return value, value + cols.gap + cols.count
}

func (cols *forestColumns) drawHeads(t *theme, c *draw.Canvas, f *forest) {
	value, count := cols.ends(c)
	s := textStyle(tickSize, t.muted)
	s.XAlign, s.YAlign = text.XRight, text.YBottom
	c.FillText(s, vg.Point{X: value, Y: c.Max.Y + px(2)}, f.value)
	c.FillText(s, vg.Point{X: count, Y: c.Max.Y + px(2)}, "n")
}

func (cols *forestColumns) drawRow(t *theme, c *draw.Canvas, f *forest, i int, y vg.Length) {
	value, count := cols.ends(c)
	writeMiddle(c, textStyle(noteSize, t.ink), vg.Point{X: c.Min.X - px(10), Y: y}, text.XRight, cols.labels[i])
	writeMiddle(c, textStyle(noteSize, f.textColour(t, f.rows[i])), vg.Point{X: value, Y: y}, text.XRight, cols.values[i])
	writeMiddle(c, textStyle(noteSize, t.muted), vg.Point{X: count, Y: y}, text.XRight, cols.counts[i])
}

func (f *forest) drawRow(t *theme, c *draw.Canvas, r forestRow, x func(float64) vg.Length, y vg.Length) {
	if !finite(r.value) {
		writeMiddle(c, textStyle(tickSize, t.muted), vg.Point{X: x(f.missingAt()), Y: y}, text.XLeft, "no value")
		return
	}
	k := f.classes[r.class]
	col := k.colour(t)
	if finite(r.low, r.high) {
		c.StrokeLine2(draw.LineStyle{Color: col, Width: vg.Points(1.4)}, x(r.low), y, x(r.high), y)
	}
	at := vg.Point{X: x(r.value), Y: y}
	if k.open {
		ring(c, col, t.ground, at, px(3.8))
	} else {
		dot(c, col, at, px(4.4))
	}
}

// missingAt is where "no value" begins: the left end of the value axis.
func (f *forest) missingAt() float64 {
	low, _ := f.span()
	return low
}

func (f *forest) drawMarks(t *theme, c *draw.Canvas, x func(float64) vg.Length) {
	for _, m := range f.marks {
		line := draw.LineStyle{Color: t.muted, Width: vg.Points(0.9)}
		if m.dashed {
			line.Dashes = dashes
		}
		c.StrokeLine2(line, x(m.at), c.Min.Y, x(m.at), c.Max.Y)
	}
}

// textColour sets significant rows apart in the column of values as well.
func (f *forest) textColour(t *theme, r forestRow) color.NRGBA {
	if k := f.classes[r.class]; finite(r.value) && !k.open {
		return k.colour(t)
	}
	return t.muted
}

func (f *forest) format(v float64) string {
	switch {
	case !finite(v):
		return "–"
	case f.signed:
		return signedNumber(v, 1)
	default:
		return number(v, 1)
	}
}

// legend lists the classes that occur, and the marks.
func (f *forest) legend() []legendEntry {
	var entries []legendEntry
	for i, k := range f.classes {
		if !f.occurs(i) {
			continue
		}
		mark := dotSwatch
		if k.open {
			mark = ringSwatch
		}
		entries = append(entries, legendEntry{mark, k.colour, k.label})
	}
	for _, m := range f.marks {
		if m.dashed {
			entries = append(entries, legendEntry{dashedSwatch, neutralColour, m.label})
		}
	}
	return entries
}

func (f *forest) occurs(class int) bool {
	return slices.ContainsFunc(f.rows, func(r forestRow) bool { return r.class == class && finite(r.value) })
}

// How many characters an interval has in text: as many as the line has room for.
const (
	textBar  = 33
	leastBar = 11
)

// text is the same rows as a table with a line of characters for each interval.
func (f *forest) text() string {
	table, widest := f.textWithBars(textBar), 0
	for line := range strings.Lines(table) {
		widest = max(widest, monospace.Width(strings.TrimSuffix(line, "\n")))
	}
	if excess := widest - host.LineWidth(); host.LineWidth() > 0 && excess > 0 {
		return f.textWithBars(max(leastBar, textBar-excess))
	}
	return table
}

func (f *forest) textWithBars(width int) string {
	low, high := f.span()
	mark := math.NaN()
	if len(f.marks) > 0 {
		mark = f.marks[0].at
	}
	rows := make([][]string, len(f.rows))
	for i, r := range f.rows {
		interval := "–"
		if finite(r.value, r.low, r.high) {
			interval = fmt.Sprintf("[%s, %s]", f.format(r.low), f.format(r.high))
		}
		class := ""
		if finite(r.value) {
			class = f.classes[r.class].label
		}
		rows[i] = []string{r.label, f.format(r.value), interval, fmt.Sprint(r.n), textInterval(r.value, r.low, r.high, mark, low, high, width) + "  " + class}
	}
	padLast(rows)
	return textTable([]string{f.noun, f.value, "interval", "n", ""}, rows)
}

// padLast makes the last column, which is text, align left.
func padLast(rows [][]string) {
	longest := 0
	for _, r := range rows {
		longest = max(longest, monospace.Width(r[len(r)-1]))
	}
	for _, r := range rows {
		last := &r[len(r)-1]
		*last = monospace.Left(*last, longest)
	}
}
