package display

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden file")

type point struct{ X, Y int }

type node struct {
	Name  string
	Next  *node
	inner []string
}

type celsius float64

func (c celsius) String() string { return fmt.Sprintf("%.1f °C", float64(c)) }

type run struct {
	Name     string
	Accuracy float64
	When     time.Duration
	Tags     []string
	Err      error
}

type failing struct{}

func (failing) String() string { panic("no text") }

// loop is its own cause.
type loop struct{}

func (*loop) Error() string   { return "again" }
func (l *loop) Unwrap() error { return l }

func itself() any {
	s := []any{1, nil}
	s[1] = s
	return s
}

// opaque stands for a value that reflection cannot look into.
type opaque struct{ is any }

func (o opaque) View() Value                { return of(o.is) }
func (o opaque) Format(s fmt.State, _ rune) { fmt.Fprint(s, "as Go prints it") }

func ring() *node {
	n := &node{Name: "ring"}
	n.Next = n
	return n
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func runs(n int) []run {
	var all []run
	for i := range n {
		all = append(all, run{Name: fmt.Sprintf("run %d", i), Accuracy: 1 / float64(i+1), When: time.Duration(i) * time.Second, Tags: []string{"a", "b c"}[:i%3]})
	}
	return all
}

var values = []struct {
	name  string
	value any
}{
	{"nothing", nil},
	{"a number", 42},
	{"text", "two words"},
	{"texts", []string{"one", "two words", "", "a:b"}},
	{"a struct", point{1, 2}},
	{"a pointer to one", &point{1, 2}},
	{"a nil pointer", (*point)(nil)},
	{"a ring of pointers", ring()},
	{"pointers within", node{Name: "a", Next: &node{Name: "b", inner: []string{"x y"}}}},
	{"a value with a text", celsius(21)},
	{"values with texts", []celsius{21, 22.5}},
	{"a time", time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
	{"a function", func(int) error { return nil }},
	{"a channel", make(chan int, 3)},
	{"a map", map[string]int{"b": 2, "a": 1}},
	{"a long map", longMap(60)},
	{"a map to structs", map[string]point{"b": {3, 4}, "a": {1, 2}}},
	{"many numbers", numbers(1000)},
	{"bytes", []byte("ab")},
	{"a matrix", [][]float64{{1, 0.5}, {-2, 1000}}},
	{"rows of different lengths", [][]int{{1}, {2, 3}}},
	{"a long struct", struct {
		Model, Backend, Config string
		Settings               map[string]any
	}{"/models/llama-3.1-8b-fp8", "autodeploy", strings.Repeat("x", 80), map[string]any{"world_size": 2, "nested": point{1, 2}}}},
	{"structs", runs(3)},
	{"many structs", runs(60)},
	{"pointers to structs", []*point{{1, 2}, nil}},
	{"an error", errors.New("no such file")},
	{"an error with causes", fmt.Errorf("reading the config: %w", &fs.PathError{Op: "open", Path: "/x", Err: os.ErrNotExist})},
	{"joined errors", fmt.Errorf("two things: %w", errors.Join(errors.New("one"), errors.New("two")))},
	{"joined errors alone", errors.Join(errors.New("one"), fmt.Errorf("two: %w", errors.Join(errors.New("three"), errors.New("four"))))},
	{"an error that wraps itself", &loop{}},
	{"a slice of itself", itself()},
	{"a text that panics", failing{}},
	{"deep", deep(20)},
	{"a viewed value", opaque{point{1, 2}}},
	{"viewed values", []any{opaque{point{1, 2}}, opaque{opaque{"x y"}}}},
	{"a viewed slice", opaque{[]point{{1, 2}, {3, 4}}}},
	{"text of many lines in a struct", struct{ Log string }{"a\nb"}},
}

func longMap(n int) map[int]string {
	m := map[int]string{}
	for i := range n {
		m[i] = fmt.Sprintf("value %d", i)
	}
	return m
}

func deep(n int) any {
	if n == 0 {
		return 0
	}
	return []any{deep(n - 1)}
}

func TestValuesAreDrawn(t *testing.T) {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "--- %s\n%s\n", v.name, Text(v.value))
		if html := HTML(v.value); html != "" && len(html) < 3000 {
			fmt.Fprintf(&b, "--- %s, as HTML\n%s\n", v.name, html)
		}
	}
	file := filepath.Join("testdata", "values.txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String(), "run with -update to accept")
}

func TestWhatIsBigIsCutQuickly(t *testing.T) {
	for name, v := range map[string]any{
		"numbers": numbers(20_000_000), "texts": strings.Fields(strings.Repeat("word ", 1_000_000)), "map": longMap(300_000), "structs": make([]run, 1_000_000), "nested": make([][][]int, 1_000_000),
	} {
		began := time.Now()
		text := Text(v)
		require.Less(t, len(text), 20_000, name)
		require.Less(t, len(HTML(v)), 60_000, name)
		require.Contains(t, text, "more", name)
		require.Less(t, time.Since(began), time.Minute, name) // slow machines and the race detector included
	}
}

type long string

func (l long) String() string { return string(l) }

func TestTextIsCutBetweenCharacters(t *testing.T) {
	text := strings.Repeat("é", MaxText)
	for name, v := range map[string]any{
		"text": text, "own text": long(text), "error": errors.New(text),
		"bytes that are no text": strings.Repeat("\xbf", 2*MaxText),
	} {
		got := Text(v)
		require.LessOrEqual(t, len(got), MaxText, name)
		begin, left, _ := strings.Cut(got, "\n… ")
		require.Equal(t, number(len(text)-len(begin))+" more bytes", left, name)
		require.Equal(t, utf8.ValidString(fmt.Sprint(v)), utf8.ValidString(got), name)
		require.Equal(t, got, Cut(got))
	}
	for name, v := range map[string]any{
		"within": struct{ Log string }{text}, "rows": []string{text, text},
		"panic": panics(text), "lines": struct{ A, B, C string }{text, text, text},
		"causes": fmt.Errorf("one: %w", errors.Join(errors.New(text), errors.New(text))),
	} {
		require.LessOrEqual(t, len(Text(v)), MaxText, name)
		require.Less(t, len(HTML(v)), 2*MaxText, name)
	}
	require.Len(t, Text(strings.Repeat("a", MaxText)), MaxText)
}

type panics string

func (p panics) String() string { panic(string(p)) }

func TestTheFirstEntriesOfAMapAreDrawn(t *testing.T) {
	m := map[int]string{}
	for i := range maxSorted {
		m[-i] = "x"
	}
	text := Text(m)
	require.True(t, strings.HasPrefix(text, "map[\n  -262143: x\n  -262142: x\n"), text)
	require.Contains(t, text, "  … 262,094 more\n")

	m[1] = "x"
	text = Text(m)
	require.Contains(t, text, "  … 262,095 more (too many to sort)\n")
	require.Equal(t, maxRows, strings.Count(text, ": x\n"))

	points := map[int]point{}
	for i := range maxSorted + 1 {
		points[i] = point{i, i}
	}
	require.Contains(t, Text(points), "… 262,095 more rows (262,145 in all) (too many to sort)")
}

func TestTablesCountTheColumnsOfLetters(t *testing.T) {
	type row struct {
		Name string
		N    int
	}
	text := Text([]row{{"数学", 5}, {"red\x1b[31m", 12}})
	require.Equal(t, "   Name          N\n0  数学          5\n1  red\\x1b[31m  12\n", text+"\n", "what would colour a terminal is written out")
}

func TestTablesLeaveOutColumnsThatDoNotFit(t *testing.T) {
	require.Equal(t, "   Name   Accuracy  When\n0  run 0         1    0s\n1  run 1       0.5    1s\nnot shown: Tags, Err", TextWithin(runs(2), 24))
	require.Equal(t, Text(runs(2)), TextWithin(runs(2), 80))
	require.Contains(t, TextWithin(runs(60), 12), "\n… 10 more rows (60 in all)\nnot shown: Accuracy, When, Tags, Err")
}

// A node of a graph is reached on many ways: nobody waits until all are counted.
func TestAGraphIsDrawnInTime(t *testing.T) {
	node := map[string]any{}
	for i := range 20 {
		node[fmt.Sprint("to ", i)] = node
	}
	began := time.Now()
	text := Text(node)
	require.Less(t, time.Since(began), 20*time.Second, "20^6 ways take hours")
	require.Contains(t, text, "\n… more lines: over 2,000")
	require.Less(t, strings.Count(text, "\n"), maxLines+2)
}
