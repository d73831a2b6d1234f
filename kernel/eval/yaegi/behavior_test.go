package yaegi

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

func TestErrorsOfCells(t *testing.T) {
	tests := []struct {
		name, source string
		kind         eval.Kind
		message      string
		line, column int // of the first diagnostic or of the cell's frame
	}{
		{"a syntax error", "a := 1\nb := (2 +", eval.Syntax, "", 2, 10},
		{"an undefined name", "x := 1\ny := x + nothing", eval.Check, "undefined: nothing", 2, 10},
		{"a type error in a function", "import \"fmt\"\n\nfunc f() int {\n\treturn \"s\"\n}", eval.Check, `cannot use "s" (untyped string constant) as int value in return statement`, 4, 9},
		{"an index out of range", "a := []int{1}\n\na[5]", eval.Panic, "runtime error: index out of range", 3, 1},
		{"a nil pointer", "var p *int\n*p = 2", eval.Panic, "runtime error: invalid memory address or nil pointer dereference", 2, 1},
		{"a panic in a function", "func f() {\n\tpanic(\"no\")\n}\n\nf()", eval.Panic, "no", 5, 1},
		{"os.Exit", "os.Exit(3)", eval.Exit, "exit status 3", 0, 0},
		{"log.Fatal", "log.Fatal(\"x\")", eval.Exit, "exit status 1", 0, 0},
		{"a package without symbols", "import \"unique\"\nunique.Make(1)", eval.Refused, "package unique is not available to yaegi", 1, 1},
		{"a constant that overflows", "1 << 70", eval.Check, "", 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newTestSession(t)
			_, err := s.eval(tt.source)
			require.NotNil(t, err)
			require.Equal(t, tt.kind, err.Kind, err.Error())
			require.Contains(t, err.Message, tt.message)
			switch {
			case tt.kind == eval.Panic:
				require.NotEmpty(t, err.Trace)
				last := err.Trace[len(err.Trace)-1]
				require.Equal(t, eval.Frame{Cell: 1, Line: tt.line, Column: tt.column}, last)
			case tt.line > 0:
				require.Equal(t, []int{1, tt.line, tt.column}, []int{err.At[0].Cell, err.At[0].Line, err.At[0].Column}, err.Error())
			}
			require.Equal(t, "2", s.show("1 + 1"))
		})
	}
}

func TestNothingOfACellThatDoesNotCompileRuns(t *testing.T) {
	s := newTestSession(t)
	s.show("x := 1")
	_, err := s.eval("x = 2\ny := nothing")
	require.Equal(t, eval.Check, err.Kind)
	require.Equal(t, "1", s.show("x"))
}

func TestWhatRanBeforeAPanicStays(t *testing.T) {
	s := newTestSession(t)
	s.show("x := 1")
	_, err := s.eval("x = 2\nvar p *int\n*p = 1\nx = 3")
	require.Equal(t, eval.Panic, err.Kind)
	require.Equal(t, "2", s.show("x"))
}

func TestDefinesAndUsesOfCells(t *testing.T) {
	s := newTestSession(t)
	r, _ := s.eval("type T struct{ n int }\na, b := 1, T{2}\nfunc f() int { return a }")
	require.Equal(t, []string{"T", "a", "b", "f"}, r.Defines)
	require.Empty(t, r.Uses)
	r, _ = s.eval("c := f() + b.n + len(strings.ToUpper(\"x\"))")
	require.Equal(t, []string{"c", "strings"}, r.Defines)
	require.Equal(t, []string{"b", "f"}, r.Uses)
	require.Equal(t, []string{`imported "strings"`}, r.Notes)
}

func TestAnInterruptedCellEndsAndClosuresMadeEarlierStillWork(t *testing.T) {
	for _, source := range []string{"for { n++ }", "select {}", "<-make(chan int)", "time.Sleep(time.Hour)", "for range forever { }"} {
		t.Run(source, func(t *testing.T) {
			s := newTestSession(t)
			s.show("n := 0\nadd := func(i int) int { n += i; return i * 2 }\nforever := make(chan int)")
			s.show("import \"time\"\ndouble := func(i int) int { return i * 2 }")
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(5*time.Millisecond, cancel)
			_, err := s.e.Evaluate(ctx, eval.Cell{N: 10, Source: source})
			var e *eval.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, eval.Interrupt, e.Kind)
			require.Equal(t, "8 6", s.show("pair := func() (int, int) { return add(4), double(3) }\npair()"))
		})
	}
}

func TestNoStatementRunsAfterASleepThatIsInterrupted(t *testing.T) {
	for range 20 {
		s := newTestSession(t)
		s.show("import \"time\"\nn := 0")
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Millisecond, cancel)
		_, err := s.e.Evaluate(ctx, eval.Cell{N: 10, Source: "time.Sleep(time.Hour)\nn = 1"})
		var e *eval.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, eval.Interrupt, e.Kind)
		require.Equal(t, "0", s.show("n"))
	}
}

func TestAStopAfterAnInterruptIsTheInterrupt(t *testing.T) {
	s := newTestSession(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := s.e.Evaluate(ctx, eval.Cell{N: 1, Source: "1"})
	var e *eval.Error
	require.True(t, errors.As(err, &e) && e.Kind == eval.Interrupt)
}

func TestAPanicInAGoroutineIsReportedAndNotFatal(t *testing.T) {
	s := newTestSession(t)
	s.show("done := make(chan bool)")
	s.show("func work(m string, rest ...int) { defer close(done); panic(m) }")
	s.show("go work(\"boom\", 1, 2)\n<-done")
	s.show("import \"time\"\ntime.Sleep(10 * time.Millisecond)")
	require.Contains(t, s.stderr.String(), "panic in a goroutine: boom")
	require.Equal(t, "2", s.show("1 + 1"))
}

func TestValuesOfLiveVariables(t *testing.T) {
	s := newTestSession(t)
	s.show("x := 41\nsrc := Source{Name: \"a\"}")
	s.show("x++")
	v, ok := s.e.Value("x")
	require.True(t, ok)
	require.Equal(t, 42, v.Interface())
	v, ok = s.e.Value("src")
	require.True(t, ok)
	require.Equal(t, "a", v.FieldByName("Name").String())
	_, ok = s.e.Value("nothing")
	require.False(t, ok)
}

func TestDeclarationsRebuildASession(t *testing.T) {
	s := newTestSession(t)
	s.show("import \"strings\"\nx := 1\ntype T struct{ n int }\nconst k = 3")
	s.show("y := 2; func f(t T) string { return strings.Repeat(\"a\", t.n*k) }")
	s.show("func (t T) twice() int { return 2 * t.n }")
	s.show("func g() int { return 1 }")
	s.show("func g() int { return 2 }")
	again := newTestSession(t)
	for _, c := range s.e.(eval.Replayer).Declarations() {
		_, err := again.e.Evaluate(context.Background(), c)
		require.NoError(t, err, c.Source)
	}
	again.n = 10
	require.Equal(t, "aaa", again.show("f(T{1})"))
	require.Equal(t, "4 2", again.show("pair := func() (int, int) { return T{2}.twice(), g() }\npair()"))
	_, err := again.eval("x")
	require.Equal(t, "undefined: x", err.Message)
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		e, err := New(eval.Vocabulary{}, Options{})
		require.NoError(b, err)
		require.NoError(b, e.Close())
	}
}

func BenchmarkOnePlusOne(b *testing.B) {
	e, err := New(eval.Vocabulary{}, Options{})
	require.NoError(b, err)
	n := 0
	for b.Loop() {
		n++
		_, err := e.Evaluate(context.Background(), eval.Cell{N: n, Source: "1 + 1"})
		require.NoError(b, err)
	}
}

func BenchmarkFirstCell(b *testing.B) {
	for b.Loop() {
		e, err := New(eval.Vocabulary{}, Options{})
		require.NoError(b, err)
		_, err = e.Evaluate(context.Background(), eval.Cell{N: 1, Source: "import \"fmt\"\nfmt.Sprint(1 + 1)"})
		require.NoError(b, err)
	}
}
