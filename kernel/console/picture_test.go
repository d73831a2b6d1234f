package console

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
)

// drawn is what the cells of these tests show: four colours in quarters.
func drawn(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{A: 255}
			if x >= width/2 {
				c.R = 255
			}
			if y >= height/2 {
				c.B = 255
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

const drawing = "m := image.NewRGBA(image.Rect(0, 0, 40, 30)); for y := range 30 { for x := range 40 { c := color.RGBA{A: 255}; if x >= 20 { c.R = 255 }; if y >= 15 { c.B = 255 }; m.SetRGBA(x, y, c) } }; m"

// equalPictures compares pixels, which sixels have in hundredths.
func equalPictures(t *testing.T, want, got image.Image) {
	t.Helper()
	require.Equal(t, want.Bounds().Size(), got.Bounds().Size())
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r, g, b, _ := want.At(x, y).RGBA()
			r2, g2, b2, _ := got.At(got.Bounds().Min.X+x, got.Bounds().Min.Y+y).RGBA()
			for _, pair := range [][2]uint32{{r, r2}, {g, g2}, {b, b2}} {
				require.InDelta(t, pair[0]>>8, pair[1]>>8, 2, "pixel %d, %d", x, y)
			}
		}
	}
}

var (
	kittyChunk = regexp.MustCompile(`\x1b_G([^;]*);([A-Za-z0-9+/=]*)\x1b\\`)
	itermFile  = regexp.MustCompile(`\x1b\]1337;File=([^:]*):([A-Za-z0-9+/=]*)\x07`)
	sixelData  = regexp.MustCompile(`\x1bP0;1q([^\x1b]*)\x1b\\`)
)

func decodeKitty(t *testing.T, text string) (image.Image, string) {
	t.Helper()
	text = strings.ReplaceAll(text, askKitty, "")
	chunks := kittyChunk.FindAllStringSubmatch(text, -1)
	require.NotEmpty(t, chunks, "%q", text)
	var data strings.Builder
	for i, c := range chunks {
		require.LessOrEqual(t, len(c[2]), 4096)
		more := "m=1"
		if i == len(chunks)-1 {
			more = "m=0"
		}
		require.Contains(t, strings.Split(c[1], ","), more)
		data.WriteString(c[2])
	}
	return decodePNG(t, data.String()), chunks[0][1]
}

func decodeITerm(t *testing.T, text string) (image.Image, string) {
	t.Helper()
	m := itermFile.FindStringSubmatch(text)
	require.NotNil(t, m, "%q", text)
	require.Contains(t, m[1], "inline=1")
	return decodePNG(t, m[2]), m[1]
}

func decodePNG(t *testing.T, data string) image.Image {
	t.Helper()
	file, err := base64.StdEncoding.DecodeString(data)
	require.NoError(t, err)
	m, err := png.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	return m
}

// decodeSixels draws sixels as a terminal does.
func decodeSixels(t *testing.T, text string) image.Image {
	t.Helper()
	found := sixelData.FindStringSubmatch(text)
	require.NotNil(t, found, "%q", text)
	data := found[1]
	numbers := func() (list []int) {
		end := strings.IndexFunc(data, func(r rune) bool { return r != ';' && (r < '0' || r > '9') })
		if end < 0 {
			end = len(data)
		}
		for word := range strings.SplitSeq(data[:end], ";") {
			n, err := strconv.Atoi(word)
			require.NoError(t, err)
			list = append(list, n)
		}
		data = data[end:]
		return list
	}
	var m *image.RGBA
	palette := map[int]color.RGBA{}
	x, y, pen, repeat := 0, 0, 0, 1
	for data != "" {
		c := data[0]
		data = data[1:]
		switch {
		case c == '"':
			n := numbers()
			require.Equal(t, []int{1, 1}, n[:2], "square pixels")
			m = image.NewRGBA(image.Rect(0, 0, n[2], n[3]))
		case c == '#':
			n := numbers()
			pen = n[0]
			if len(n) == 5 {
				require.Equal(t, 2, n[1], "RGB")
				part := func(i int) uint8 { return uint8((n[i]*255 + 50) / 100) }
				palette[pen] = color.RGBA{part(2), part(3), part(4), 255}
			}
		case c == '!':
			repeat = numbers()[0]
		case c == '$':
			x = 0
		case c == '-':
			x, y = 0, y+6
		case c >= '?' && c <= '~':
			for range repeat {
				for bit := range 6 {
					if (c-'?')>>bit&1 == 1 {
						m.SetRGBA(x, y+bit, palette[pen])
					}
				}
				x++
			}
			repeat = 1
		default:
			t.Fatalf("%q in sixels", c)
		}
	}
	return m
}

var (
	blockLine = regexp.MustCompile(`(?:\x1b\[0;[0-9;]*m▀)+`)
	block     = regexp.MustCompile(`\x1b\[0;38;([0-9;]*);48;([0-9;]*)m▀`)
)

// decodeBlocks draws a picture of characters.
func decodeBlocks(t *testing.T, text string) image.Image {
	t.Helper()
	lines := blockLine.FindAllString(text, -1)
	require.NotEmpty(t, lines, "%q", text)
	var m *image.RGBA
	for y, line := range lines {
		row := block.FindAllStringSubmatch(line, -1)
		if m == nil {
			m = image.NewRGBA(image.Rect(0, 0, len(row), 2*len(lines)))
		}
		for x, c := range row {
			m.SetRGBA(x, 2*y, colourOf(t, c[1]))
			m.SetRGBA(x, 2*y+1, colourOf(t, c[2]))
		}
	}
	return m
}

// colourOf is what "2;R;G;B", or "5;N" of the 256 colours' cube, selects.
func colourOf(t *testing.T, code string) color.RGBA {
	t.Helper()
	var n []int
	for word := range strings.SplitSeq(code, ";") {
		v, err := strconv.Atoi(word)
		require.NoError(t, err)
		n = append(n, v)
	}
	if n[0] == 2 {
		return color.RGBA{uint8(n[1]), uint8(n[2]), uint8(n[3]), 255}
	}
	require.Equal(t, 5, n[0])
	at, levels := n[1]-16, []uint8{0, 95, 135, 175, 215, 255}
	return color.RGBA{levels[at/36], levels[at/6%6], levels[at%6], 255}
}

func TestLevelsAreTheNearest(t *testing.T) {
	levels := []int{0, 95, 135, 175, 215, 255}
	for v := range 256 {
		nearest := slices.MinFunc(levels, func(a, b int) int { return abs(a-v) - abs(b-v) })
		require.Equal(t, abs(nearest-v), abs(levels[level(uint8(v))]-v), v)
	}
}

func abs(n int) int { return max(n, -n) }

func TestBlocksKeepWhatIsTransparent(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 3, 3))
	m.SetNRGBA(0, 0, color.NRGBA{R: 255, A: 255})
	m.SetNRGBA(1, 1, color.NRGBA{G: 255, A: 255})
	m.SetNRGBA(1, 2, color.NRGBA{B: 255, A: 255})
	text, rows := blocks(m, 80, trueColours)
	require.Equal(t, 2, rows)
	require.Equal(t, "\x1b[0;38;2;255;0;0m▀\x1b[0;38;2;0;255;0m▄\x1b[0m \x1b[0m\n"+
		"\x1b[0m \x1b[0;38;2;0;0;255m▀\x1b[0m \x1b[0m\n", text)

	_, rows = blocks(drawn(1000, 300), 80, colours256)
	require.Equal(t, 12, rows)
	text, rows = blocks(drawn(300, 1000), 80, colours256)
	require.Equal(t, maxBlockRows, rows)
	require.Equal(t, 12, strings.Count(text, "▀")/rows)
}

func TestFiguresKeepTheirText(t *testing.T) {
	b := bundleOf(t, drawn(40, 30))
	_, ok := screen{palette: trueColours, columns: 80}.draw(b)
	require.True(t, ok)
	b.Data["text/plain"] = "a figure\nof several lines"
	_, ok = screen{palette: trueColours, columns: 80}.draw(b)
	require.False(t, ok)
}

func TestTerminalShowsPictures(t *testing.T) {
	const kittyIsThere = "\x1b_Gi=31;OK\x1b\\"
	const sixelIsThere = "\x1b[?62;4;22c"
	isKitty := func(t *testing.T, shown string) {
		m, options := decodeKitty(t, shown)
		equalPictures(t, drawn(40, 30), m)
		require.Equal(t, "a=T,f=100,q=2,m=0", options)
	}
	isITerm := func(t *testing.T, shown string) {
		m, _ := decodeITerm(t, shown)
		equalPictures(t, drawn(40, 30), m)
	}
	isSixel := func(t *testing.T, shown string) { equalPictures(t, drawn(40, 30), decodeSixels(t, shown)) }
	isText := func(t *testing.T, shown string) {
		shows(t, shown, "Out[1]: *image.RGBA, 40 x 30 pixels\r\n")
		for _, begin := range []string{"\x1b]1337", "\x1bP", "a=T"} {
			require.False(t, strings.Contains(shown, begin))
		}
	}
	isBlocks := func(t *testing.T, shown string) {
		shows(t, shown, "Out[1]: \r\n*image.RGBA, 40 x 30 pixels\r\n")
		equalPictures(t, drawn(40, 30), decodeBlocks(t, shown))
	}
	for name, test := range map[string]struct {
		says      map[string]string
		variables []string
		check     func(t *testing.T, shown string)
	}{
		"kitty answers":          {map[string]string{askKitty: kittyIsThere}, nil, isKitty},
		"kitty before sixel":     {map[string]string{askKitty: kittyIsThere, askWhat: sixelIsThere}, nil, isKitty},
		"kitty by name":          {nil, []string{"TERM=xterm-kitty"}, isKitty},
		"iTerm2":                 {nil, []string{"TERM_PROGRAM=iTerm.app"}, isITerm},
		"iTerm2 over ssh":        {nil, []string{"LC_TERMINAL=iTerm2"}, isITerm},
		"sixel":                  {map[string]string{askWhat: sixelIsThere}, nil, isSixel},
		"sixel in tmux":          {map[string]string{askWhat: sixelIsThere}, []string{"TERM=tmux-256color", "TMUX=/tmp/tmux,1,0", "KITTY_WINDOW_ID=1"}, isSixel},
		"tmux in kitty":          {nil, []string{"TERM=tmux-256color", "TMUX=/tmp/tmux,1,0", "KITTY_WINDOW_ID=1"}, isBlocks},
		"screen in iTerm2":       {nil, []string{"TERM=screen", "STY=1.x", "LC_TERMINAL=iTerm2"}, isText},
		"true colours":           {nil, []string{"TERM=xterm", "COLORTERM=truecolor"}, isBlocks},
		"no colours":             {nil, []string{"TERM=xterm"}, isText},
		"the user says blocks":   {map[string]string{askKitty: kittyIsThere}, []string{"ADKERNEL_PICTURES=blocks"}, isBlocks},
		"none":                   {nil, nil, isBlocks},
		"a terminal class of 4":  {map[string]string{askWhat: "\x1b[?4;6c"}, nil, isBlocks},
		"no answers":             {map[string]string{askWhat: "", askCell: ""}, nil, isBlocks},
		"the user says sixel":    {nil, []string{"ADKERNEL_PICTURES=sixel"}, isSixel},
		"the user says text":     {map[string]string{askKitty: kittyIsThere}, []string{"ADKERNEL_PICTURES=text"}, isText},
		"a terminal for nothing": {map[string]string{askKitty: kittyIsThere}, []string{"TERM=linux"}, isText},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, "", test.says, test.variables...)
			test.check(t, c.enter(1, paste(drawing)))
			shows(t, c.enter(2, "1+1"), " 2\r\n")
		})
	}
}

// Keys that arrive among the terminal's answers are the user's.
func TestWhatIsTypedWhileTheTerminalAnswersIsKept(t *testing.T) {
	c := open(t, "", map[string]string{askWhat: "6*" + attributes + "7\r"})
	c.enter(1, paste(drawing))
	shows(t, c.prompt(3), " 42\r\n")
}

func TestAnswersOfTerminals(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want answers
	}{
		"nothing":       {"", answers{}},
		"not all yet":   {"\x1b[?62;4", answers{typed: []byte("\x1b[?62;4")}},
		"sixel":         {"\x1b[?64;4c", answers{sixel: true, complete: true}},
		"no sixel":      {"\x1b[?64;14;44c", answers{complete: true}},
		"class only":    {"\x1b[?4c", answers{complete: true}},
		"kitty refuses": {"\x1b_Gi=31;ENOTSUPPORTED\x1b\\\x1b[?6c", answers{complete: true}},
		"everything":    {"a\x1b_Gi=31;OK\x1b\\b\x1b[6;18;9tc\x1b[?6;4cd", answers{kitty: true, sixel: true, cell: image.Pt(9, 18), complete: true, typed: []byte("abcd")}},
		"absurd sizes":  {"\x1b[6;0;99999999999999999999t\x1b[?6c", answers{complete: true}},
	} {
		t.Run(name, func(t *testing.T) {
			got := parseAnswers([]byte(test.text))
			if len(got.typed) == 0 {
				got.typed = nil
			}
			require.Equal(t, test.want, got)
		})
	}
}

func bundleOf(t *testing.T, m image.Image) host.Bundle {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, m))
	return host.Bundle{Data: map[string]any{"text/plain": "words", "image/png": file.Bytes()}}
}

func TestWidePicturesAreMadeToFit(t *testing.T) {
	b := bundleOf(t, drawn(400, 300))
	s := screen{columns: 20, cell: image.Pt(10, 20)}
	for protocol, check := range map[protocol]func(sequence string){
		kittyGraphics: func(sequence string) {
			m, options := decodeKitty(t, sequence)
			equalPictures(t, drawn(400, 300), m)
			require.Contains(t, options, "c=20")
		},
		itermImages: func(sequence string) {
			_, options := decodeITerm(t, sequence)
			require.Contains(t, options, "width=100%")
		},
		sixelGraphics: func(sequence string) {
			require.Equal(t, image.Pt(200, 150), decodeSixels(t, sequence).Bounds().Size())
		},
	} {
		s.protocol = protocol
		p, ok := s.draw(b)
		require.True(t, ok)
		require.Equal(t, 8, p.rows, "150 pixels of rows of 20")
		check(p.sequence)
	}
	s.cell = image.Point{}
	p, ok := s.draw(b)
	require.True(t, ok)
	require.Zero(t, p.rows)
}

func TestPicturesThatCannotBeDrawnAreText(t *testing.T) {
	for name, b := range map[string]host.Bundle{
		"no picture": host.Text("words"),
		"no PNG":     {Data: map[string]any{"text/plain": "words", "image/png": []byte("\x89PNG\r\n\x1a\nno")}},
		"too large":  {Data: map[string]any{"text/plain": "words", "image/gif": []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00")}},
	} {
		for _, protocol := range []protocol{noPictures, kittyGraphics, itermImages, sixelGraphics} {
			_, ok := screen{protocol: protocol, columns: 80}.draw(b)
			require.False(t, ok, name)
		}
	}
}

func TestAPictureChangesInPlace(t *testing.T) {
	var out bytes.Buffer
	p := newPrinter(&out, &out, true)
	p.screen = func() screen { return screen{protocol: itermImages, columns: 80, cell: image.Pt(10, 20)} }
	p.show("x", bundleOf(t, drawn(40, 30)))
	p.update("x", bundleOf(t, drawn(40, 30)))
	require.Equal(t, 1, strings.Count(out.String(), "\x1b[2F\x1b[J"))
	require.Len(t, itermFile.FindAllString(out.String(), -1), 2)
}
