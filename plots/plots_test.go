package plots

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	nan = math.NaN()
	inf = math.Inf(1)
)

// hardFigures are what a careless figure clips, hangs or panics on.
func hardFigures() map[string]*Figure {
	figures := map[string]*Figure{
		"no subjects":        Subjects(SubjectsData{}, Options{}),
		"one subject":        Subjects(SubjectsData{Subjects: []SubjectChange{{Name: "a", N: 1}}}, Options{}),
		"57 subjects":        Subjects(mmluSubjects(), Options{}),
		"57 subjects narrow": Subjects(mmluSubjects(), Options{Width: 1}),
		"all missing":        Subjects(SubjectsData{Subjects: []SubjectChange{{Name: "a", Change: nan}, {Name: "b", Change: inf}}}, Options{}),
		"same name twice":    Subjects(SubjectsData{Subjects: []SubjectChange{{Name: "a", N: 3, Change: 1}, {Name: "a", N: 3, Change: 2}}}, Options{}),
		"huge change":        Subjects(SubjectsData{Subjects: []SubjectChange{{Name: "a", N: 1, Change: 1e300, Low: -1e300, High: 1e308}}}, Options{}),
		"tiny change":        Subjects(SubjectsData{Subjects: []SubjectChange{{Name: "a", N: 1, Change: 1e-300}}}, Options{}),
		"widest change": Subjects(SubjectsData{Subjects: []SubjectChange{
			{Name: "a", N: 1, Change: -math.MaxFloat64}, {Name: "b", N: 1, Change: math.MaxFloat64},
		}}, Options{}),
		"other scripts": Subjects(SubjectsData{Base: "基准", Test: "🙂", Subjects: []SubjectChange{{Name: "日本語 <&>\"\n\x00\xff", N: 1}}}, Options{}),
		"long title":    Subjects(demoSubjects(), Options{Title: strings.Repeat("very long title ", 40)}),
		"no ladder":     Ladder(LadderData{ReferenceAccuracy: nan}, Options{}),
		"one step":      Ladder(LadderData{ReferenceAccuracy: 50, Steps: []LadderStep{{Name: "a", N: 5, Accuracy: 50, Low: 50, High: 50}}}, Options{}),
		"neighbours far from 0": Ladder(LadderData{ReferenceAccuracy: nan, Steps: []LadderStep{
			{Name: "a", N: 5, Accuracy: 1e17, Low: nan, High: nan}, {Name: "b", N: 5, Accuracy: 1e17 + 32, Low: nan, High: nan},
		}}, Options{}),
		"no logits":    LogitRanges(LogitRangesData{}, Options{}),
		"one sample":   LogitRanges(demoLogits(1), Options{}),
		"two samples":  LogitRanges(demoLogits(2), Options{}),
		"equal logits": LogitRanges(LogitRangesData{Samples: make([]LogitSample, 30)}, Options{}),
		"only NaN": LogitRanges(LogitRangesData{Samples: []LogitSample{
			{Sample: 1, Base: LogitRange{nan, nan, nan, nan, nan, 5}, Test: LogitRange{-inf, 0, 0, 0, inf, 0}},
		}}, Options{}),
		"extreme logits": LogitRanges(LogitRangesData{Samples: []LogitSample{
			{Sample: 1, Base: LogitRange{-1, 0, 0, 0, 1, 0}, Test: LogitRange{-math.MaxFloat64, -1, 0, 1, math.MaxFloat64, 0}},
		}}, Options{}),
		"14042 samples": LogitRanges(demoLogits(14042), Options{}),
		"no margins":    Margins(MarginsData{}, Options{}),
		"one margin":    Margins(demoMargins(1), Options{}),
		"equal margins": Margins(MarginsData{Samples: make([]MarginSample, 40)}, Options{}),
		"NaN margins":   Margins(MarginsData{Samples: []MarginSample{{Base: nan}, {Test: inf}, {Base: 1, Test: 2, BaseRight: true, TestRight: true}}}, Options{}),
		"huge margins":  Margins(MarginsData{Samples: []MarginSample{{Base: 1e300, Test: -1e300, BaseRight: true}, {Base: 1e-300}}}, Options{}),
		"14042 margins": Margins(demoMargins(14042), Options{}),
	}
	return figures
}

func TestHardDataIsDrawnInEveryForm(t *testing.T) {
	for name, figure := range hardFigures() {
		t.Run(name, func(t *testing.T) {
			data, err := figure.PNG(Dark)
			require.NoError(t, err)
			bounds := decode(t, data).Bounds()
			require.Equal(t, 2*int(figure.width), bounds.Dx())
			requireWellFormed(t, figure)
			checkVega(t, figure)
			require.NotContains(t, figure.String(), "NaN\n")
			require.NotContains(t, figure.text, "%!", "a format verb without its argument")
		})
	}
}

var noNumber = regexp.MustCompile(`[ML,"](NaN|[+-]?Inf)[ML,"]`)

func requireWellFormed(t *testing.T, figure *Figure) {
	t.Helper()
	svg, err := figure.SVG(Light)
	require.NoError(t, err)
	require.False(t, noNumber.Match(svg), "a coordinate is not a number")
	decoder := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

func TestMissingValuesAreCountedInTheNotes(t *testing.T) {
	require.Contains(t, Subjects(mmluSubjects(), Options{}).String(), "57 subjects, n = 4032; 1 without a value; 1 without an interval")
	require.Contains(t, LogitRanges(demoLogits(120), Options{}).String(), "nvfp4 has NaN or Inf in 2 of 120 samples (24, 25)")
	among := demoLogits(120)
	among.Samples[7].Test.NonFinite, among.Samples[90].Test.NonFinite, among.Samples[3].Base.NonFinite = 1, 4000, 2
	figure := LogitRanges(among, Options{})
	require.Contains(t, figure.String(), "nvfp4 has NaN or Inf in 4 of 120 samples (7, 24, 25, 90)", "also where others of the row are finite")
	require.Contains(t, figure.String(), "bf16 has NaN or Inf in 1 of 120 samples (3)")
	require.Contains(t, figure.String(), "n = 120")
	columns, crossed := logitColumns(among.Samples), 0
	for _, c := range columns {
		crossed += c.missingInTest
	}
	require.Equal(t, 4, crossed)
	require.True(t, columns[7].hasTest, "what is finite is drawn")
	require.Contains(t, hardFigures()["NaN margins"].String(), "n = 1; 2 more without a finite margin in both runs")
	for _, name := range []string{"no subjects", "no ladder", "no logits", "no margins"} {
		require.Contains(t, hardFigures()[name].String(), "nothing to show", name)
	}
}

func TestMissingSubjectsComeLastAndTheLargestLossFirst(t *testing.T) {
	d := SubjectsData{Subjects: []SubjectChange{{Name: "gain", Change: 2}, {Name: "missing", Change: nan}, {Name: "loss", Change: -3}}}
	lines := strings.Split(Subjects(d, Options{}).text, "\n")
	require.True(t, strings.HasPrefix(lines[1], "loss"))
	require.True(t, strings.HasPrefix(lines[2], "gain"))
	require.Regexp(t, `^missing +– +– +0`, lines[3])
}

func TestRowsOfOneNameAreTold(t *testing.T) {
	f := &forest{rows: []forestRow{{label: "a"}, {label: "a"}, {label: "a (2)"}, {label: "a"}, {label: "b"}}}
	f.distinguish()
	labels := make([]string, len(f.rows))
	for i, r := range f.rows {
		labels[i] = r.label
	}
	require.Equal(t, []string{"a", "a (2)", "a (2) (2)", "a (3)", "b"}, labels)
}

func TestOfThousandsOfSubjectsTheFirstAndLastAreShown(t *testing.T) {
	d := SubjectsData{Subjects: []SubjectChange{{Name: "missing", N: 2, Change: nan}}}
	for i := range 3000 {
		d.Subjects = append(d.Subjects, SubjectChange{Name: fmt.Sprintf("subject %04d", i), N: 2, Change: float64(i), Low: nan, High: nan})
	}
	figure := Subjects(d, Options{})
	text := figure.String()
	require.Contains(t, text, "3001 subjects, n = 6000; 1 without a value; 3000 without an interval; 2800 between the first and the last 100 not shown")
	for name, shown := range map[string]bool{"0000": true, "0099": true, "0100": false, "2899": false, "2900": true, "2999": true} {
		require.Equal(t, shown, strings.Contains(text, "subject "+name), name)
	}
	require.Less(t, figure.height(), 4000.0)
}

func TestOutliersSurviveTheSharingOfPlaces(t *testing.T) {
	figure := LogitRanges(demoLogits(14042), Options{})
	require.Contains(t, figure.text, "sample 7021 stands out: logit 480")
	require.Contains(t, figure.text, "sample 4680 stands out: logit -95")
	samples14042 := demoLogits(14042).Samples
	columns := logitColumns(samples14042)
	for _, o := range logitOutliers(samples14042) {
		require.Contains(t, []float64{columns[o.column].test.Min, columns[o.column].test.Max}, o.logit, "sample %d is named in the place that holds it", o.sample)
	}
	require.Len(t, columns, maxColumns)
	highest, samples := 0.0, 0
	for _, c := range columns {
		highest, samples = max(highest, c.test.Max), samples+c.samples
	}
	require.Equal(t, 480.0, highest)
	require.Equal(t, 14042, samples)
}

func TestThinnedMarginsKeepEveryFlip(t *testing.T) {
	all := demoMargins(14042).Samples
	shown := thin(all, maxVegaPoints)
	require.Len(t, shown, maxVegaPoints)
	flips := func(samples []MarginSample) (n int) {
		for _, s := range samples {
			if s.outcome() != unchanged {
				n++
			}
		}
		return n
	}
	require.Equal(t, flips(all), flips(shown))
}

func TestBundleHoldsTextPictureAndVegaLite(t *testing.T) {
	figure := Ladder(demoLadder(), Options{Width: 640})
	b := figure.MimeBundle()
	require.Equal(t, figure.String(), b.Plain())
	data, ok := b.Data["image/png"].([]byte)
	require.True(t, ok)
	require.Equal(t, 1280, decode(t, data).Bounds().Dx())
	require.Equal(t, map[string]any{"width": 640, "height": int(figure.height()), "alt": figure.alternative()}, b.Metadata["image/png"])
	require.Contains(t, figure.alternative(), figure.title, "a screen reader says what the picture shows")
	raw, ok := b.Data[vegaLiteMIME].(json.RawMessage)
	require.True(t, ok)
	require.True(t, json.Valid(raw))
}

func TestUnknownThemeIsAnError(t *testing.T) {
	_, err := Ladder(demoLadder(), Options{}).PNG(7)
	require.ErrorContains(t, err, "unknown theme 7")
}

func TestTheSameFigureGivesTheSameBytes(t *testing.T) {
	first, err := Subjects(demoSubjects(), Options{}).PNG(Light)
	require.NoError(t, err)
	again, err := Subjects(demoSubjects(), Options{}).PNG(Light)
	require.NoError(t, err)
	require.Equal(t, first, again)
}

func BenchmarkSubjects57PNG(b *testing.B) { benchmarkPNG(b, Subjects(mmluSubjects(), Options{})) }

func BenchmarkLogitRanges14042PNG(b *testing.B) {
	benchmarkPNG(b, LogitRanges(demoLogits(14042), Options{}))
}

func BenchmarkMargins14042PNG(b *testing.B) { benchmarkPNG(b, Margins(demoMargins(14042), Options{})) }

func benchmarkPNG(b *testing.B, figure *Figure) {
	for b.Loop() {
		if _, err := figure.PNG(Light); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSubjects57VegaLite(b *testing.B) {
	figure := Subjects(mmluSubjects(), Options{})
	for b.Loop() {
		if _, err := figure.VegaLite(); err != nil {
			b.Fatal(err)
		}
	}
}
