package plots

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// vegaLayer is what the tests look at in a layer of a figure of rows.
type vegaLayer struct {
	Mark struct {
		Type  string
		Limit float64
	}
	Data     struct{ Values []map[string]any }
	Encoding struct{ Text, Color, Fill vegaChannel }
}

type vegaChannel struct {
	Field  string
	Legend json.RawMessage
	Scale  struct{ Domain, Range []string }
}

func vegaLayers(t *testing.T, figure *Figure) []vegaLayer {
	t.Helper()
	data, err := figure.VegaLite()
	require.NoError(t, err)
	var top struct{ Layer []vegaLayer }
	require.NoError(t, json.Unmarshal(data, &top))
	require.NotEmpty(t, top.Layer)
	return top.Layer
}

func TestVegaLiteSaysWhatThePictureSays(t *testing.T) {
	narrow := demoLadder()
	narrow.Reference = "a reference run whose name is far too long for any figure"
	for name, c := range map[string]struct {
		figure  *Figure
		line    string
		columns []any
		fill    map[string]string
	}{
		"subjects": {Subjects(demoSubjects(), Options{}), "all subjects, −2.6", []any{"change", "n"},
			map[string]string{"significant loss": badVega, "not significant": "transparent"}},
		"ladder": {Ladder(demoLadder(), Options{}), "bf16 baseline, 71.4 %", []any{"accuracy", "n"},
			map[string]string{"significantly below": badVega, "not significantly below": "transparent"}},
		"narrow": {Ladder(narrow, Options{Width: minWidth}), narrow.Reference + ", 71.4 %", []any{"accuracy", "n"},
			map[string]string{"significantly below": badVega, "not significantly below": "transparent"}},
	} {
		t.Run(name, func(t *testing.T) {
			fill := map[string]string{}
			var lines, columns []any
			var shown []string
			for _, l := range vegaLayers(t, c.figure) {
				for i, label := range l.Encoding.Fill.Scale.Domain {
					fill[label] = l.Encoding.Fill.Scale.Range[i]
				}
				if l.Mark.Type != "text" {
					continue
				}
				switch field := l.Encoding.Text.Field; field {
				case "line":
					lines = append(lines, l.Data.Values[0]["line"])
					require.Greater(t, l.Mark.Limit, 40.0)
					require.Less(t, l.Mark.Limit, c.figure.width-150, "it ends where the columns begin")
				case "head":
					columns = append(columns, l.Data.Values[0]["head"])
				default:
					shown = append(shown, field)
				}
			}
			require.Equal(t, []any{c.line}, lines, "what the dashed line stands for")
			require.Equal(t, c.columns, columns)
			require.Equal(t, []string{"shown", "n"}, shown)
			require.Equal(t, c.fill, fill, "not significant ones are open")
		})
	}
}

// A colour of their own would not have the contrast of WCAG AA on white and on
// the grounds of dark themes.
func TestTextsOfVegaLiteHaveTheirColourByTheGround(t *testing.T) {
	texts := 0
	for name, figure := range map[string]*Figure{"subjects": Subjects(demoSubjects(), Options{}), "logits": LogitRanges(demoLogits(50), Options{})} {
		data, err := figure.VegaLite()
		require.NoError(t, err)
		var top any
		require.NoError(t, json.Unmarshal(data, &top))
		var walk func(v any)
		walk = func(v any) {
			switch v := v.(type) {
			case []any:
				for _, e := range v {
					walk(e)
				}
			case map[string]any:
				if mark, ok := v["mark"].(map[string]any); ok && mark["type"] == "text" {
					require.Equal(t, map[string]any{"expr": vegaInk}, mark["color"], name)
					require.NotContains(t, v["encoding"], "color", name)
					texts++
				}
				for _, e := range v {
					walk(e)
				}
			}
		}
		walk(top)
	}
	require.Equal(t, 6, texts)
}

// Vega gives a legend of nothing no size, and draws the title over the plot.
func TestFiguresWithoutValuesHaveNoLegend(t *testing.T) {
	for _, name := range []string{"no subjects", "all missing", "no ladder"} {
		classes := 0
		for _, l := range vegaLayers(t, hardFigures()[name]) {
			for _, channel := range []vegaChannel{l.Encoding.Color, l.Encoding.Fill} {
				if channel.Field != "" {
					require.Equal(t, "null", string(channel.Legend))
					classes++
				}
			}
		}
		require.Equal(t, 3, classes, "the intervals' colour, the points' and what fills them")
	}
}

func TestTinyNumbersOfVegaLitesAxesAreNotAllZeros(t *testing.T) {
	margins := func(unit float64) *Figure {
		return Margins(MarginsData{Samples: []MarginSample{{Base: unit, Test: -2 * unit}, {Base: -unit, Test: unit}}}, Options{})
	}
	for name, c := range map[string]struct {
		figure    *Figure
		exponents bool
	}{
		"margins of 1e-300": {margins(1e-300), true},
		"margins of 1e-5":   {margins(1e-5), false},
		"changes of 1e-300": {Subjects(SubjectsData{Subjects: []SubjectChange{{Name: "a", N: 10, Change: -1e-300, Low: -2e-300, High: 1e-300}}}, Options{}), true},
		"subjects":          {Subjects(demoSubjects(), Options{}), false},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := c.figure.VegaLite()
			require.NoError(t, err)
			require.Equal(t, c.exponents, strings.Contains(string(data), `"axis":{"format":".3~g"`), "%s", data)
		})
	}
}
