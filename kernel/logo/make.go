//go:build ignore

// Draws the PNG logos as logo-svg.svg has them: a reference, and beside it a
// deployment that falls short. Run with: go run make.go
package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"math"
	"os"
)

const (
	unit    = 64 // side of the drawing
	radius  = 12 // of its corners
	samples = 8  // along each side of a pixel
)

type box struct {
	x, y, w, h float64
	c          color.NRGBA
}

var boxes = []box{
	{12, 14, 16, 38, color.NRGBA{0xff, 0xff, 0xff, 0xff}},
	{36, 28, 16, 24, color.NRGBA{0xff, 0xd4, 0x3b, 0xff}},
	{36, 14, 16, 3, color.NRGBA{0xff, 0xff, 0xff, 0xff}},
	{42, 17, 4, 11, color.NRGBA{0x9d, 0xc7, 0xce, 0xff}},
}

var ground = color.NRGBA{0x0b, 0x72, 0x85, 0xff}

func at(x, y float64) color.NRGBA {
	dx := math.Max(0, math.Max(radius-x, x-(unit-radius)))
	dy := math.Max(0, math.Max(radius-y, y-(unit-radius)))
	if math.Hypot(dx, dy) > radius {
		return color.NRGBA{}
	}
	c := ground
	for _, b := range boxes {
		if x >= b.x && x < b.x+b.w && y >= b.y && y < b.y+b.h {
			c = b.c
		}
	}
	return c
}

func draw(size int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, size, size))
	step := float64(unit) / float64(size*samples)
	for py := range size {
		for px := range size {
			var r, g, b, a float64
			for i := range samples * samples {
				c := at((float64(px*samples+i%samples)+.5)*step, (float64(py*samples+i/samples)+.5)*step)
				alpha := float64(c.A)
				r, g, b, a = r+float64(c.R)*alpha, g+float64(c.G)*alpha, b+float64(c.B)*alpha, a+alpha
			}
			if a > 0 {
				m.SetNRGBA(px, py, color.NRGBA{uint8(r / a), uint8(g / a), uint8(b / a), uint8(a / samples / samples)})
			}
		}
	}
	return m
}

func main() {
	for _, size := range []int{32, 64} {
		f, err := os.Create(fmt.Sprintf("logo-%dx%d.png", size, size))
		if err != nil {
			log.Fatal(err)
		}
		if err := png.Encode(f, draw(size)); err != nil {
			log.Fatal(err)
		}
		if err := f.Close(); err != nil {
			log.Fatal(err)
		}
	}
}
