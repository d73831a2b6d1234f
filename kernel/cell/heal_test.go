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
		{"an if with an assignment", "if x, ok := m[k", "if x, ok := m[k]; true {}"},
		{"an if with an assignment and a condition", "if x, ok := m[k]; ok && x", "if x, ok := m[k]; ok && x {}"},
		{"a switch with an assignment", "switch x := f(y", "switch x := f(y); {}"},
		{"a for with an assignment", "for i := 0", "for i := 0;; {}"},
		{"a for with a condition", "for i := 0; i < n", "for i := 0; i < n; {}"},
		{"a range", "for i, x := range xs", "for i, x := range xs {}"},
		{"go without a call", "go x.run\ny", "go x.run()\ny"},
		{"defer on a line with another statement", "defer x; y", "defer x(); y"},
		{"go with an open call", "go f(x", "go f(x)"},
		{"go with a function that has no body", "go func(x int", "go func(x int) {}()"},
		{"go with a function that is open", "go func() {\n\tdefer f(x", "go func() {\n\tdefer f(x)}()"},
		{"go with a function that is not called", "go func() {\n}\nx", "go func() {\n}()\nx"},
		{"go that is whole", "go func() {\n\tx\n}()\ny", "go func() {\n\tx\n}()\ny"},
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
