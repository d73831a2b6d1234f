package main

import (
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"strings"

	"adkernel/internal/pictures"
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
	return pictures.Difference(a, b)
}

func decodePicture(text string) (image.Image, error) {
	return png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
}
