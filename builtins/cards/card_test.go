package cards

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
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

func TestShortWordsStayOnOneLine(t *testing.T) {
	page := written(Table{Align: "ll", Head: []string{"format", "finding"}, Rows: [][]string{{"fp8-block", "a loss at n = 900, where none is"}}})
	require.Contains(t, page, `white-space:nowrap;">fp8-block</th>`, "a browser breaks a line behind a hyphen")
	require.Contains(t, page, `text-align:left;">a loss at <span style="white-space:nowrap">n = 900</span>, where`)
}

func TestBarsAreFilledWhereTheRowIsMarked(t *testing.T) {
	page := written(Table{Align: "l", Rows: [][]string{{"a"}, {"b"}}, Mark: []Colour{Loss, ""}, Bars: []float64{-0.4, -0.2}})
	require.Contains(t, page, `width:50.0%;height:9px;border:1px solid #d64545;background:#d64545"`)
	require.Contains(t, page, `width:25.0%;height:9px;border:1px solid #d64545;background:none"`)
}

func TestWords(t *testing.T) {
	whole := func(number string) string { return `<span style="white-space:nowrap">` + number + "</span>" }
	for _, c := range []struct{ sentence, want string }{
		{"<b> & `.to(` end", `&lt;b&gt; &amp; <code style="background:none;color:inherit;padding:0">.to(</code> end`},
		{"loss, n = 900; p < 1e-12, q = 0.05.", "loss, " + whole("n = 900") + "; " + whole("p &lt; 1e-12") + ", " + whole("q = 0.05") + "."},
		{"(41.8 % apart) [-8 bits; 1.5e-07 of it]", "(" + whole("41.8 %") + " apart) [" + whole("-8 bits") + "; " + whole("1.5e-07") + " of it]"},
		{"+1.2 times, at 1e+20; 4 %", whole("+1.2 times") + ", at " + whole("1e+20") + "; " + whole("4 %")},
		{"[-12 to -6 bits], -2.5 to +0.7, 0 to 2e-05 of it, 80 to 90 % and 8 to 9 sorts", "[" + whole("-12 to -6 bits") + "], " + whole("-2.5 to +0.7") + ", " +
			whole("0 to 2e-05") + " of it, " + whole("80 to 90 %") + " and " + whole("8 to 9") + " sorts"},
		{"up to 3 of 4, from rank0 to 1, 2 to the end", "up to 3 of 4, from rank0 to 1, 2 to the end"},
		{"the n of 8, an = 3, row 3 shown, 2-1, sha1e-4f, \"8\"", "the n of 8, an = 3, row 3 shown, 2-1, sha1e-4f, &#34;8&#34;"},
		{"one ` alone", "one ` alone"},
	} {
		require.Equal(t, c.want, Words(c.sentence))
	}
}

func TestColoursReadOnWhiteAndOnBlack(t *testing.T) {
	// The grounds and texts of JupyterLab's two themes, and of exported pages.
	for _, theme := range []struct{ ground, text uint32 }{{0xffffff, 0x212121}, {0x111111, 0xe0e0e0}, {0xffffff, 0x1f2328}, {0x0d1117, 0xe6edf3}} {
		for _, c := range []Colour{Loss, Gain, Unclear, Neutral} {
			colour := hex(t, c)
			require.GreaterOrEqual(t, contrast(colour, theme.ground), 3.0, "a mark, %s on %x", c, theme.ground)
			require.GreaterOrEqual(t, contrast(mixed(colour, theme.text), theme.ground), 4.5, "words, %s on %x", c, theme.ground)
		}
	}
	require.Contains(t, written(Table{Align: "l", Rows: [][]string{{"a"}}, Mark: []Colour{Loss}}), Loss.Text())
}

func hex(t *testing.T, c Colour) uint32 {
	value, err := strconv.ParseUint(strings.TrimPrefix(string(c), "#"), 16, 32)
	require.NoError(t, err)
	return uint32(value)
}

// mixed is the colour of words on a page whose text has that colour.
func mixed(colour, text uint32) uint32 {
	var out uint32
	for shift := 0; shift < 24; shift += 8 {
		out |= (colour>>shift&255*textShare + text>>shift&255*(100-textShare)) / 100 << shift
	}
	return out
}

// contrast is WCAG's.
func contrast(a, b uint32) float64 {
	light, dark := luminance(a), luminance(b)
	return (max(light, dark) + 0.05) / (min(light, dark) + 0.05)
}

func luminance(c uint32) float64 {
	channel := func(shift int, weight float64) float64 {
		v := float64(c>>shift&255) / 255
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

func TestARowMayEndBeforeTheOthers(t *testing.T) {
	var b strings.Builder
	Table{Align: "lrl", Rows: [][]string{{"a", "1", "x"}, {"b", "22"}}}.Text(&b)
	require.Equal(t, "  a   1  x\n  b  22\n", b.String())
}

// narrow is a host whose text is shown in lines of so many characters.
type narrow struct {
	host.Host
	width int
}

func (n narrow) LineWidth() int { return n.width }

func TestTablesMoveTogetherInANarrowTerminal(t *testing.T) {
	table := Table{Align: "lrr", Head: []string{"subject", "base, %", "test, %"}, Rows: [][]string{{"high_school_government", "97.0", "61.0"}}}
	const wide = "  subject                 base, %  test, %\n  high_school_government     97.0     61.0\n"
	for width, want := range map[int]string{
		0: wide, 42: wide, 26: wide, // what does not fit stays
		41: " subject                base, % test, %\n high_school_government    97.0    61.0\n",
		36: " subject             base, % test, %\n high_scho…overnment    97.0    61.0\n",
		32: "  subject                base, %\n  high_schoo…government     97.0\n  subject                test, %\n  high_schoo…government     61.0\n",
		27: "  subject           base, %\n  high_sch…ernment     97.0\n  subject           test, %\n  high_sch…ernment     61.0\n",
	} {
		defer host.Set(host.Set(narrow{host.Current(), width}))
		var b strings.Builder
		table.Text(&b)
		require.Equal(t, want, b.String(), "%d", width)
	}
}
