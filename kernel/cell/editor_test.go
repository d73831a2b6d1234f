package cell

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

func TestIsComplete(t *testing.T) {
	tests := []struct{ source, status, indent string }{
		{"x := 1", "complete", ""},
		{"", "complete", ""},
		{"// a comment", "complete", ""},
		{"func f() {", "incomplete", "\t"},
		{"func f() {\n\tif x {", "incomplete", "\t\t"},
		{"func f() {\n\tx := 1\n", "incomplete", "\t"},
		{"f(1,\n  2,", "incomplete", "  "},
		{"x := 1 +", "incomplete", ""},
		{"x :=", "incomplete", ""},
		{"s := `abc", "incomplete", ""},
		{"/* abc", "incomplete", ""},
		{"x := )", "invalid", ""},
		{"x := 1 1", "invalid", ""},
		{"s := \"abc", "invalid", ""},
		{"a := 1\nfor {\n}\nb", "complete", ""},
		{"if xs[0].ok {\n}\nfunc g() int { return 1 }", "complete", ""},
	}
	s := newNotebook(t)
	for _, tt := range tests {
		require.Equal(t, eval.Completeness{Status: tt.status, Indent: tt.indent}, s.IsComplete(tt.source), "%q", tt.source)
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"x := 1\nx", "func f() {", "for i := range []int{1} { }", "import \"fmt\"\nfmt.Pr", "type T[P any] struct{ p P }\nT[int]{}.", "switch x := y.(type) {", "a:\nb:", "//line x:1\ny", "\x00", "Source{Name:", "func (t T) m() {}", "T{le", "build(\"", "import \"", "if t.", "\xff\"é", "`", "switch v := any(t).(type) { case ", "mapOf[", "go t.", "x := 1.", "stack.items[0].", "Load(Source{}, ", "0\x81\n0", "x := `a\r\nb`\r\nx"} {
		f.Add(s, len(s))
	}
	nb := newEveryday(f)
	f.Fuzz(func(t *testing.T, source string, at int) {
		chunks, err := split(source, 1)
		end := 0
		for _, c := range chunks {
			require.Equal(t, c.text, source[c.start:c.end()])
			require.LessOrEqual(t, end, c.start)
			end = c.end()
		}
		if err == nil {
			nb.IsComplete(source)
		}
		requireWellFormed(t, source, at, nb.Complete(source, at))
		if in, ok := nb.Inspect(source, at); ok {
			require.NotEmpty(t, in.Signature)
			require.NotContains(t, in.Signature, mark)
		}
		if p, err := nb.Check(eval.Cell{N: 1, Source: source}); err == nil {
			require.NotNil(t, p.Body)
		}
	})
}
