package plots

import (
	"math"
	"strings"
	"unicode"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// letters writes lines in any script. The pictures' font has Latin, Greek and
// Cyrillic; each letter that it lacks takes a square of its size, which is what
// a Chinese one takes in the fonts of whoever looks at an SVG.
type letters struct{ text.Plain }

var handler = letters{text.Plain{Fonts: font.DefaultCache}}

// Box implements text.Handler.
func (l letters) Box(line string, f font.Font) (width, height, depth vg.Length) {
	_, height, depth = l.Plain.Box("", f)
	return lineWidth(l.Fonts.Lookup(f, f.Size), line), height, depth
}

// Draw implements text.Handler.
func (l letters) Draw(c vg.Canvas, line string, s text.Style, at vg.Point) {
	face := l.Fonts.Lookup(s.Font, s.Font.Size)
	// Plain aligns by the width that the font alone would give.
	shift := vg.Length(s.XAlign) * (lineWidth(face, line) - face.Width(line))
	sin, cos := math.Sincos(s.Rotation)
	l.Plain.Draw(c, line, s, vg.Point{X: at.X + shift*vg.Length(cos), Y: at.Y + shift*vg.Length(sin)})
}

// A piece is letters of a line that the font has all of, or none of.
type piece struct {
	letters []rune
	lacking bool
}

// pieces leaves out marks and joiners that the font lacks: they belong to the
// letter before them.
func pieces(face font.Face, line string) []piece {
	var all []piece
	for _, r := range line {
		lacking := lacks(face, r)
		if lacking && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
			continue
		}
		if len(all) == 0 || all[len(all)-1].lacking != lacking {
			all = append(all, piece{lacking: lacking})
		}
		all[len(all)-1].letters = append(all[len(all)-1].letters, r)
	}
	return all
}

// lacks also says so of Hebrew, which the font has, but which would be drawn
// from left to right.
func lacks(face font.Face, r rune) bool {
	glyph, err := face.Face.GlyphIndex(nil, r)
	return err != nil || glyph == 0 || unicode.Is(unicode.Hebrew, r)
}

func (p piece) width(face font.Face) vg.Length {
	if !p.lacking {
		return face.Width(string(p.letters))
	}
	return vg.Length(len(p.letters)) * face.Font.Size
}

func lineWidth(face font.Face, line string) (width vg.Length) {
	for _, p := range pieces(face, line) {
		width += p.width(face)
	}
	return width
}

// pixels is a canvas on which the font is all there is: an empty square stands
// for a letter that it lacks.
type pixels struct{ *vgimg.Canvas }

// FillString implements vg.Canvas.
func (c pixels) FillString(face font.Face, at vg.Point, line string) {
	for _, p := range pieces(face, line) {
		if !p.lacking {
			c.Canvas.FillString(face, at, string(p.letters))
			at.X += p.width(face)
			continue
		}
		for range p.letters {
			c.square(at, face.Font.Size)
			at.X += face.Font.Size
		}
	}
}

func (c pixels) square(at vg.Point, size vg.Length) {
	left, right, top := at.X+0.15*size, at.X+0.85*size, at.Y+0.7*size
	var p vg.Path
	p.Move(vg.Point{X: left, Y: at.Y})
	p.Line(vg.Point{X: right, Y: at.Y})
	p.Line(vg.Point{X: right, Y: top})
	p.Line(vg.Point{X: left, Y: top})
	p.Close()
	c.SetLineWidth(0.06 * size)
	c.SetLineDash(nil, 0)
	c.Stroke(p)
}

// foreign reports whether the figure has letters that the pictures' font lacks.
func (f *Figure) foreign() bool {
	style := textStyle(noteSize, nil)
	face := handler.Fonts.Lookup(style.Font, style.Font.Size)
	return strings.ContainsFunc(f.String(), func(r rune) bool { return unicode.IsLetter(r) && lacks(face, r) })
}
