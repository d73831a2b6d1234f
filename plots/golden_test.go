package plots

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"adkernel/internal/pictures"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

var goldenFigures = map[string]*Figure{
	"subjects":    Subjects(demoSubjects(), Options{}),
	"logitranges": LogitRanges(demoLogits(100), Options{}),
	"margins":     Margins(demoMargins(400), Options{}),
	"ladder":      Ladder(demoLadder(), Options{}),
}

var themeNames = map[Theme]string{Light: "light", Dark: "dark"}

func TestPicturesLookLikeTheGoldenOnes(t *testing.T) {
	for name, figure := range goldenFigures {
		for theme, ground := range themeNames {
			t.Run(name+"_"+ground, func(t *testing.T) {
				data, err := figure.PNG(theme)
				require.NoError(t, err)
				path := filepath.Join("testdata", name+"_"+ground+".png")
				if *update {
					require.NoError(t, os.WriteFile(path, data, 0o644))
				}
				golden, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Less(t, len(golden), 60_000, "golden pictures stay small")
				requireSamePicture(t, decode(t, golden), decode(t, data))
			})
		}
	}
}

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return img
}

func requireSamePicture(t require.TestingT, want, got image.Image) {
	require.Empty(t, pictures.Difference(want, got))
}

// failed notes that a requirement was not met.
type failed bool

func (f *failed) Errorf(string, ...any) { *f = true }
func (f *failed) FailNow()              {}

func TestAPictureWithoutOneOfItsMarksIsNotTheSame(t *testing.T) {
	at := vg.Point{X: px(200), Y: px(60)}
	for name, mark := range map[string]func(*theme, *draw.Canvas){
		"cross":         func(t *theme, c *draw.Canvas) { cross(c, t.bad, at) },
		"ring":          func(t *theme, c *draw.Canvas) { ring(c, t.bad, t.ground, at, px(3.8)) },
		"dot":           func(t *theme, c *draw.Canvas) { dot(c, translucent(t.neutral, 0.4), at, px(1.8)) },
		"digit":         func(t *theme, c *draw.Canvas) { writeMiddle(c, textStyle(tickSize, t.muted), at, text.XLeft, "1") },
		"minus":         func(t *theme, c *draw.Canvas) { writeMiddle(c, textStyle(tickSize, t.muted), at, text.XLeft, "−") },
		"Chinese":       func(t *theme, c *draw.Canvas) { writeMiddle(c, textStyle(tickSize, t.muted), at, text.XRight, "中") },
		"decimal point": func(t *theme, c *draw.Canvas) { writeMiddle(c, textStyle(tickSize, t.muted), at, text.XLeft, ".") },
		"grid line": func(t *theme, c *draw.Canvas) {
			c.StrokeLine2(t.grid(true, false).Vertical, at.X, c.Min.Y, at.X, c.Max.Y)
		},
	} {
		for theme, ground := range themeNames {
			t.Run(name+"_"+ground, func(t *testing.T) {
				with := drawn(t, theme, mark)
				requireSamePicture(t, with, drawn(t, theme, mark))
				var without failed
				requireSamePicture(&without, with, drawn(t, theme, nil))
				require.True(t, bool(without))
			})
		}
	}
}

// drawn is a figure with nothing but a mark below its title.
func drawn(t *testing.T, ground Theme, mark func(*theme, *draw.Canvas)) image.Image {
	figure := newFigure("One mark", Options{Width: minWidth})
	figure.body, figure.draw = 100, func(t *theme, c draw.Canvas) {
		if mark != nil {
			mark(t, &c)
		}
	}
	data, err := figure.PNG(ground)
	require.NoError(t, err)
	return decode(t, data)
}

func TestTextAndVegaLiteMatchTheGoldenOnes(t *testing.T) {
	for name, figure := range goldenFigures {
		t.Run(name, func(t *testing.T) {
			vega, err := figure.VegaLite()
			require.NoError(t, err)
			var indented bytes.Buffer
			require.NoError(t, json.Indent(&indented, vega, "", " "))
			for file, got := range map[string]string{name + ".txt": figure.String() + "\n", name + ".vl.json": indented.String() + "\n"} {
				path := filepath.Join("testdata", file)
				if *update {
					require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
				}
				want, err := os.ReadFile(path)
				require.NoError(t, err)
				if filepath.Ext(file) == ".json" {
					require.JSONEq(t, string(want), got)
				} else {
					require.Equal(t, string(want), got)
				}
			}
		})
	}
}

// checkVega walks a specification and checks what the schema would: every
// mark has a type, every encoded field is in the data, no value is NaN.
func checkVega(t *testing.T, figure *Figure) {
	t.Helper()
	data, err := figure.VegaLite()
	require.NoError(t, err)
	var top map[string]any
	require.NoError(t, json.Unmarshal(data, &top))
	require.Equal(t, "https://vega.github.io/schema/vega-lite/v5.json", top["$schema"])
	checkView(t, top, nil)
}

func checkView(t *testing.T, view map[string]any, fields map[string]bool) {
	t.Helper()
	if data, ok := view["data"].(map[string]any); ok {
		fields = map[string]bool{}
		rows, _ := data["values"].([]any)
		for _, row := range rows {
			for k := range row.(map[string]any) {
				fields[k] = true
			}
		}
		if len(rows) == 0 {
			fields = nil // nothing to compare with
		}
	}
	for _, key := range []string{"layer", "hconcat"} {
		children, _ := view[key].([]any)
		for _, child := range children {
			checkView(t, child.(map[string]any), fields)
		}
	}
	if mark, ok := view["mark"].(map[string]any); ok {
		require.NotEmpty(t, mark["type"])
		require.NotEmpty(t, view["encoding"])
	}
	encoding, _ := view["encoding"].(map[string]any)
	for channel, e := range encoding {
		list, ok := e.([]any)
		if !ok {
			list = []any{e}
		}
		for _, e := range list {
			if field, ok := e.(map[string]any)["field"].(string); ok && fields != nil {
				require.True(t, fields[field], fmt.Sprintf("channel %s encodes %q, which the data lack", channel, field))
			}
		}
	}
}
