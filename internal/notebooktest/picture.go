package main

import (
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"strings"
)

// A pixel may differ slightly between machines, where edges are smoothed, and
// a few may differ more.
const (
	channelTolerance = 16 << 8 // of 65535
	shareTolerance   = 0.0005  // of all pixels
)

// comparePictures says how two PNG files, as base64, differ, "" when they show
// the same.
func comparePictures(committed, fresh string) string {
	a, err := decodePicture(committed)
	if err != nil {
		return fmt.Sprintf("the committed picture: %v", err)
	}
	b, err := decodePicture(fresh)
	if err != nil {
		return fmt.Sprintf("the picture: %v", err)
	}
	if a.Bounds() != b.Bounds() {
		return fmt.Sprintf("the picture has %v pixels, committed %v", b.Bounds().Size(), a.Bounds().Size())
	}
	differing := 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if !alike(a, b, x, y) {
				differing++
			}
		}
	}
	share := float64(differing) / float64(max(1, a.Bounds().Dx()*a.Bounds().Dy()))
	if share > shareTolerance {
		return fmt.Sprintf("%.2f %% of the picture's pixels differ (%.2f %% may)", 100*share, 100*shareTolerance)
	}
	return ""
}

func decodePicture(text string) (image.Image, error) {
	return png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
}

func alike(a, b image.Image, x, y int) bool {
	r1, g1, b1, a1 := a.At(x, y).RGBA()
	r2, g2, b2, a2 := b.At(x, y).RGBA()
	for _, pair := range [][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}, {a1, a2}} {
		if max(pair[0], pair[1])-min(pair[0], pair[1]) > channelTolerance {
			return false
		}
	}
	return true
}
