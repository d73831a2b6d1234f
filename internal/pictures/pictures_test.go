package pictures

import (
	"image"
	"image/color"
	"testing"

	"github.com/stretchr/testify/require"
)

// spots is a picture with spots of one grey on white.
func spots(width, height int, grey uint8, at ...image.Point) image.Image {
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for _, p := range at {
		m.SetGray(p.X, p.Y, color.Gray{grey})
	}
	return m
}

func row(x, y, length int) (points []image.Point) {
	for i := range length {
		points = append(points, image.Pt(x+i, y))
	}
	return points
}

func TestPicturesMayDifferAsMachinesDo(t *testing.T) {
	blank := spots(100, 70, 0)
	everywhere := image.NewGray(blank.Bounds())
	for i := range everywhere.Pix {
		everywhere.Pix[i] = 255 - slight
	}
	for name, got := range map[string]image.Image{
		"slightly everywhere":       everywhere,
		"more at one pixel":         spots(100, 70, 255-most, image.Pt(99, 69)),
		"more at some of each tile": spots(100, 70, 255-most, append(row(16, 5, 32), row(0, 40, perTile)...)...),
	} {
		require.Empty(t, Difference(blank, got), name)
		require.Empty(t, Difference(got, blank), name)
	}
}

func TestAMarkThatIsMissingIsADifference(t *testing.T) {
	blank := spots(100, 70, 0)
	for _, c := range []struct {
		got  image.Image
		want string
	}{
		{spots(100, 70, 0, image.Pt(99, 69)), "the pixel at 99, 69 differs by 255 of 255 (64 may be)"},
		{spots(100, 70, 255-most-1, image.Pt(7, 0)), "the pixel at 7, 0 differs by 65 of 255"},
		{spots(100, 70, 255-slight-1, row(32, 3, perTile+1)...), "more than 16 pixels near 48, 3 differ by more than 16 of 255"},
		{spots(101, 70, 0), "the picture has (101,70) pixels, not (100,70)"},
	} {
		require.Contains(t, Difference(blank, c.got), c.want)
	}
}

func TestWhereAPictureBeginsDoesNotMatterToItsPixels(t *testing.T) {
	whole := spots(100, 70, 0, image.Pt(50, 50)).(*image.Gray)
	part := whole.SubImage(image.Rect(40, 40, 60, 60))
	require.Empty(t, Difference(part, part))
	require.Contains(t, Difference(part, spots(100, 70, 0).(*image.Gray).SubImage(part.Bounds())), "the pixel at 10, 10")
}
