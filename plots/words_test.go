package plots

import (
	"encoding/json"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/vg"

	"adkernel/internal/monospace"
	"adkernel/kernel/host"
)

func TestNamesThatBeginAlikeStayDifferent(t *testing.T) {
	d := SubjectsData{}
	const shared = "strip to transforms.fuse_finegrained_fp8_linear_with_a_very_long_tail.enabled "
	for _, end := range []string{"true", "false"} {
		d.Subjects = append(d.Subjects, SubjectChange{Name: shared + end, N: 10, Low: -1, High: 1})
	}
	f := forest{rows: []forestRow{{label: shared + "true"}, {label: shared + "false"}}}
	labels := f.columns(themes[Light], px(defaultWidth)).labels
	require.NotEqual(t, labels[0], labels[1])
	for _, label := range labels {
		require.Contains(t, label, "…")
		require.LessOrEqual(t, textStyle(noteSize, color.Black).Width(label), labelShare*px(defaultWidth))
	}
	vega, err := Subjects(d, Options{}).VegaLite()
	require.NoError(t, err)
	var marks struct {
		Layer []struct {
			Encoding struct {
				Y struct{ Axis struct{ LabelExpr string } }
			}
		}
	}
	require.NoError(t, json.Unmarshal(vega, &marks))
	for _, end := range []string{"enabled true", "enabled false"} {
		require.Contains(t, marks.Layer[0].Encoding.Y.Axis.LabelExpr, end+`"`, "the interactive figure shortens the same names")
	}
}

// A picture's font lacks most scripts: empty squares stand for their letters,
// and viewers, who have more fonts, get the SVG as well.
func TestNamesInOtherScripts(t *testing.T) {
	s := textStyle(noteSize, color.Black)
	require.InDelta(t, 4*noteSize, s.Width("中文科目").Points(), 1e-9, "as wide as in the fonts that have them")
	require.Equal(t, s.Width("हदी"), s.Width("हंदी"), "marks stand above and below their letters")
	d := SubjectsData{Subjects: []SubjectChange{{Name: "中国历史", N: 10, Low: -1, High: 1}}}
	drawing, ok := Subjects(d, Options{}).MimeBundle().Data["image/svg+xml"].(string)
	require.True(t, ok)
	require.Contains(t, drawing, "中国历史")
	require.Equal(t, "subject   n\n中国历史  5\n", textTable([]string{"subject", "n"}, [][]string{{"中国历史", "5"}}))
	for _, figure := range goldenFigures {
		require.NotContains(t, figure.MimeBundle().Data, "image/svg+xml")
	}
}

func TestLongNamesOfRunsLeaveRoomForThePlot(t *testing.T) {
	name := strings.Repeat("Llama-3.1-8B-Instruct with chunked prefill, ", 3)
	logits, margins := demoLogits(100), demoMargins(60)
	logits.Base, logits.Test, margins.Base, margins.Test = name+"bf16", name+"fp8", name+"bf16", name+"fp8"
	figure := LogitRanges(logits, Options{})
	for _, row := range figure.legendRows() {
		require.LessOrEqual(t, row[0].width(), figure.innerWidth()+px(entryGap))
	}
	vega, err := Margins(margins, Options{}).VegaLite()
	require.NoError(t, err)
	require.NotContains(t, string(vega), `"title":"margin, `+name)
	m := marginPicture{base: name + "bf16", test: name + "fp8"}
	across, up := m.axisWords(vg.Point{X: px(400), Y: px(360)})
	s := textStyle(labelSize, color.Black)
	require.Less(t, s.Width(across), px(400))
	require.Less(t, s.Width(up), px(360))
	require.Less(t, s.Width(m.sizeWords(px(380))), px(380))
	require.True(t, strings.HasSuffix(across, "bf16") && strings.HasSuffix(up, "fp8"), "their ends tell names apart")
}

func TestShortenedNames(t *testing.T) {
	s := textStyle(noteSize, color.Black)
	require.Equal(t, "a name", middleEllipsis(s, "a name", px(100)))
	short := middleEllipsis(s, "日本語の長い名前で終わりが違う一番", px(100))
	require.True(t, strings.HasPrefix(short, "日") && strings.HasSuffix(short, "番"), short)
	require.NotPanics(t, func() { middleEllipsis(s, "a name", 0) })
}

func TestALongTitleKeepsBothNamesOrSaysThatItIsCut(t *testing.T) {
	name := func(of string) string { return of + strings.Repeat(" with chunked prefill", 4) + " " + of + "-end" }
	f := Subjects(SubjectsData{Test: name("test"), Base: name("base")}, Options{})
	require.Equal(t, f.title, strings.Join(f.titleLines(f.innerWidth()), " "))
	f = Subjects(SubjectsData{Test: strings.Repeat("Llama-", 20) + "fp8", Base: strings.Repeat("Llama-", 20) + "bf16"}, Options{})
	require.Regexp(t, `…\S+fp8 against Llama-\S+…\S+bf16$`, strings.Join(f.titleLines(f.innerWidth()), " "), "of one word")
	f = Subjects(SubjectsData{Test: strings.Repeat(name("test"), 9), Base: "base"}, Options{})
	lines := f.titleLines(f.innerWidth())
	require.Len(t, lines, maxTitleLines)
	require.True(t, strings.HasSuffix(lines[maxTitleLines-1], "…"))
}

// Vega draws nothing of a line or an area that has one point.
func TestASampleWithoutNeighboursIsInTheInteractiveFigure(t *testing.T) {
	gone := LogitRange{Min: math.NaN(), NonFinite: 3}
	here := LogitRange{Min: -3, Q1: -1, Median: 0, Q3: 1, Max: 4}
	for name, c := range map[string]struct {
		samples []LogitSample
		alone   []string // fields by which layers choose
	}{
		"the only one":      {[]LogitSample{{Base: here, Test: here}}, []string{"datum.baseAlone", "datum.testAlone"}},
		"between gaps":      {[]LogitSample{{0, here, gone}, {1, here, here}, {2, here, gone}}, []string{"datum.testAlone"}},
		"beside neighbours": {[]LogitSample{{0, here, here}, {1, here, here}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			figure := LogitRanges(LogitRangesData{Samples: c.samples}, Options{})
			checkVega(t, figure)
			vega, err := figure.VegaLite()
			require.NoError(t, err)
			var top struct {
				Layer []struct {
					Transform []struct{ Filter string }
				}
			}
			require.NoError(t, json.Unmarshal(vega, &top))
			var alone []string
			for _, layer := range top.Layer {
				for _, tr := range layer.Transform {
					if strings.HasSuffix(tr.Filter, "Alone") && !slices.Contains(alone, tr.Filter) {
						alone = append(alone, tr.Filter)
					}
				}
			}
			require.Equal(t, c.alone, alone)
		})
	}
}

func TestOutcomesDifferInMoreThanColour(t *testing.T) {
	m := marginPicture{}
	shapes := m.vegaShape()["scale"].(spec)["range"].([]string)
	require.NotEqual(t, shapes[0], shapes[1])
	legend := Margins(demoMargins(60), Options{}).legend
	require.NotEqual(t, legend[0].mark, legend[1].mark)
}

func TestMarginsOfRankedChoicesAreOfLikelihoods(t *testing.T) {
	d := demoMargins(20)
	d.Ranked = true
	require.Contains(t, Margins(d, Options{}).String(), "log-likelihood of the right answer")
	require.NotContains(t, Margins(d, Options{}).String(), "logit of")
}

// narrow is a host whose text is shown in lines of so many characters.
type narrow struct {
	host.Host
	width int
}

func (n narrow) LineWidth() int { return n.width }

func TestIntervalsInTextHaveTheRoomOfTheTerminal(t *testing.T) {
	widest := func() int {
		widest := 0
		_, table, _ := strings.Cut(Subjects(demoSubjects(), Options{}).String(), "\n\n")
		for line := range strings.SplitSeq(table, "\n") {
			widest = max(widest, monospace.Width(line))
		}
		return widest
	}
	kept := widest()
	defer host.Set(host.Set(narrow{host.Current(), kept - 10}))
	require.Equal(t, kept-10, widest())
	host.Set(narrow{host.Current(), kept + 10})
	require.Equal(t, kept, widest())
	host.Set(narrow{host.Current(), 10})
	require.Equal(t, kept-textBar+leastBar, widest(), "an interval that shows something")
}

func TestNamesOfThousandsOfLettersAreShortenedInTime(t *testing.T) {
	long := strings.Repeat("a subject named by a whole paragraph of its text ", 200)
	d := SubjectsData{Base: strings.Repeat("reference-", 1000), Test: "test"}
	for i := range 20 {
		d.Subjects = append(d.Subjects, SubjectChange{Name: fmt.Sprint(long, i), N: 1})
	}
	began := time.Now()
	_, err := Subjects(d, Options{}).PNG(Light)
	require.NoError(t, err)
	require.Less(t, time.Since(began), 20*time.Second, "it took an hour")
}

func TestTheGreatestNumberThatFits(t *testing.T) {
	for most := range 40 {
		for want := range most + 1 {
			require.Equal(t, want, greatest(0, most, func(n int) bool { return n <= want }), "of %d", most)
		}
	}
	require.Equal(t, 2, greatest(2, 9, func(int) bool { return false }))
}
