package cards

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func written(table Table) string {
	var b strings.Builder
	table.HTML(&b)
	return b.String()
}

func TestNumbersDoNotBreakAndHeadsAreHeads(t *testing.T) {
	table := Table{Align: "lr", Head: []string{"subject", "p"}, Rows: [][]string{{"a_long_name of a subject", "1.7e-05"}}}
	page := written(table)
	require.Contains(t, page, `text-align:right;white-space:nowrap;">1.7e-05</td>`, "a browser breaks a line behind a hyphen")
	require.Contains(t, page, `<th scope="col"`)
	require.Contains(t, page, `<th scope="row"`)
	require.Contains(t, page, `<div style="overflow-x:auto"><table`, "what is wider than the notebook scrolls")
	var b strings.Builder
	table.Text(&b)
	require.Equal(t, "  subject                         p\n  a_long_name of a subject  1.7e-05\n", b.String())
}

func TestLongWordsStandBelowTheirRowInText(t *testing.T) {
	long := strings.Repeat("word ", 12) + "end"
	table := Table{Align: "lrp", Head: []string{"layer", "n", "finding"}, Rows: [][]string{{"a", "1", long}, {"b", "20", "short"}}}
	var b strings.Builder
	table.Text(&b)
	require.Equal(t, "  layer   n\n  a       1\n    finding: "+long+"\n  b      20\n    finding: short\n", b.String())
	require.Len(t, table.Align, 3, "the table itself is not changed")
}

func TestBarsAreFilledWhereTheRowIsMarked(t *testing.T) {
	page := written(Table{Align: "l", Rows: [][]string{{"a"}, {"b"}}, Mark: []Colour{Loss, ""}, Bars: []float64{-0.4, -0.2}})
	require.Contains(t, page, `width:50.0%;height:9px;border:1px solid #d64545;background:#d64545"`)
	require.Contains(t, page, `width:25.0%;height:9px;border:1px solid #d64545;background:none"`)
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ sentence, want string }{
		{"<b> & `.to(` end", `&lt;b&gt; &amp; <code style="background:none;color:inherit;padding:0">.to(</code> end`},
		{"loss, n = 900; p < 1e-12, q = 0.05", "loss, n\u00a0=\u00a0900; p\u00a0&lt;\u00a01e-12, q\u00a0=\u00a00.05"},
		{"the n of 8, an = 3", "the n of 8, an = 3"},
		{"one ` alone", "one ` alone"},
	} {
		require.Equal(t, c.want, Words(c.sentence))
	}
}

func TestColoursReadOnWhiteAndOnBlack(t *testing.T) {
	for _, c := range []Colour{Loss, Gain, Unclear, Neutral} {
		for _, ground := range []Colour{"#ffffff", "#111111"} {
			light, dark := luminance(t, c), luminance(t, ground)
			if light < dark {
				light, dark = dark, light
			}
			require.GreaterOrEqual(t, (light+0.05)/(dark+0.05), 4.15, "%s on %s", c, ground)
		}
	}
}

// luminance is WCAG's.
func luminance(t *testing.T, c Colour) float64 {
	value, err := strconv.ParseUint(strings.TrimPrefix(string(c), "#"), 16, 32)
	require.NoError(t, err)
	channel := func(shift int, weight float64) float64 {
		v := float64(value>>shift&255) / 255
		if v <= 0.03928 {
			return weight * v / 12.92
		}
		return weight * math.Pow((v+0.055)/1.055, 2.4)
	}
	return channel(16, 0.2126) + channel(8, 0.7152) + channel(0, 0.0722)
}

func TestTextCountsTheColumnsOfLetters(t *testing.T) {
	var b strings.Builder
	Table{Align: "lr", Head: []string{"subject", "n"}, Rows: [][]string{{"数学", "5"}, {"e\u0301tude", "12"}}}.Text(&b)
	require.Equal(t, "  subject   n\n  数学      5\n  e\u0301tude    12\n", b.String())
}
