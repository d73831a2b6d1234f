package console

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"

	"golang.org/x/image/draw"
)

// A palette is which colours a terminal's characters can have.
type palette int

const (
	noColours palette = iota
	colours256
	trueColours
)

func paletteOf(env func(string) string) palette {
	switch {
	case slices.Contains([]string{"truecolor", "24bit"}, env("COLORTERM")):
		return trueColours
	case strings.Contains(env("TERM"), "256color"):
		return colours256
	}
	return noColours
}

// maxBlockRows is how many rows of characters a picture of blocks takes at most.
const maxBlockRows = 20

// blocks draws a picture with characters of two colours, each of which stands
// for two pixels, one above the other. It returns whole lines.
func blocks(m image.Image, columns int, p palette) (text string, rows int) {
	size := m.Bounds().Size()
	if size.X > columns {
		size = image.Pt(columns, max(1, size.Y*columns/size.X))
	}
	if size.Y > 2*maxBlockRows {
		size = image.Pt(max(1, size.X*2*maxBlockRows/size.Y), 2*maxBlockRows)
	}
	scaled := image.NewNRGBA(image.Rectangle{Max: size})
	draw.ApproxBiLinear.Scale(scaled, scaled.Bounds(), m, m.Bounds(), draw.Src, nil)
	var b strings.Builder
	for y := 0; y < size.Y; y += 2 {
		for x := range size.X {
			upper, hasUpper := p.code(scaled.NRGBAAt(x, y), 38)
			lower, hasLower := p.code(scaled.NRGBAAt(x, y+1), 48) // nothing below the last row
			switch {
			case hasUpper:
				b.WriteString("\x1b[0;" + strings.TrimSuffix(upper+";"+lower, ";") + "m▀")
			case hasLower:
				lower, _ := p.code(scaled.NRGBAAt(x, y+1), 38)
				b.WriteString("\x1b[0;" + lower + "m▄")
			default:
				b.WriteString("\x1b[0m ")
			}
		}
		b.WriteString("\x1b[0m\n")
		rows++
	}
	return b.String(), rows
}

// code is what selects a colour, as foreground (38) or background (48). What
// is mostly transparent has none.
func (p palette) code(c color.NRGBA, ground int) (code string, ok bool) {
	if c.A < 128 {
		return "", false
	}
	if p == trueColours {
		return fmt.Sprintf("%d;2;%d;%d;%d", ground, c.R, c.G, c.B), true
	}
	const first, side = 16, 6 // of the cube of colours
	return fmt.Sprintf("%d;5;%d", ground, first+(level(c.R)*side+level(c.G))*side+level(c.B)), true
}

// level is the nearest of the cube's levels: 0, 95, 135, 175, 215, 255.
func level(v uint8) int {
	switch {
	case v < 48:
		return 0
	case v < 115:
		return 1
	}
	return (int(v) - 35) / 40
}
