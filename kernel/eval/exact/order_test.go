package exact

import (
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/evaltest"
)

// What the compiler does is written by
//
//	go run ./internal/conformance boundary -rewrite -dir kernel/eval/testdata/order
func TestCallsComeBeforeWhatTheyChangeAsCompiled(t *testing.T) {
	evaltest.Table(t, start, nil, "../testdata/order")
}

// ordered is the body of a function after its calls have been ordered.
func ordered(t *testing.T, body string) string {
	const head = "package p\n\nvar g, h int\nvar list []int\n\nfunc f(int) int\nfunc both() (int, int)\nfunc ok() bool\n\n"
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", head+"func run(n int) int {\n"+body+"\n}\n", parser.SkipObjectResolution)
	require.NoError(t, err)
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{},
	}
	config := types.Config{Error: func(error) {}}
	_, _ = config.Check("p", fset, []*ast.File{file}, info) // functions without bodies
	orderCalls([]*ast.File{file}, info)
	list := file.Decls[len(file.Decls)-1].(*ast.FuncDecl).Body.List
	var out strings.Builder
	for _, s := range list {
		require.NoError(t, format.Node(&out, token.NewFileSet(), s))
		out.WriteString("\n")
	}
	return strings.NewReplacer("ʹ", "t").Replace(strings.Join(strings.Fields(out.String()), " "))
}

func TestOrderedStatements(t *testing.T) {
	for source, want := range map[string]string{
		"return g + f(1)":                               "t1 := f(1) return g + t1",
		"return f(g) + g + f(h)":                        "t1 := f(g) t2 := f(h) return t1 + g + t2",
		"g += f(1); return f(g + f(2))":                 "g += f(1) t1 := f(2) return f(g + t1)",
		"list[g] = f(1); return 0":                      "t1 := f(1) list[g] = t1 return 0",
		"list[g], h = both(); return 0":                 "t1, t2 := both() list[g], h = t1, t2 return 0",
		"list = append(list, f(1)); return 0":           "t1 := f(1) list = append(list, t1) return 0",
		"return len(list) + g + f(1)":                   "t1 := len(list) t2 := f(1) return t1 + g + t2",
		"if n := g + f(1); n > 0 { }; return g":         "t1 := f(1) if n := g + t1; n > 0 { } return g",
		"if n++; g < f(1) { }; return g":                "n++ t1 := f(1) if g < t1 { } return g",
		"for g < f(1) { g++ }; return g":                "for { t1 := f(1) if g < t1 { } else { break } g++ } return g",
		"var b = n > 0 && g < f(1); if b { }; return 0": "t2 := n > 0 if t2 { t1 := f(1) t2 = g < t1 } var b = t2 if b { } return 0",
	} {
		require.Equal(t, want, ordered(t, source), source)
	}
}

func TestStatementsThatNeedNoOrderAreLeftAlone(t *testing.T) {
	for _, source := range []string{
		"return f(n-1) + f(n-2)", "return n * f(n-1)", "return f(1) + g", "g = f(g)", "g += f(g)", "list[0]++", "f(f(f(g)))",
		"list[n] = list[n-1]", "g, h = h, g", "g, h = both()", "x := f(1); x += f(2)", "for i := range f(g) { f(i) }",
		"if n > 0 && ok() { }", "for n < f(1) { n++ }", "s := []int{n, f(n)}; s[n] = f(n)", "n, g = f(1), f(2)", "defer f(g)", "list = append(list, g, n)",
	} {
		require.NotContains(t, ordered(t, source), "t1", source)
	}
}

func TestPositionsOfOrderedStatements(t *testing.T) {
	s := newSession(t, Options{})
	s.run("x := 1\nvar p *struct{ n int }\nf := func(n int) int {\n\tx = n\n\treturn 10 / n\n}")
	require.Equal(t, 7, s.run("x + f(5)"))
	for source, column := range map[string]int{
		"x + f(1) + f(0)": 12,
		"x + f(1) + p.n":  14,
		"[]int{x}[f(1)]":  9,
		"x + f(0)":        5,
	} {
		_, err := s.evaluate(t.Context(), "\n"+source)
		var problem *eval.Error
		require.ErrorAs(t, err, &problem, source)
		last := problem.Trace[len(problem.Trace)-1]
		require.Equal(t, 2, last.Line, source)
		require.Equal(t, column, last.Column, source)
	}
}
