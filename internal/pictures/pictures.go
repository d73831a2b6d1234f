// Package pictures tells whether two drawings of a figure show the same,
// though they were drawn by different machines.
package pictures

import (
	"fmt"
	"image"
	"image/draw"
)

// Machines round otherwise where they multiply and add at once: edges are
// smoothed a little differently, and of two shades that are nearly as frequent
// the other one becomes the palette's. Between amd64 and arm64 no channel of
// any pixel was seen to differ by more than 30 of 255, and of a tile's pixels
// at most 6 by more than 16. A mark painted over differs by far more in a few
// pixels of one tile, a faint line by a little in many of them.
const (
	most    = 64 // by how much a channel of a pixel may differ, of 255
	slight  = 16 // by how much all of them may
	tile    = 32 // pixels, the sides of the squares in which the others are counted
	perTile = 16
)

// Difference says where two pictures differ, "" when they show the same.
func Difference(want, got image.Image) string {
	if want.Bounds() != got.Bounds() {
		return fmt.Sprintf("the picture has %v pixels, not %v", got.Bounds().Size(), want.Bounds().Size())
	}
	a, b := plain(want), plain(got)
	across := (a.Rect.Dx() + tile - 1) / tile
	counts := make([]int, across*((a.Rect.Dy()+tile-1)/tile))
	for at := 0; at < len(a.Pix); at += 4 {
		by := distance(a.Pix[at:at+4], b.Pix[at:at+4])
		if by <= slight {
			continue
		}
		x, y := at/4%a.Rect.Dx(), at/4/a.Rect.Dx()
		if by > most {
			return fmt.Sprintf("the pixel at %d, %d differs by %d of 255 (%d may be)", x, y, by, most)
		}
		count := &counts[y/tile*across+x/tile]
		if *count++; *count > perTile {
			return fmt.Sprintf("more than %d pixels near %d, %d differ by more than %d of 255", perTile, x, y, slight)
		}
	}
	return ""
}

// plain is a picture as bytes of red, green, blue and alpha, from 0, 0.
func plain(img image.Image) *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}

func distance(a, b []uint8) (greatest uint8) {
	for i := range a {
		greatest = max(greatest, max(a[i], b[i])-min(a[i], b[i]))
	}
	return greatest
}
