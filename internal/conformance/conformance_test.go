package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval/evaltest"
)

func TestClassify(t *testing.T) {
	tests := []struct {
		name          string
		o             outcome
		want          string
		class, detail string
	}{
		{"as expected", outcome{out: []byte("a\n")}, "a\n", right, ""},
		{"other output", outcome{out: []byte("a\nb\n")}, "a\nc\n", silent, `line 2: got "b" want "c"`},
		{"less output", outcome{}, "a\n", silent, `line 1: got "" want "a"`},
		{"refused", outcome{out: []byte("adkernel: refused: p.go:1:1: no\nmore"), code: 3}, "", refused, "adkernel: refused: p.go:1:1: no"},
		{"limit", outcome{timeout: true, code: -1}, "", timeout, ""},
		{"signal", outcome{code: -1}, "", crash, ""},
		{"killed inside of a shell", outcome{code: 137}, "", crash, ""},
		{"run-time error", outcome{out: []byte("x\npanic: runtime error: index out of range\n"), code: 2}, "", crash, "panic: runtime error: index out of range"},
		{"the program's complaint", outcome{out: []byte("panic: 3 should be 4\n"), code: 2}, "", selfcheck, "panic: 3 should be 4"},
		{"the program's status", outcome{out: []byte("fail\n"), code: 1}, "", selfcheck, "fail"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			class, detail := classify(test.o, []byte(test.want))
			require.Equal(t, test.class, class)
			require.Equal(t, test.detail, detail)
		})
	}
}

func TestExecute(t *testing.T) {
	run := func(script string, limit time.Duration) outcome {
		o, err := execute(t.Context(), []string{"sh", "-c", script}, t.TempDir(), []string{"WORD=said"}, limit, 1<<30)
		require.NoError(t, err)
		return o
	}
	o := run(`echo "$WORD"; echo err >&2; exit 7`, time.Minute)
	require.Equal(t, "said\nerr\n", string(o.out))
	require.Equal(t, 7, o.code)
	require.False(t, o.timeout)

	o = run("sleep 60 & echo $!; sleep 60", 300*time.Millisecond)
	require.True(t, o.timeout)
	child := strings.TrimSpace(string(o.out))
	require.NotEmpty(t, child)
	require.Eventually(t, func() bool { // the child of the group's leader is gone, or waits to be reaped by init
		state, err := os.ReadFile("/proc/" + child + "/stat")
		return err != nil || strings.Contains(string(state), ") Z ")
	}, time.Minute, 10*time.Millisecond)

	o = run("yes", 300*time.Millisecond)
	require.True(t, o.timeout)
	require.Equal(t, maxOutput, len(o.out))

	_, err := execute(t.Context(), []string{"/no/such/command"}, t.TempDir(), nil, time.Second, 0)
	require.Error(t, err)
}

func TestEachStopsAtAnError(t *testing.T) {
	broken := errors.New("broken")
	calls := 0
	require.ErrorIs(t, each(1000, 1, func(i int) error {
		calls++
		if i == 3 {
			return broken
		}
		return nil
	}), broken)
	require.Equal(t, 4, calls)
}

func TestResultsSurviveTheirFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.tsv")
	list := []result{{"a.go", right, 12, ""}, {"b/c.go", silent, 5, `got "x" want "y"`}}
	require.NoError(t, writeResults(file, list))
	got, err := readResults(file)
	require.NoError(t, err)
	require.Equal(t, list, got)
	require.NoError(t, os.WriteFile(file, []byte("a.go\tfine\t1\t\n"), 0o644))
	_, err = readResults(file)
	require.ErrorContains(t, err, "no row")
}

func TestDiff(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.tsv"), filepath.Join(dir, "b.tsv")
	require.NoError(t, writeResults(a, []result{{"x.go", silent, 1, ""}, {"y.go", right, 1, ""}}))
	require.NoError(t, writeResults(b, []result{{"x.go", right, 1, ""}, {"y.go", right, 1, ""}}))
	var out bytes.Buffer
	require.NoError(t, diffCommand(context.Background(), []string{a, b}, &out))
	require.Equal(t, "silent -> right: 1\n\tx.go\t\n", out.String())
}

func TestReviewedLists(t *testing.T) {
	mayRefuse, err := reasons("refused.txt", refusedList)
	require.NoError(t, err)
	require.LessOrEqual(t, len(mayRefuse), maxRefusals)
	_, err = reasons("observes.txt", observesList)
	require.NoError(t, err)
	_, err = reasons("x", "235.go\n")
	require.ErrorContains(t, err, "no reason")
	_, err = reasons("x", "none.go\twhy\n")
	require.ErrorContains(t, err, "not in lists/eligible.tsv")
}

func TestJudge(t *testing.T) {
	all := func(class string) []result {
		var list []result
		for range 100 {
			list = append(list, result{name: "235.go", class: class})
		}
		return list
	}
	var out bytes.Buffer
	require.NoError(t, judge(all(right), &out))
	require.ErrorIs(t, judge(append(all(right), result{name: "a.go", class: silent}), &out), errGate)
	require.ErrorIs(t, judge(append(all(right), result{name: "a.go", class: crash}), &out), errGate)
	require.NoError(t, judge(append(all(right), result{name: "a.go", class: refused}), &out))
	require.ErrorIs(t, judge(append(all(right), all(refused)...), &out), errGate)
}

func TestCellProgram(t *testing.T) {
	got, err := cellProgram([]string{`type T struct{ n int }
func (t T) String() string { return strings.Repeat("x", t.n) }
h := sha256.New()
var a, b = 1, T{2}
var zero int
a = zero + h.Size()
b`})
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/cellprogram.golden")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
	_, err = cellProgram([]string{"x := y"})
	require.ErrorContains(t, err, "undefined: y")
}

// TestBoundaryCellsAreComplete holds every cell to having an expectation, and
// to being a program.
func TestBoundaryCellsAreComplete(t *testing.T) {
	cells, err := readBoundary(filepath.Join("../..", defaultBoundary), "")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(cells), 300)
	for _, c := range cells {
		require.NotEmpty(t, c.want, c.name)
	}
}

// TestRewriteOneCell compiles a cell and writes what it prints.
func TestRewriteOneCell(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.txt")
	require.NoError(t, os.WriteFile(file, []byte("A comment.\n\n=== one\nfmt.Println(\"a\")\n1 + 1\n>>>\n=== two\n\"b\"\n>>> => c\n"), 0o644))
	var out bytes.Buffer
	require.NoError(t, boundaryCommand(t.Context(), []string{"-rewrite", "-dir", dir}, &out))
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "A comment.\n\n=== one\nfmt.Println(\"a\")\n1 + 1\n>>>\na\n=> 2\n=== two\n\"b\"\n>>> => b\n", string(b))
	list, err := evaltest.Read(file)
	require.NoError(t, err)
	require.Equal(t, "a\n=> 2", list[0].Want)
}

func TestExitStatus(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, 2, start(t.Context(), nil, &out, &errs))
	require.Equal(t, 2, start(t.Context(), []string{"run"}, &out, &errs))
	require.Equal(t, 1, start(t.Context(), []string{"everyday", "--", "true"}, &out, &errs))
}

// A yardstick that is absent says nothing, which is no pass.
func TestNoTestProgramsAreNoPass(t *testing.T) {
	dir := t.TempDir()
	right, boundary := filepath.Join(dir, "right"), filepath.Join(dir, "boundary")
	require.NoError(t, os.WriteFile(right, fmt.Appendf(nil, "#!/bin/sh\ncase $1 in */everyday.go) cat %s/lists/everyday.out;; esac\n", absolute(t, ".")), 0o755))
	require.NoError(t, os.Mkdir(boundary, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(boundary, "a.txt"), []byte("=== silent\n_ = 1\n>>>\n"), 0o644))
	none := filepath.Join(dir, "none")
	require.NoError(t, os.MkdirAll(filepath.Join(none, "fixedbugs"), 0o755))
	for _, test := range []struct {
		args []string
		want int
		says string
	}{
		{[]string{"run", "-root", dir, "--", right}, 2, "no test folder of Go"},
		{[]string{"run", "-root", none, "--", right}, 2, "has no program"},
		{[]string{"gate", "-root", dir, "-boundary", boundary, "--", right}, 2, "no test folder of Go"},
		{[]string{"gate", "-root", dir, "-boundary", boundary, "--", "true"}, 1, "the gate is closed: everyday lines"},
	} {
		var out, errs bytes.Buffer
		require.Equal(t, test.want, start(t.Context(), test.args, &out, &errs), "%q: %s", test.args, errs.String())
		require.Contains(t, errs.String(), test.says)
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	require.NoError(t, err)
	return path
}
