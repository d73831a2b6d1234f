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

// requireSamePicture allows for floating point that rounds otherwise on other
// machines: a pixel may differ slightly, and few may differ more.
func requireSamePicture(t *testing.T, want, got image.Image) {
	t.Helper()
	require.Equal(t, want.Bounds(), got.Bounds())
	const slight = 24 << 8
	differing := 0
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			wr, wg, wb, _ := want.At(x, y).RGBA()
			gr, gg, gb, _ := got.At(x, y).RGBA()
			if distance(wr, gr) > slight || distance(wg, gg) > slight || distance(wb, gb) > slight {
				differing++
			}
		}
	}
	require.Less(t, float64(differing)/float64(want.Bounds().Dx()*want.Bounds().Dy()), 0.0005, "share of pixels that differ")
}

func distance(a, b uint32) uint32 { return max(a, b) - min(a, b) }

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
