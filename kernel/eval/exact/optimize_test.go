package exact

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/evaltest"
)

// starter returns what starts a session, with or without optimizations.
func starter(plain bool) evaltest.New {
	return func(stdout, stderr io.Writer) (eval.Evaluator, error) {
		e, err := New(eval.Vocabulary{}, Options{Stdout: stdout, Stderr: stderr})
		if err == nil {
			e.(*evaluator).rt.plain = plain
		}
		return e, err
	}
}

// changing is what differs from run to run: addresses and times.
var changing = regexp.MustCompile(`0x[0-9a-f]+|\d+(\.\d+)?[µmn]?s\b|\d\d:\d\d:[\d.]+`)

// What is compiled with optimizations does what it does without.
func TestOptimizedIsPlain(t *testing.T) {
	files, err := filepath.Glob("../testdata/cells/*.txt")
	require.NoError(t, err)
	n := 0
	for _, file := range files {
		sequences, err := evaltest.Read(file)
		if err != nil {
			continue // of another format
		}
		for _, s := range sequences {
			s.Want = "" // nothing of what depends on it
			plain, err := s.Output(starter(true))
			require.NoError(t, err)
			for range 3 { // the order of goroutines and of maps may differ
				var got string
				got, err = s.Output(starter(false))
				require.NoError(t, err)
				if changing.ReplaceAllString(got, "") == changing.ReplaceAllString(plain, "") {
					err = nil
					break
				}
				err = fmt.Errorf("optimized:\n%splain:\n%s", got, plain)
				plain, _ = s.Output(starter(true))
			}
			assert.NoError(t, err, s.Name)
			n++
		}
	}
	assert.Greater(t, n, 250)
}

// The generated programs, whose output is known, without optimizations.
func TestPlainPrograms(t *testing.T) {
	evaltest.Programs(t, starter(true), nil, "../testdata/generated")
}

// Loops and registers, where an optimization that is wrong shows.
func TestOptimizedPrograms(t *testing.T) {
	sources, err := filepath.Glob("testdata/optimize/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, sources)
	for _, file := range sources {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			source, want, found := strings.Cut(string(text), "\n// Output:\n")
			require.True(t, found)
			want = strings.ReplaceAll(want, "// ", "")
			for _, plain := range []bool{true, false} {
				out := &strings.Builder{}
				e, err := starter(plain)(out, out)
				require.NoError(t, err)
				_, err = e.Evaluate(context.Background(), eval.Cell{N: 1, Source: source})
				require.NoError(t, err)
				assert.Equal(t, strings.TrimSpace(want), strings.TrimSpace(out.String()), "plain %v", plain)
			}
		})
	}
}

// compiled returns the code of the function f that source declares.
func compiled(t *testing.T, source string) *code {
	t.Helper()
	e, err := New(eval.Vocabulary{}, Options{Stdout: io.Discard})
	require.NoError(t, err)
	_, err = e.Evaluate(context.Background(), eval.Cell{N: 1, Source: source})
	require.NoError(t, err)
	for key, instances := range e.(*evaluator).rt.functions.m {
		if f := key.Value(); f != nil && f.Name() == "f" && f.Signature().Recv() == nil {
			return instances[""].code.Load()
		}
	}
	t.Fatal("no function f")
	return nil
}

// ops are a function's operations, without what follows its first return.
func ops(c *code) []op {
	var out []op
	for _, in := range c.ins {
		if in.op != opTail {
			out = append(out, in.op)
		}
		if in.op == opRet {
			break
		}
	}
	return out
}

func TestOptimizedCode(t *testing.T) {
	for _, c := range []struct {
		name, source string
		want         []op
	}{
		{"a loop tests at its end, and its variables keep their registers",
			"func f(n int) int { s := 0; for i := 0; i < n; i++ { s += i & 7 }; return s }",
			[]op{opLdI, opLdI, opJLeS, opAndI, opAdd, opStepLtS, opRet}},
		{"a range over an integer",
			"func f(n int) int { s := 0; for i := range n { s += i }; return s }",
			[]op{opLdI, opJLtS, opLdI, opJmp, opLdI, opLdI, opAdd, opStepLtS, opRet}},
		{"an element is added where it is loaded",
			"func f(xs []float64) float64 { s := 0.0; for _, x := range xs { s += x }; return s }",
			[]op{opLdI, opLdI, opAddI, opJLeS, opSumIdxF, opStepLtS, opRet}},
		{"both variables are alive",
			"func f(n int) int { a, b := 0, 1; for i := 0; i < n; i++ { a, b = b, a+b }; return a }",
			[]op{opLdI, opLdI, opLdI, opJLeS, opAdd, opMovU, opMovU, opStepLtS, opRet}},
		{"arguments are computed where they are expected",
			"func f(n int) int { if n < 2 { return n }; return f(n-1) + f(n-2) }",
			[]op{opJGeI, opMovU, opRet}},
		{"memory is counted up in place",
			"var n int\nfunc f() { n++; n += 2 }",
			[]op{opLdP, opIncMem, opIncMem, opRet}},
		{"a comparison of floats that does not hold",
			"func f(x float64) int { if x < 1 { return 1 }; return 2 }",
			[]op{opLdK, opJNotLtF, opLdI, opRet}},
		{"a list is walked in one register",
			"type l struct{ next *l; v int }\nfunc f(p *l) int { s := 0; for ; p != nil; p = p.next { s += p.v }; return s }",
			[]op{opLdI, opJNilP, opLd64, opAdd, opLdPtr, opLoop, opJNotNil, opRet}},
	} {
		assert.Equal(t, c.want, ops(compiled(t, c.source)), c.name)
	}
}

// An interrupt ends every kind of loop.
func TestInterruptedLoops(t *testing.T) {
	for _, body := range []string{
		"for {}",
		"for i := 0; i >= 0; i++ { if i > 1000 { i = 0 } }",
		"x := 0.5\nfor x < 1 { x = x * 0.5 }",
		"n := 10\nfor i := 0; i < n; i++ { n++ }",
		"var p *int\nfor p == nil {}",
		"for i := range 1 << 62 { _ = i }",
		"again: goto again",
		"a := 1\nfor { if a == 1 { continue }; a = 2 }",
	} {
		e, err := New(eval.Vocabulary{}, Options{Stdout: io.Discard, Steps: 10_000})
		require.NoError(t, err)
		_, err = e.Evaluate(context.Background(), eval.Cell{N: 1, Source: body})
		var problem *eval.Error
		require.ErrorAs(t, err, &problem, body)
		assert.Equal(t, eval.Interrupt, problem.Kind, body)
	}
}
