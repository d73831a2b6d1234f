package frame

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/internal/monospace"
	"adkernel/kernel/host"
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
	requireNarrow(t, text)
	require.Contains(t, text, "1 row × 30 columns; not shown: xxxxxxxxxxm, ")
}

// requireNarrow checks the widths of the lines of a table, less its last line,
// which names columns.
func requireNarrow(t *testing.T, text string) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for _, line := range lines[:len(lines)-1] {
		require.LessOrEqual(t, monospace.Width(line), textWidth)
	}
}

func TestLongCellsOfTextHaveTheRoomThatIsLeft(t *testing.T) {
	words := func(column string, width int) *Column {
		return Strings(column, []string{"short", strings.Repeat(column, width)})
	}
	for name, c := range map[string]struct {
		columns []*Column
		widths  []int // of the long cells
		says    string
	}{
		"one fits":            {[]*Column{words("a", 20), words("b", 138)}, []int{20, 138}, "2 rows × 2 columns"},
		"one does not":        {[]*Column{words("a", 20), words("b", 139)}, []int{20, 137}, "2 rows × 2 columns; cut at …: b"},
		"alone":               {[]*Column{words("a", 5000)}, []int{159}, "2 rows × 1 column; cut at …: a"},
		"equal shares":        {[]*Column{words("a", 500), words("b", 600)}, []int{78, 78}, "2 rows × 2 columns; cut at …: a, b"},
		"the rest of a share": {[]*Column{words("a", 500), words("b", 60)}, []int{97, 60}, "2 rows × 2 columns; cut at …: a"},
		"little room":         {[]*Column{words("a", 51), words("b", 60), words("c", 60), words("d", 48)}, []int{51, 51, 52}, "2 rows × 4 columns; cut at …: b, c; not shown: d"},
		"wide characters":     {[]*Column{words("日", 90)}, []int{79}, "2 rows × 1 column; cut at …: 日"},
		"a long name":         {[]*Column{words("a", 20).renamed(strings.Repeat("n", 200))}, []int{20}, "2 rows × 1 column; cut at …: " + strings.Repeat("n", 159) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			text := New(c.columns...).String()
			requireNarrow(t, text)
			lines := strings.Split(text, "\n")
			require.Equal(t, c.says, lines[len(lines)-1])
			for i, width := range c.widths {
				letter := string([]rune(c.columns[i].label(1))[0])
				require.Equal(t, width, strings.Count(lines[headLines+1], letter), "%s", letter)
			}
		})
	}
}

func TestLettersTakeOneColumnOrTwoOrNone(t *testing.T) {
	text := New(Strings("name", []string{"数学", "e\u0301tude", "👍🏽"}), Ints("n", []int64{1, 2, 3})).String()
	require.Equal(t, "name        n\nstring  int64\n──────  ─────\n数学        1\ne\u0301tude       2\n👍🏽          3\n3 rows × 2 columns", text)
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

// narrow is a host whose text is shown in lines of so many characters.
type narrow struct {
	host.Host
	width int
}

func (n narrow) LineWidth() int { return n.width }

func TestTextTablesKeepToTheLinesOfATerminal(t *testing.T) {
	runs := New(
		Strings("run", []string{"20261127-095339-llama-3.1-8b-instruct-fp8-tp2", "20261127-095339-llama-3.1-8b-instruct-fp8-tp4"}),
		Floats("accuracy", []float64{68.25, 63.5}),
		Ints("seed", []int64{math.MinInt64, 7}),
		Strings("prompt", []string{"Which of these is a prime number? A. 4 B. 5", "Which one is even?"}),
		Strings("dir", []string{"/scratch/runs/1", "/scratch/runs/2"}),
	)
	defer host.Set(host.Set(narrow{host.Current(), 80}))
	require.Equal(t, ""+
		"run                                            accuracy                  seed\n"+
		"string                                          float64                 int64\n"+
		"─────────────────────────────────────────────  ────────  ────────────────────\n"+
		"20261127-095339-llama-3.1-8b-instruct-fp8-tp2     68.25  -9223372036854775808\n"+
		"20261127-095339-llama-3.1-8b-instruct-fp8-tp4     63.50                     7\n"+
		"2 rows × 5 columns; not shown: prompt, dir", runs.String())
	host.Set(narrow{host.Current(), 84})
	require.Equal(t, ""+
		"run                        accuracy                  seed  prompt\n"+
		"string                      float64                 int64  string\n"+
		"─────────────────────────  ────────  ────────────────────  ─────────────────────────\n"+
		"20261127-095…ruct-fp8-tp2     68.25  -9223372036854775808  Which of these is a prim…\n"+
		"20261127-095…ruct-fp8-tp4     63.50                     7  Which one is even?\n"+
		"2 rows × 5 columns; cut at …: run, prompt; not shown: dir", runs.String())
	host.Set(narrow{host.Current(), 1})
	require.Contains(t, runs.String(), "not shown: accuracy, seed", "a terminal of no width has one column")
	host.Set(narrow{host.Current(), 0})
	require.NotContains(t, runs.String(), "not shown", "text that is kept has the room of a wide line")
	host.Set(narrow{host.Current(), 300})
	require.NotContains(t, runs.String(), "…", "a wide terminal is used")
}
