package frame

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o666))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// subjects is what a comparison of two runs looks like.
func subjects(n int) *Frame {
	names := []string{"abstract_algebra", "high_school_mathematics", "law", "prehistory <B.C.>"}
	name, count := make([]string, n), make([]int64, n)
	base, test, p := make([]float64, n), make([]float64, n), make([]float64, n)
	noise, missing := make([]bool, n), make([]bool, n)
	for i := range n {
		name[i] = names[i%len(names)]
		count[i] = int64(100 + 37*i%80)
		base[i] = float64(50+(i*31)%50) / 100
		test[i] = base[i] - float64((i*17)%23-4)/100
		p[i] = math.Pow(10, -float64((i*7)%9))
		noise[i] = p[i] > 0.05
		missing[i] = i%7 == 5
	}
	return New(Strings("subject", name), Ints("n", count), Floats("base", base), Floats("test", test).Masked(missing),
		Floats("p", p), Bools("noise", noise)).With("delta", "100 * (test - base)")
}

func TestDisplay(t *testing.T) {
	long := New(
		Strings("prompt", []string{strings.Repeat("Which of these is a prime number? ", 10) + "\nA. 4\nB. 5", "日本語のプロンプト", ""}),
		Floats("logit", []float64{math.Inf(-1), math.NaN(), 1234.5678}),
		Floats("tiny", []float64{1.5e-9, 2e-7, 0}),
		Ints("id", []int64{math.MinInt64, 7, 2026}),
		Bools("ok", []bool{true, false, true}).Masked([]bool{false, true, false}),
	)
	for name, f := range map[string]*Frame{
		"subjects": subjects(12), "cut": subjects(1254), "values": long, "empty": subjects(3).Head(0), "error": subjects(3).Where("delt < 0"),
	} {
		t.Run(name, func(t *testing.T) {
			bundle := f.MimeBundle()
			golden(t, "display_"+name+".txt", bundle.Plain()+"\n")
			if page, ok := bundle.Data["text/html"].(string); ok {
				golden(t, "display_"+name+".html", page+"\n")
			}
		})
	}
}

func TestTextTableLeavesOutColumnsThatDoNotFit(t *testing.T) {
	var columns []*Column
	for range 30 {
		columns = append(columns, Ints(strings.Repeat("x", 10)+string(rune('a'+len(columns))), []int64{1}))
	}
	text := New(columns...).String()
	for line := range strings.Lines(text) {
		require.LessOrEqual(t, len([]rune(line)), 2*textWidth)
	}
	require.Contains(t, text, "1 row × 30 columns; not shown: xxxxxxxxxxm, ")
}

func TestFloatsOfAColumnShowTheSameDecimals(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   []string
	}{
		{[]float64{1, 2, 3}, []string{"1.0", "2.0", "3.0"}},
		{[]float64{0.25, 10}, []string{"0.25", "10.00"}},
		{[]float64{1. / 3, 2}, []string{"0.3333", "2.0000"}},
		{[]float64{12345.678, 1}, []string{"12345.7", "1.0"}},
		{[]float64{0.5, 1e-9}, []string{"0.50000", "1.0e-09"}},
		{[]float64{1e20, 1}, []string{"1.0000e+20", "1.0000e+00"}},
		{[]float64{math.Copysign(0, -1), -0.001}, []string{"0.000", "-0.001"}},
		{[]float64{0}, []string{"0.0"}},
		{[]float64{math.NaN(), math.Inf(1)}, []string{"NaN", "+Inf"}},
	} {
		c := Floats("x", test.values)
		format := newFormatter(c, identity(len(test.values)))
		for i, want := range test.want {
			require.Equal(t, want, format.text(i), "%v", test.values)
		}
	}
}
