package console

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/gif"  // pictures that cells may show
	_ "image/jpeg" // the same
	"image/png"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi/iterm2"
	"github.com/charmbracelet/x/ansi/sixel"
	"golang.org/x/image/draw"

	"adkernel/kernel/host"
)

// The sequences around a picture are written here: package ansi itself, which
// has them, makes tables of every character's width whenever a process starts,
// 50 ms and 2 MB.

// A protocol is how a terminal is given pictures.
type protocol int

const (
	noPictures protocol = iota // text stands for them, and characters draw them
	kittyGraphics
	itermImages
	sixelGraphics
)

// A screen is what pictures are drawn on.
type screen struct {
	protocol protocol
	palette  palette // for pictures of characters, where there is no protocol
	columns  int
	cell     image.Point // size of a character in pixels; zero when it is not known
}

// usualCell is a character's size where the terminal does not tell.
var usualCell = image.Pt(10, 20)

// A picture is what a terminal is sent to show one, and the rows that it
// covers, 0 when that is not known.
type picture struct {
	sequence string
	rows     int
}

// pictureTypes are the MIME types of files that hold pixels, best first.
var pictureTypes = []string{"image/png", "image/jpeg", "image/gif"}

// draw returns b's picture; ok is false when b has none, or the screen cannot
// show it. Characters do not draw what has a text of several lines, such as a
// figure, which says more.
func (s screen) draw(b host.Bundle) (p picture, ok bool) {
	text := strings.TrimRight(b.Plain(), "\n")
	if s.protocol == noPictures && (s.palette == noColours || strings.Contains(text, "\n")) {
		return picture{}, false
	}
	for _, mime := range pictureTypes {
		if file, _ := b.Data[mime].([]byte); len(file) > 0 {
			p, err := s.encode(file)
			if err != nil {
				continue
			}
			if s.protocol == noPictures {
				p.sequence = text + "\n" + p.sequence
				p.rows++
			}
			return p, true
		}
	}
	return picture{}, false
}

func hasPicture(b host.Bundle) bool {
	return slices.ContainsFunc(pictureTypes, func(mime string) bool {
		file, _ := b.Data[mime].([]byte)
		return len(file) > 0
	})
}

// maxPixels is how large a picture may be that is decoded here.
const maxPixels = 1 << 26

func (s screen) encode(file []byte) (picture, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return picture{}, err
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return picture{}, fmt.Errorf("%d x %d pixels are too many", config.Width, config.Height)
	}
	size := s.fit(image.Pt(config.Width, config.Height))
	shrinks := size.X < config.Width
	p := picture{}
	if s.cell.Y > 0 {
		p.rows = (size.Y + s.cell.Y - 1) / s.cell.Y
	}
	switch s.protocol {
	case noPictures:
		m, _, err := image.Decode(bytes.NewReader(file))
		if err != nil {
			return picture{}, err
		}
		p.sequence, p.rows = blocks(m, s.columns, s.palette)
		p.sequence = strings.TrimSuffix(p.sequence, "\n")
	case kittyGraphics:
		if format != "png" {
			if file, err = toPNG(file); err != nil {
				return picture{}, err
			}
		}
		columns := 0
		if shrinks {
			columns = s.columns
		}
		p.sequence = kitty(file, columns)
	case itermImages:
		f := iterm2.File{Name: "", Size: int64(len(file)), Inline: true, Content: encode64(file)}
		if shrinks {
			f.Width = iterm2.Percent(100)
		}
		p.sequence = fmt.Sprintf("\x1b]1337;%v\a", f) // https://iterm2.com/documentation-images.html
	case sixelGraphics:
		m, _, err := image.Decode(bytes.NewReader(file))
		if err != nil {
			return picture{}, err
		}
		if p.sequence, err = sixels(m, size); err != nil {
			return picture{}, err
		}
	}
	return p, nil
}

// fit is the size at which a picture is shown: its own, or what fits into the
// width of the screen.
func (s screen) fit(size image.Point) image.Point {
	cell := s.cell
	if cell.X <= 0 {
		cell = usualCell
	}
	width := s.columns * cell.X
	if width <= 0 || size.X <= width {
		return size
	}
	return image.Pt(width, max(1, size.Y*width/size.X))
}

func toPNG(file []byte) ([]byte, error) {
	m, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = png.Encode(&b, m)
	return b.Bytes(), err
}

func encode64(file []byte) []byte {
	return base64.StdEncoding.AppendEncode(nil, file)
}

// kitty writes a PNG file in kitty's graphics protocol, in chunks of at most
// 4096 bytes (https://sw.kovidgoyal.net/kitty/graphics-protocol/). The terminal
// sends no answers. A number of columns that is not 0 scales the picture.
func kitty(file []byte, columns int) string {
	const chunk = 4096
	options := []string{"a=T", "f=100", "q=2"}
	if columns > 0 {
		options = append(options, fmt.Sprintf("c=%d", columns))
	}
	var b strings.Builder
	for rest := encode64(file); ; options = nil {
		n := min(chunk, len(rest))
		more := "m=0"
		if n < len(rest) {
			more = "m=1"
		}
		fmt.Fprintf(&b, "\x1b_G%s;%s\x1b\\", strings.Join(append(options, more), ","), rest[:n])
		if rest = rest[n:]; len(rest) == 0 {
			return b.String()
		}
	}
}

// sixels draws m in size as DEC's terminals do, with 256 colours.
func sixels(m image.Image, size image.Point) (string, error) {
	scaled := image.NewRGBA(image.Rectangle{Max: size})
	if size == m.Bounds().Size() {
		draw.Draw(scaled, scaled.Bounds(), m, m.Bounds().Min, draw.Src)
	} else {
		draw.CatmullRom.Scale(scaled, scaled.Bounds(), m, m.Bounds(), draw.Src, nil)
	}
	var payload bytes.Buffer
	if err := new(sixel.Encoder).Encode(&payload, scaled); err != nil {
		return "", err
	}
	return "\x1bP0;1q" + payload.String() + "\x1b\\", nil
}
