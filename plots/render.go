package plots

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	margin     = 12 // CSS pixels around everything
	lineHeight = 16 // of notes and legend, in CSS pixels
	titleLine  = 24
	headerGap  = 8
)

// PNG draws the figure with two pixels for each CSS pixel and a palette of at
// most 256 colours, which halves its size.
func (f *Figure) PNG(t Theme) (data []byte, err error) {
	th, err := lookup(t)
	if err != nil {
		return nil, err
	}
	defer recoverDrawing(&err)
	c := vgimg.NewWith(vgimg.UseWH(px(f.width), px(f.height())), vgimg.UseDPI(192), vgimg.UseBackgroundColor(th.ground))
	f.render(th, draw.New(pixels{c}))
	rgba, ok := c.Image().(*image.RGBA)
	if !ok {
		return nil, fmt.Errorf("draw figure: unexpected image of type %T", c.Image())
	}
	var out bytes.Buffer
	if err := png.Encode(&out, reduceColours(rgba)); err != nil {
		return nil, fmt.Errorf("encode figure: %w", err)
	}
	return out.Bytes(), nil
}

// SVG draws the figure as a vector graphic. Text stays text, in Liberation
// Sans or the viewer's nearest sans serif.
func (f *Figure) SVG(t Theme) (data []byte, err error) {
	th, err := lookup(t)
	if err != nil {
		return nil, err
	}
	defer recoverDrawing(&err)
	c := vgsvg.New(px(f.width), px(f.height()))
	f.render(th, draw.New(c))
	var out bytes.Buffer
	if _, err := c.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("encode figure: %w", err)
	}
	return bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans"),
		[]byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif")), nil
}

func lookup(t Theme) (*theme, error) {
	th, ok := themes[t]
	if !ok {
		return nil, fmt.Errorf("draw figure: unknown theme %d; want plots.Light or plots.Dark", t)
	}
	return th, nil
}

// recoverDrawing turns a panic of the drawing library into an error.
func recoverDrawing(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("draw figure: %v", r)
	}
}

// render draws title, notes and legend, and the body in what is left.
func (f *Figure) render(t *theme, c draw.Canvas) {
	fillRectangle(&c, t.ground, c.Min, c.Max)
	c = draw.Crop(c, px(margin), -px(margin), px(margin), -px(margin))
	for _, line := range f.titleLines(c.Size().X) {
		write(&c, boldStyle(titleSize, t.ink), vg.Point{X: c.Min.X, Y: c.Max.Y}, line)
		c.Max.Y -= px(titleLine)
	}
	note := textStyle(noteSize, t.muted)
	for _, line := range f.noteLines(c.Size().X) {
		write(&c, note, vg.Point{X: c.Min.X, Y: c.Max.Y}, line)
		c.Max.Y -= px(lineHeight)
	}
	for _, row := range f.legendRows() {
		x := c.Min.X
		for _, e := range row {
			e.draw(t, &c, vg.Point{X: x, Y: c.Max.Y - px(lineHeight/2)})
			x += e.width()
		}
		c.Max.Y -= px(lineHeight)
	}
	c.Max.Y -= px(headerGap)
	f.draw(t, c)
}

// height of the whole figure in CSS pixels.
func (f *Figure) height() float64 {
	lines := len(f.noteLines(f.innerWidth())) + len(f.legendRows())
	return float64(2*margin+len(f.titleLines(f.innerWidth()))*titleLine+lines*lineHeight+headerGap) + f.body
}

func (f *Figure) innerWidth() vg.Length { return px(f.width - 2*margin) }

// maxTitleLines leaves room for the names of two deployments.
const maxTitleLines = 5

// titleLines is the title, cut off after so many lines, which the last one
// shows.
func (f *Figure) titleLines(width vg.Length) []string {
	s := boldStyle(titleSize, color.Black)
	lines := wrap(s, f.title, width)
	if len(lines) > maxTitleLines {
		rest := strings.Join(lines[maxTitleLines-1:], " ")
		lines = append(lines[:maxTitleLines-1], ellipsis(s, rest, width))
	}
	return lines
}

func (f *Figure) noteLines(width vg.Length) []string {
	notes := slices.Clone(f.notes)
	if f.scale != "" {
		notes = append(notes, f.scale)
	}
	if len(notes) == 0 {
		return nil
	}
	return wrap(textStyle(noteSize, color.Black), strings.Join(notes, "; "), width)
}

// write puts text with its upper left corner at a point.
func write(c *draw.Canvas, s text.Style, at vg.Point, txt string) {
	s.YAlign = text.YTop
	c.FillText(s, at, txt)
}

// writeMiddle puts text beside a mark: vertically centred on the point as the
// eye sees it, which is half a descender above the box's centre.
func writeMiddle(c *draw.Canvas, s text.Style, at vg.Point, align text.XAlignment, txt string) {
	s.XAlign, s.YAlign = align, text.YCenter
	at.Y += s.FontExtents().Descent / 2
	c.FillText(s, at, txt)
}

// wrap breaks text between words so that each line fits, and shortens a word that
// does not.
func wrap(s text.Style, txt string, width vg.Length) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(txt) {
		longer := word
		if line != "" {
			longer = line + " " + word
		}
		if line != "" && s.Width(longer) > width {
			lines = append(lines, middleEllipsis(s, line, width))
			longer = word
		}
		line = longer
	}
	return append(lines, middleEllipsis(s, line, width))
}

// ellipsis shortens text that is too wide.
func ellipsis(s text.Style, txt string, width vg.Length) string {
	if s.Width(txt) <= width {
		return txt
	}
	letters := []rune(txt)
	kept := greatest(1, len(letters), func(n int) bool { return s.Width(string(letters[:n])+"…") <= width })
	return strings.TrimRight(string(letters[:kept]), " _") + "…"
}

// axisLabel is a label with a run's name in it, shortened where it is too wide:
// a label makes the plot that it stands beside as small as it needs to.
func axisLabel(before, name, after string, width vg.Length) string {
	s := textStyle(labelSize, color.Black)
	return before + middleEllipsis(s, name, width-s.Width(before+after)) + after
}

// middleEllipsis shortens a name that is too wide at its middle: names of
// subjects and of settings begin alike, and their ends tell them apart.
func middleEllipsis(s text.Style, name string, width vg.Length) string {
	if s.Width(name) <= width {
		return name
	}
	letters := []rune(name)
	if len(letters) < 3 {
		return name
	}
	short := func(kept int) string {
		end := kept / 2
		return string(letters[:kept-end]) + "…" + string(letters[len(letters)-end:])
	}
	return short(greatest(2, len(letters)-1, func(kept int) bool { return s.Width(short(kept)) <= width }))
}

// greatest is the greatest number up to most for which fits holds, as it does for
// all below; least where it holds for none above that. It is found from below:
// what does not fit may be far longer than what does.
func greatest(least, most int, fits func(int) bool) int {
	step := 1
	for least+step <= most && fits(least+step) {
		least, step = least+step, 2*step
	}
	for ; step > 0; step /= 2 {
		if least+step <= most && fits(least+step) {
			least += step
		}
	}
	return least
}
