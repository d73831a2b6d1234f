package yaegi

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

func TestWhatYaegiWouldGetWrongIsRefusedBeforeAnythingRuns(t *testing.T) {
	tests := []struct{ name, source, why string }{
		{"functions of a loop given to a wait group", "var wg sync.WaitGroup\nfor i := range 3 { wg.Go(func() { n += i }) }", "see the last i"},
		{"errors.As with a cell's type", "type E struct{}\nfunc (e *E) Error() string { return \"\" }\nvar e *E\nerrors.As(error(e), &e)", "errors.As"},
		{"json of unexported fields", "type D struct { N string; secret int }\njson.Marshal(D{})", "unexported"},
		{"json of a nested MarshalJSON", "type M struct { N int }\nfunc (m M) MarshalJSON() ([]byte, error) { return nil, nil }\ntype D struct { M2 M }\njson.Marshal(D{})", "MarshalJSON"},
		{"a deferred closure of the same function", "func f() { add := func() { n++ }; defer add() }\nf()", "hang"},
		{"a closure called in a deferred function", "func f() { add := func() { n++ }; defer func() { add() }() }\nf()", "hang"},
		{"a return in a loop over a function", "func all(yield func(int) bool) { yield(1) }\nfunc f() int { for x := range all { return x }; return 0 }\nf()", "return or defer"},
		{"a generic function without symbols", "f := sync.OnceValue(func() int { return 1 })", "sync.OnceValue"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newTestSession(t)
			s.show("n := 1")
			_, err := s.eval("n = 2\n" + tt.source)
			require.NotNil(t, err)
			require.Equal(t, eval.Refused, err.Kind, err.Error())
			require.Contains(t, err.Message, tt.why)
			require.Greater(t, err.At[0].Line, 1)
			require.Equal(t, "1", s.show("n"))
		})
	}
}
