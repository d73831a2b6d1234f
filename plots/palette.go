package plots

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// reduceColours maps a picture to at most 256 colours. Shades that differ by
// less than a sixteenth in each channel become the most frequent among them,
// which thins out antialiased edges and leaves every colour of the theme; if
// that is still too many, the rarest go to their nearest.
func reduceColours(img *image.RGBA) *image.Paletted {
	count := make(map[color.RGBA]int)
	eachRun(img, func(c color.RGBA, _, length int) { count[c] += length })
	order := make([]color.RGBA, 0, len(count))
	for c := range count {
		order = append(order, c)
	}
	slices.SortFunc(order, func(a, b color.RGBA) int { // by frequency, then by value: the same picture gives the same file
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(key(a), key(b)))
	})
	var palette color.Palette
	var kept []color.RGBA
	index := make(map[color.RGBA]uint8, len(order))
	shade := make(map[color.RGBA]uint8)
	for _, c := range order {
		at, ok := shade[coarse(c)]
		switch {
		case ok:
		case len(kept) < 256:
			at = uint8(len(kept))
			shade[coarse(c)] = at
			kept, palette = append(kept, c), append(palette, c)
		default:
			at = nearest(kept, c)
		}
		index[c] = at
	}
	out := image.NewPaletted(img.Bounds(), palette)
	eachRun(img, func(c color.RGBA, first, length int) {
		at := index[c]
		for i := range length {
			out.Pix[first+i] = at
		}
	})
	return out
}

// eachRun calls f for each stretch of pixels of one colour: figures are mostly
// ground, so this is far less work than pixel by pixel.
func eachRun(img *image.RGBA, f func(c color.RGBA, first, length int)) {
	for first := 0; 4*first < len(img.Pix); {
		c, next := pixel(img, 4*first), first+1
		for 4*next < len(img.Pix) && pixel(img, 4*next) == c {
			next++
		}
		f(c, first, next-first)
		first = next
	}
}

func pixel(img *image.RGBA, at int) color.RGBA {
	return color.RGBA{R: img.Pix[at], G: img.Pix[at+1], B: img.Pix[at+2], A: 255}
}

func coarse(c color.RGBA) color.RGBA { return color.RGBA{R: c.R >> 4, G: c.G >> 4, B: c.B >> 4} }

func key(c color.RGBA) int { return int(c.R)<<16 | int(c.G)<<8 | int(c.B) }

func nearest(palette []color.RGBA, c color.RGBA) uint8 {
	best, least := 0, 1<<30
	for i, p := range palette {
		r, g, b := int(p.R)-int(c.R), int(p.G)-int(c.G), int(p.B)-int(c.B)
		if d := r*r + g*g + b*b; d < least {
			best, least = i, d
		}
	}
	return uint8(best)
}
