package yaegi

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/evaltest/fixture/symbols"
)

// session evaluates cells and returns what they show and print.
type session struct {
	t      *testing.T
	e      eval.Evaluator
	n      int
	stdout bytes.Buffer
	stderr bytes.Buffer
}

func newTestSession(t *testing.T) *session {
	t.Helper()
	v, err := symbols.Vocabulary()
	require.NoError(t, err)
	s := &session{t: t}
	s.e, err = New(v, Options{Stdout: &s.stdout, Stderr: &s.stderr})
	require.NoError(t, err)
	return s
}

func (s *session) eval(source string) (eval.Result, *eval.Error) {
	s.n++
	r, err := s.e.Evaluate(context.Background(), eval.Cell{N: s.n, Source: source})
	if err == nil {
		return r, nil
	}
	var e *eval.Error
	require.ErrorAs(s.t, err, &e)
	return r, e
}

func (s *session) show(source string) string {
	s.t.Helper()
	r, err := s.eval(source)
	if err != nil {
		s.t.Fatalf("%s\n%v", source, err)
	}
	return strings.TrimSpace(fmt.Sprintln(r.Values...))
}

func TestVocabularyInCells(t *testing.T) {
	tests := []struct{ name, cells, want string }{
		{"a function with options", `Load(Source{Name: "a"}, Rows(4))`, "a[0 1 2 3]"},
		{"a struct literal with a map of any", `s := Source{Name: "a", Options: map[string]any{"k": 1, "m": map[string]any{"x": []int{1}}}}` + "\n---\n" + `len(s.Options)`, "2"},
		{"several results", `Source{Name: "a", Options: map[string]any{"k": 1}}.Describe()`, "a 1"},
		{"a chain of methods", `t := Load(Source{Name: "a"}, Rows(5))` + "\n---\n" + `t.Where(3).Reverse()`, "a[2 1 0]"},
		{"a method value with several results", "f := Load(Source{}).Range\n---\nf()", "0 2 true"},
		{"a function of a cell as argument", "func double(x float64) float64 { return 2 * x }\n---\nMap(Load(Source{Name: \"a\"}), double)", "a[0 2 4]"},
		{"a closure as argument", "k := 10.0\n---\nMap(Load(Source{Name: \"a\"}), func(x float64) float64 { return x + k })", "a[10 11 12]"},
		{"a type of a cell as interface", "type length struct{}\nfunc (length) Score(name string) (float64, error) { return float64(len(name)), nil }\n---\nBest(length{}, \"a\", \"ccc\", \"bb\")", "ccc <nil>"},
		{"a neighbour by import", "import \"adkernel/kernel/eval/evaltest/fixture/table\"\n---\ntable.New(\"n\", 1, 2).Reverse()", "n[2 1]"},
		{"a variable of a neighbour's type", "import \"adkernel/kernel/eval/evaltest/fixture/table\"\n---\nvar t *table.Table = Load(Source{Name: \"x\"})\n---\nt.Name", "x"},
		{"a constant", "Limit + 1", "101"},
		{"a spread argument", "names := []string{\"a\", \"b\"}\n---\nJoin(names...)", "a, b"},
		{"a user's name hides the vocabulary's", "func Join(a, b string) string { return b + a }\n---\nJoin(\"x\", \"y\")", "yx"},
		{"a user's variable hides the vocabulary's", "Limit := \"mine\"\n---\nLimit", "mine"},
		{"a slice of the vocabulary's type", "sources := []Source{{Name: \"a\"}, {Name: \"b\"}}\n---\nsources[1].Name", "b"},
		{"options in a loop", "n := 0\nfor i := range 3 { n += len(Load(Source{}, Rows(i)).Values) }\nn", "3"},
		{"embedding the vocabulary's type", "type mine struct { Source; Extra int }\n---\nm := mine{Source{Name: \"q\"}, 2}\n---\nm.Name", "q"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newTestSession(t)
			got := ""
			for _, c := range strings.Split(tt.cells, "\n---\n") {
				got = s.show(c)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestAStopOfTheVocabularyIsAFailureWithItsError(t *testing.T) {
	s := newTestSession(t)
	_, err := s.eval("x := 1\nLoad(Source{}, Rows(1000))")
	require.NotNil(t, err)
	require.Equal(t, eval.Failure, err.Kind)
	require.Equal(t, "1000 rows are more than 100", err.Message)
	require.EqualError(t, err.Cause, err.Message)
	require.Empty(t, err.Trace)
	require.Empty(t, s.stderr.String())
	require.Equal(t, "1", s.show("x"))
}
