package cell

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHealClosesWhatWasForgotten(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"what is whole stays as it is", "for i := 0; i < 3; i++ {\n\tf(i,\n\t\t[]int{1})\n}\nx", "for i := 0; i < 3; i++ {\n\tf(i,\n\t\t[]int{1})\n}\nx"},
		{"a call costs no more than its line", "f(a, g(b\nx := 1\nx", "f(a, g(b))\nx := 1\nx"},
		{"a call that goes on", "f(a,\n\tg(b,\n", "f(a,\n\tg(b,))\n"},
		{"an index and a string", "x := m[\"a\ny", "x := m[\"a\"]\ny"},
		{"a block at the end", "func f() {\n\tif x {\n\t\ty", "func f() {\n\tif x {\n\t\ty}}"},
		{"a function before another one", "func f() {\n\tif x {\n\nfunc g() {\n}", "func f() {\n\tif x {}}\n\nfunc g() {\n}"},
		{"a method before a type", "func (t T) f() {\n\tx := g(\ntype U struct{}", "func (t T) f() {\n\tx := g()}\ntype U struct{}"},
		{"a header without its block", "if x > 1\ny := 2", "if x > 1 {}\ny := 2"},
		{"headers one within the other", "for i := range f(func() { if x", "for i := range f(func() { if x {}}) {}"},
		{"else if", "if x {\n} else if y", "if x {\n} else if y {}"},
		{"a literal in a header", "for _, x := range []T{a", "for _, x := range []T{a} {}"},
		{"a parenthesis before a brace", "f(func() { g(x })", "f(func() { g(x) })"},
		{"a literal before a parenthesis", "f(T{a: 1)\nx", "f(T{a: 1})\nx"},
		{"brackets that close nothing", "x) + 1]\ny }", "x  + 1 \ny  "},
		{"a group of imports", "import (\n\t\"fmt\"\n\t\"os\"", "import (\n\t\"fmt\"\n\t\"os\")"},
		{"a comment behind what is open", "f(x // why\ny", "f(x) // why\ny"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, heal(tt.source).text) })
	}
	h := heal("f(a\ng(b")
	require.Equal(t, "f(a)\ng(b)", h.text)
	require.Equal(t, 5, h.place(4), "of g")
}
