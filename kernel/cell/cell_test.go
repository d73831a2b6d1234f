package cell

import (
	"errors"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/evaltest/fixture/symbols"
	"adkernel/kernel/eval/native"
)

// notebook checks and commits cells, which is all that a session needs to know.
type notebook struct {
	t *testing.T
	*Session
	n int
}

func newNotebook(t testing.TB) *notebook {
	v, err := symbols.Vocabulary()
	require.NoError(t, err)
	fset := token.NewFileSet()
	data := func(path string) ([]byte, error) {
		if b, ok := v.Types[path]; ok {
			return b, nil
		}
		return native.ExportData(path)
	}
	s, err := NewSession(Options{FileSet: fset, Importer: NewImporter(native.Packages, NewExportData(fset, data)), Vocabulary: v, Docs: native.Doc})
	require.NoError(t, err)
	nb := &notebook{Session: s}
	nb.t, _ = t.(*testing.T)
	return nb
}

func (nb *notebook) check(source string) (*Program, error) {
	nb.n++
	p, err := nb.Check(eval.Cell{N: nb.n, Source: source})
	if err == nil {
		nb.Commit(p)
	}
	return p, err
}

func (nb *notebook) run(cells ...string) *Program {
	nb.t.Helper()
	var last *Program
	for _, c := range cells {
		p, err := nb.check(c)
		require.NoError(nb.t, err, c)
		last = p
	}
	return last
}

func TestSplit(t *testing.T) {
	tests := []struct {
		name, source string
		want         []string
		kinds        []chunkKind
	}{
		{"statements on a line", "x := 1; y := 2", []string{"x := 1", "y := 2"}, []chunkKind{statement, statement}},
		{"a mixed cell", "import \"fmt\"\n\nfunc f() int {\n\treturn 1\n}\nf()", []string{"import \"fmt\"", "func f() int {\n\treturn 1\n}", "f()"}, []chunkKind{importDecl, funcDecl, statement}},
		{"a method and a function literal", "func (t T) m() {}\nfunc() {}()\nfunc(a int) int { return a }(1)", []string{"func (t T) m() {}", "func() {}()", "func(a int) int { return a }(1)"}, []chunkKind{methodDecl, statement, statement}},
		{"semicolons in a header", "for i := 0; i < 3; i++ { f(i) }\nx", []string{"for i := 0; i < 3; i++ { f(i) }", "x"}, nil},
		{"a slice literal in a header", "for i, s := 0, []int{1}; i < 3; i++ { f(s) }\nx", []string{"for i, s := 0, []int{1}; i < 3; i++ { f(s) }", "x"}, nil},
		{"a function literal in a header", "for f := func() int { return 1 }; f() < 3; { }\nx", []string{"for f := func() int { return 1 }; f() < 3; { }", "x"}, nil},
		{"else with an init statement", "if a := 1; a > 0 {\n} else if b := 2; b > 0 {\n} else {\n}\nx", []string{"if a := 1; a > 0 {\n} else if b := 2; b > 0 {\n} else {\n}", "x"}, nil},
		{"an index before the block", "for x := range a[i] { f(x) }; y", []string{"for x := range a[i] { f(x) }", "y"}, nil},
		{"a field of an element before the block", "if xs[0].ok {\n}\nfunc g() int { return 1 }", []string{"if xs[0].ok {\n}", "func g() int { return 1 }"}, []chunkKind{statement, funcDecl}},
		{"a field of an element of a map", "for _, v := range m[k].items {\n}\ntype T struct{ n int }", []string{"for _, v := range m[k].items {\n}", "type T struct{ n int }"}, []chunkKind{statement, typeDecl}},
		{"a switch on a field of an element", "switch xs[i].kind {\ncase 1:\n}\nconst c = 1", []string{"switch xs[i].kind {\ncase 1:\n}", "const c = 1"}, []chunkKind{statement, constDecl}},
		{"a field of what a conversion returns", "if []T(x)[0].ok {\n}\ny", []string{"if []T(x)[0].ok {\n}", "y"}, nil},
		{"a type switch", "switch x := v[0].(type) {\ncase int:\n}\ny", []string{"switch x := v[0].(type) {\ncase int:\n}", "y"}, nil},
		{"an empty header", "for {\n}\nswitch {\n}\nselect {\n}\ny", []string{"for {\n}", "switch {\n}", "select {\n}", "y"}, nil},
		{"a function literal of two results in a header", "for f := func() (int, error) { return 1, nil }; ok(f()); i++ {\n}\nx", []string{"for f := func() (int, error) { return 1, nil }; ok(f()); i++ {\n}", "x"}, nil},
		{"a function literal that returns a function in a header", "if f := func() func() []int { return nil }; f()()[0] > 1 {\n}\nx", []string{"if f := func() func() []int { return nil }; f()()[0] > 1 {\n}", "x"}, nil},
		{"a loop over a function literal", "for range func(yield func() bool) { yield() } {\n}\nx", []string{"for range func(yield func() bool) { yield() } {\n}", "x"}, nil},
		{"literals of all types that a header may have", "for a, b, c, d, e, f := []pkg.T[int]{{1}}, map[K]*pkg.V{k: {}}, [...]x.T{{}}, struct{ n int }{1}, []struct{}{}, [2][]chan<- int{}; ok; {\n}\nx", []string{"for a, b, c, d, e, f := []pkg.T[int]{{1}}, map[K]*pkg.V{k: {}}, [...]x.T{{}}, struct{ n int }{1}, []struct{}{}, [2][]chan<- int{}; ok; {\n}", "x"}, nil},
		{"a literal in parentheses", "if x := (T{1}); x.ok {\n}\ny", []string{"if x := (T{1}); x.ok {\n}", "y"}, nil},
		{"a generic call before the block", "if f[int](1) {\n}\ny", []string{"if f[int](1) {\n}", "y"}, nil},
		{"a raw string over lines", "x := `a\n;b`\ny", []string{"x := `a\n;b`", "y"}, nil},
		{"carriage returns in a raw string", "x := `a\r\n\r\nb`\r\ny", []string{"x := `a\r\n\r\nb`", "y"}, nil},
		{"a package clause", "package main\nvar x = 1", []string{"package main", "var x = 1"}, []chunkKind{packageClause, statement}},
		{"comments alone", "// nothing\n/* here */", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chunks, err := split(tt.source, 1)
			require.NoError(t, err)
			var got []string
			for i, c := range chunks {
				got = append(got, c.text)
				require.Equal(t, c.text, tt.source[c.start:c.end()])
				if tt.kinds != nil {
					require.Equal(t, tt.kinds[i], c.kind)
				}
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestErrorsAreGosWithTheCellsPositions(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"an undefined name behind another statement", "a := 1; b := a + c", "In[2]:1:18: undefined: c"},
		{"two errors, in order", "x := nope\nfunc f() int { return \"s\" }\n", "In[2]:1:6: undefined: nope\nIn[2]:2:23: cannot use \"s\" (untyped string constant) as int value in return statement"},
		{"a type of an older cell", "type T struct{ n, m int }\nvar t T = old", "In[2]:2:11: cannot use old (variable of struct type In[1].T) as T value in variable declaration"},
		{"a method of another type", "func (o other) m() {}", "In[2]:1:9: undefined: other"},
		{"a missing operand", "y := 1 +", "In[2]:1:9: unexpected end of statement"},
		{"a missing brace", "if true {\n\tx := 1", "In[2]:2:8: unexpected end of statement"},
		{"an unterminated string", "s := \"abc", "In[2]:1:6: string literal not terminated"},
		{"an unused value that is not last", "1 + 1\nold", "In[2]:1:1: 1 + 1 (untyped int constant 2) is not used"},
		{"an int that overflows as the last value", "1 << 70", "In[2]:1:1: cannot use 1 << 70 (untyped int constant 1180591620717411303424) as int value (overflows)"},
		{"a rune that overflows as the last value", "'a' << 40", "In[2]:1:1: cannot use 'a' << 40 (untyped rune constant 106652627894272) as rune value (overflows)"},
		{"a float that overflows as the last value", "1e400", "In[2]:1:1: cannot use 1e400 (untyped float constant 1e+400) as float64 value (overflows)"},
		{"a float of an integer's value that overflows as the last value", "-1e308 * 10", "In[2]:1:1: cannot use -1e308 * 10 (untyped float constant -1e+309) as float64 value (overflows)"},
		{"a complex that overflows as the last value", "1e400i + 1", "In[2]:1:1: cannot use 1e400i + 1 (untyped complex constant (1 + 1e+400i)) as complex128 value (overflows)"},
		{"an unused value in a function in the last expression", "func() { 1 + 1 }()", "In[2]:1:10: 1 + 1 (untyped int constant 2) is not used"},
		{"a late method with a wrong body", "func (t T) m() int { return \"\" }", "In[2]:1:29: cannot use \"\" (untyped string constant) as int value in return statement"},
		{"a late method declared twice", "func (t T) m() {}\nfunc (t T) m() {}", "In[2]:1:12: \tother declaration of T.m\nIn[2]:2:12: T.m redeclared in this block"},
		{"a package that does not exist", "import \"no/such\"", "In[2]:1:8: could not import no/such (package no/such is not available in cells)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			nb := newNotebook(t)
			nb.run("type T struct{ n int }\nold := T{1}")
			_, err := nb.check(tt.source)
			var e *eval.Error
			require.True(t, errors.As(err, &e), "%v", err)
			require.Equal(t, tt.want, e.Error())
		})
	}
}

func TestUnusedVariablesAndImportsAreNoErrors(t *testing.T) {
	newNotebook(t).run("import \"os\"\nfunc f() { x := 1 }\ny := 2")
}

func TestATypeDeclaredAgainWithTheSameTextStaysTheSameType(t *testing.T) {
	nb := newNotebook(t)
	source := "type In struct{ n int }\ntype Out struct{ in In }\nfunc (o Out) get() int { return o.in.n }"
	nb.run(source, "o := Out{In{1}}", source, "var again Out = o\nagain.get()")
}

func TestATypeDeclaredAgainWithAnotherTextIsAnotherType(t *testing.T) {
	nb := newNotebook(t)
	nb.run("type T struct{ a int }", "t := T{1}", "type T struct{ a, b int }")
	_, err := nb.check("var again T = t")
	require.EqualError(t, err, "In[4]:1:15: cannot use t (variable of struct type In[1].T) as In[3].T value in variable declaration")
}

func TestMethodsOfEarlierTypes(t *testing.T) {
	nb := newNotebook(t)
	nb.run("type T struct{ n int }", "t := T{1}")
	p := nb.run("func (t T) get() int { return t.n }\nt.get()")
	require.Len(t, p.Late, 1)
	require.True(t, p.late[0].added)
	method := p.Late[0].Method
	p = nb.run("func (t T) get() int { return -t.n }")
	require.False(t, p.late[0].added)
	require.Same(t, method, p.Late[0].Method)
	p = nb.run("func (t T) get() string { return \"\" }")
	require.Empty(t, p.Late, "a changed signature makes a new type")
	require.Contains(t, p.Notes[0], "T is a new type now")
}

func TestAMethodThatDidNotCheckDoesNotExist(t *testing.T) {
	nb := newNotebook(t)
	nb.run("type T struct{ n int }", "t := T{1}")
	_, err := nb.check("func (t T) get() int { return nope }")
	require.Error(t, err)
	_, err = nb.check("t.get()")
	require.ErrorContains(t, err, "t.get undefined (type In[1].T has no field or method get)")
	require.Equal(t, []string{"n"}, proposed(t, nb.Session, "t.|"))
	for _, it := range []string{"interface{ get() int }", "any"} {
		_, err = nb.check("var i " + it + " = t")
		require.Equal(t, it == "any", err == nil, it)
	}
	// Not even its signature is left.
	p := nb.run("func (t T) get() string { return \"\" }")
	require.Len(t, p.Late, 1)
	require.Empty(t, p.Notes)
	nb.run("var s string = t.get()")
}

func TestAMethodOfACellThatIsCheckedTwiceIsNew(t *testing.T) {
	nb := newNotebook(t)
	nb.run("type T struct{ n int }", "t := T{1}")
	p := nb.run("func (t T) get() string { return strings.ToUpper(\"a\") }") // with its import
	require.Len(t, p.Late, 1)
	require.True(t, p.late[0].added)
	_, err := nb.check("func (t T) other() string { return strconv.Itoa(nope) }")
	require.Error(t, err)
	_, err = nb.check("t.other()")
	require.ErrorContains(t, err, "t.other undefined")
}

func TestAnAbandonedMethodDoesNotExist(t *testing.T) {
	nb := newNotebook(t)
	nb.run("type T struct{ n int }", "t := T{1}")
	p, err := nb.Check(eval.Cell{N: 3, Source: "func (t T) get() int { return t.n }\nfunc (t T) _() {}"})
	require.NoError(t, err)
	nb.Abandon(p)
	_, err = nb.check("t.get()")
	require.ErrorContains(t, err, "t.get undefined")
	nb.run("func (t T) get() int { return t.n }\nfunc (t T) _(int) {}", "t.get()")
}

func TestAVariableSharesMemoryWithAnEarlierOneOfItsType(t *testing.T) {
	nb := newNotebook(t)
	first := nb.run("x := 1").Vars[0]
	require.Nil(t, first.Keeps)
	second := nb.run("x := x + 1").Vars[0]
	require.Same(t, first.Live, second.Keeps)
	require.Nil(t, nb.run("x := \"s\"").Vars[0].Keeps)
}

func TestAFunctionReplacesAnEarlierOneOfItsSignature(t *testing.T) {
	nb := newNotebook(t)
	function := func(p *Program) *types.Func { return p.Pkg.Scope().Lookup("f").(*types.Func) }
	first := nb.run("func f() int { return 1 }")
	second := nb.run("func f() int { return 2 }")
	require.Same(t, function(first), second.Replaces(function(second)))
	third := nb.run("func f(i int) int { return i }")
	require.Nil(t, third.Replaces(function(third)))
}

func TestWhatIsAliveFollowsEveryCell(t *testing.T) {
	nb := newNotebook(t)
	require.Empty(t, nb.Names())
	require.Empty(t, nb.Declarations())
	for _, step := range []struct {
		source, names, declarations string
	}{
		{"1 + 1", "", ""},
		{"x := 1", "x int", ""},
		{"type T struct{}", "T struct{} x int", "type T struct{}"},
		{"func (T) m() {}", "T struct{} x int", "type T struct{} | func (T) m() {}"},
		{"x := \"a\"", "T struct{} x string", "type T struct{} | func (T) m() {}"},
		{"func x() {}", "T struct{} x func()", "type T struct{} | func (T) m() {} | func x() {}"},
		{"func (T) m() { x() }", "T struct{} x func()", "type T struct{} | func x() {} | func (T) m() { x() }"},
	} {
		nb.run(step.source)
		for range 2 { // the second answer is remembered
			var names, declarations []string
			for _, name := range nb.Names() {
				names = append(names, name.Name+" "+name.Type)
			}
			for _, c := range nb.Declarations() {
				declarations = append(declarations, c.Source)
			}
			require.Equal(t, step.names, strings.Join(names, " "), step.source)
			require.Equal(t, step.declarations, strings.Join(declarations, " | "), step.source)
		}
	}
}

func TestShownExpressions(t *testing.T) {
	shown := map[string]bool{
		"1e-400": true, "'a' << 20": true, "1 << 62": true, "1e400 / 1e399": true, "1e308i": true, "true": true,
		"1 + 1": true, "x := 1": false, "fmt.Println(1)": false, "fmt.Sprint(1)": true, "func() {}()": false,
		"strings.ToUpper(\"a\")": true, "x = 2": false, "1\nfunc f() {}": false, "Load(Source{})": true, "println(1)": false,
		"x;": false, "1 + 1; // hidden": false, "strings.ToUpper(\"a\") ;\n\n/* no more */": false, "[]int{1, 2}[x];": false, "nil;": false, "\";\"": true, "x, 1": true, "x, 1;": false, "x,\n\"a\" // both": true, "x, x = 1, 2": false, "func() int { return 1 }(), map[int]struct{ a, b int }{}": true, "func() int { return 1; }()": true,
	}
	for source, want := range shown {
		nb := newNotebook(t)
		nb.run("x := 0")
		p, err := nb.check(source)
		if strings.HasPrefix(source, "1\n") {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, p.Shown != nil, source)
	}
}

func TestListsOfValuesThatAreRefused(t *testing.T) {
	refused := map[string]string{
		"y, x\nx":              "In[2]:1:1: expected 1 expression",
		"x := 1\n  x, y":       "In[2]:2:6: undefined: y",
		"1, strings.Cut(x, x)": "In[2]:1:4: multiple-value strings.Cut(x, x) (value of type (before string, after string, found bool)) in single-value context",
		"x, nil":               "In[2]:1:4: use of untyped nil in assignment to _ identifier",
		"x, func() {}()":       "In[2]:1:4: (func() literal)() (no value) used as value",
		"x, y +":               "In[2]:1:7: unexpected end of statement",
		"x, 1 << 70":           "In[2]:1:4: cannot use 1 << 70 (untyped int constant 1180591620717411303424) as int value in assignment to _ identifier (overflows)",
	}
	for source, want := range refused {
		nb := newNotebook(t)
		nb.run("x := \"\"")
		_, err := nb.check(source)
		require.EqualError(t, err, want, source)
	}
}

func TestIndentOfTheNextLine(t *testing.T) {
	nb := newNotebook(t)
	for source, want := range map[string]string{
		"if x {":          "\t",
		"if x {\n\t":      "\t",
		"if x {\n\n":      "\t",
		"if x {\n\ty(":    "\t\t",
		"if x {\n\ty()\n": "\t",
	} {
		require.Equal(t, eval.Completeness{Status: "incomplete", Indent: want}, nb.IsComplete(source), "%q", source)
	}
}

func TestDeclarationsKeepPositions(t *testing.T) {
	nb := newNotebook(t)
	nb.run("x := 1\nimport \"fmt\"; func f() {\n}\ntype T struct{}", "y := 2\n  func (t T) m() {}")
	require.Equal(t, []eval.Cell{
		{N: 1, Source: "\nimport \"fmt\"; func f() {\n}\ntype T struct{}"},
		{N: 2, Source: "\n  func (t T) m() {}"},
	}, nb.Declarations())
}

func TestNames(t *testing.T) {
	nb := newNotebook(t)
	nb.run("import \"fmt\"\nvar b = 1.5\nconst c = 2\ntype T struct{ n int }\nfunc f(t T) error { return nil }", "src := Load(Source{})")
	require.Equal(t, []eval.Name{
		{Name: "T", Kind: "type", Type: "struct{n int}", Cell: 1},
		{Name: "b", Kind: "var", Type: "float64", Cell: 1},
		{Name: "c", Kind: "const", Type: "untyped int", Cell: 1},
		{Name: "f", Kind: "func", Type: "func(t T) error", Cell: 1},
		{Name: "fmt", Kind: "package", Type: "fmt", Cell: 1},
		{Name: "src", Kind: "var", Type: "*table.Table", Cell: 2},
	}, nb.Names())
}
