package symbolfile

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"github.com/stretchr/testify/require"
)

// list lists a package of one file.
func list(t *testing.T, source string, reserved ...string) *Listing {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", source, 0)
	require.NoError(t, err)
	p, err := (&types.Config{Importer: importer.ForCompiler(fset, "source", nil)}).Check("example.org/some-module/p", fset, []*ast.File{f}, nil)
	require.NoError(t, err)
	return List(p, reserved...)
}

func TestList(t *testing.T) {
	l := list(t, `package p

const (
	Typed   int8 = 3
	Text         = "a\n"
	Big          = 1 << 80
	Third        = 1.0 / 3
	Yes          = true
	private      = 1
)

var Variable []int

func Function(x int) {}
func Generic[T any](x T) {}

type (
	Struct     struct{}
	Container[T any] struct{}
	Constraint interface{ ~int }
	Sealed     interface{ M(); m() }
	Empty      interface{}
)
`)
	require.Equal(t, []Symbol{
		{Name: "Big", Expr: "1208925819614629174706176", Kind: Untyped, Token: "INT"},
		{Name: "Empty", Expr: "p.Empty", Kind: Type},
		{Name: "_Empty", Expr: "_example_org_some_module_p_Empty", Kind: Wrapper},
		{Name: "Function", Expr: "p.Function", Kind: Function},
		{Name: "Sealed", Expr: "p.Sealed", Kind: Type},
		{Name: "Struct", Expr: "p.Struct", Kind: Type},
		{Name: "Text", Expr: `"a\n"`, Kind: Untyped, Token: "STRING"},
		{Name: "Third", Expr: l.symbol("Third").Expr, Kind: Untyped, Token: "FLOAT"},
		{Name: "Typed", Expr: "p.Typed", Kind: Constant},
		{Name: "Variable", Expr: "p.Variable", Kind: Variable},
		{Name: "Yes", Expr: "p.Yes", Kind: Constant},
	}, l.Symbols)
	require.Regexp(t, `^0\.3{150,}`, l.symbol("Third").Expr, "more digits than a float64 has")
	require.Equal(t, []string{"Constraint", "Container", "Generic"}, l.Generic)
	require.Equal(t, []string{"Sealed"}, l.Sealed)
	require.Equal(t, "import (\n \"example.org/some-module/p\"\n)\n", l.Imports())
}

func (l *Listing) symbol(name string) Symbol {
	for _, s := range l.Symbols {
		if s.Name == name {
			return s
		}
	}
	return Symbol{}
}

func TestAWrapperHasAFieldAndAMethodForEachMethod(t *testing.T) {
	l := list(t, `package p

import (
	"crypto/rand"
	"io"
	weak "math/rand"
)

var _ = rand.Reader

type Source interface {
	io.Reader
	Log(format string, args ...any)
	Weak(*weak.Rand, func(io.Writer) (int, error)) (n int, ok bool)
}
`, "html/rand")
	require.Equal(t, `
// _example_org_some_module_p_Source implements p.Source by functions.
type _example_org_some_module_p_Source struct {
IValue any
WLog func(a0 string, a1 ...any) ()
WRead func(a0 []byte) (int, error)
WWeak func(a0 *rand2.Rand, a1 func(io.Writer) (int, error)) (int, bool)
}

func (w _example_org_some_module_p_Source) Log(a0 string, a1 ...any) () { w.WLog(a0, a1...) }
func (w _example_org_some_module_p_Source) Read(a0 []byte) (int, error) { return w.WRead(a0) }
func (w _example_org_some_module_p_Source) Weak(a0 *rand2.Rand, a1 func(io.Writer) (int, error)) (int, bool) { return w.WWeak(a0, a1) }
`, string(l.Wrappers))
	require.Contains(t, l.Imports(), "rand2 \"math/rand\"\n", "a name in use is aliased")
}

func TestAPackageOfGenericNamesImportsNothing(t *testing.T) {
	l := list(t, "package p\n\nfunc F[T any]() {}\n")
	require.Empty(t, l.Symbols)
	require.Empty(t, l.Imports())
}
