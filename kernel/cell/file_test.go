package cell

import (
	"go/ast"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// initialized lists the variables that the statements of a program assign, in
// order.
func initialized(p *Program) (names []string) {
	for _, st := range p.Body.Body.List {
		if as, ok := st.(*ast.AssignStmt); ok {
			for _, l := range as.Lhs {
				names = append(names, l.(*ast.Ident).Name)
			}
		}
	}
	return names
}

func TestVariablesOfAFileAreInitializedInGosOrder(t *testing.T) {
	for name, test := range map[string]struct {
		source string
		want   []string
	}{
		"through a function": {"package main\nvar b = f()\nfunc f() int { return c }\nvar c = 10", []string{"c", "b"}},
		"directly":           {"package main\nvar a = b\nvar b = 1", []string{"b", "a"}},
		"within a group":     {"package main\nvar (\n\ta, z = b, 1\n\tb int = z\n)", []string{"z", "b", "a"}},
		"of one call":        {"package main\nvar a, b = f()\nfunc f() (int, int) { return c, c }\nvar c = 1", []string{"c", "a", "b"}},
		"through a method":   {"package main\nvar a = T{}.get()\ntype T struct{}\nfunc (T) get() int { return b }\nvar b = 1", []string{"b", "a"}},
		"of no values":       {"package main\nvar a = f()\nfunc f() int { return n }\nvar n int", []string{"n", "a"}},
		"blank ones":         {"package main\nvar _ = f()\nfunc f() int { return n }\nvar n = 1", []string{"n", "_"}},
		"else as written":    {"package main\nvar b = 1\nvar a = 2", []string{"b", "a"}},
		"of no file":         {"var b = f()\nfunc f() int { return c }\nvar c = 10", []string{"c", "b"}},
		"in a group":         {"var (\n\ta = b\n\tb = 1\n)", []string{"b", "a"}},
		"with statements":    {"package main\nvar b = f()\nfunc f() int { return c }\nvar c = 10\nc++", []string{"c", "b"}},
		"before statements":  {"var b = f()\nfunc f() int { return c }\nvar c = 10\nc++\nvar d = b\nd", []string{"c", "b", "d"}},
		"after statements":   {"b := 0\nvar a = f()\nfunc f() int { return c }\nvar c = 10", []string{"b", "a", "c"}},
		"without an order":   {"var m = map[string]func(){}\nfunc f() { _ = len(t) }\nvar t = map[int]func(){1: f}\n", []string{"m", "t"}},
	} {
		t.Run(name, func(t *testing.T) {
			nb := newNotebook(t)
			require.Equal(t, test.want, initialized(nb.run(test.source)))
			require.Equal(t, test.want, initialized(nb.run(test.source)), "again, with all names alive")
		})
	}
}

func TestVariablesOfACellComeBeforeThoseOfEarlierCells(t *testing.T) {
	nb := newNotebook(t)
	nb.run("b := 5")
	p := nb.run("var a = b + 1\nvar b = 2")
	require.Equal(t, []string{"b", "a"}, initialized(p))
	require.Equal(t, []string{"b is the variable that this cell declares in line 2, not that of In[1]: var declarations before the first statement are initialized as in a file of Go"}, p.Notes)
	require.Empty(t, nb.run("var a = b + 1\nvar b = 3").Notes, "the cell again")
	p = nb.run("var b = b + 1\nvar c = b")
	require.Equal(t, []string{"b", "c"}, initialized(p))
	require.Empty(t, p.Notes)
	require.Equal(t, []string{"b"}, p.Uses)
}

func TestErrorsInVariablesOfAFileHaveTheirPlaces(t *testing.T) {
	for source, want := range map[string]string{
		"package main\nvar a = f()\nfunc f() int { return a }":             "In[1]:2:5: initialization cycle for a",
		"package main\nvar (\n\ta = b; c string = 1\n\tb = 2\n)":           "In[1]:3:20: cannot use 1 (untyped int constant) as string value in variable declaration",
		"package main; var a, b = nope,\n  missing":                        "In[1]:1:26: undefined: nope\nIn[1]:2:3: undefined: missing",
		"package main\nvar é, b = \"ü\", nope":                             "In[1]:2:19: undefined: nope",
		"package main\nvar a = b\nvar b int = \"text\"\nfunc main() { a }": "In[1]:3:13: cannot use \"text\" (untyped string constant) as int value in variable declaration\nIn[1]:4:15: a (variable of type int) is not used",
	} {
		_, err := newNotebook(t).check(source)
		require.EqualError(t, err, want, source)
	}
}

func TestDirectivesOfTheToolchainAreRefused(t *testing.T) {
	for source, place := range map[string]string{
		"import _ \"embed\"\n//go:embed x.txt\nvar s string":                 "In[1]:2:1: //go:embed",
		"func f() {}\n\n  //go:linkname f runtime.f\n":                       "In[1]:3:3: //go:linkname",
		"//go:embed\tx.txt\nvar s string":                                    "In[1]:1:1: //go:embed",
		"s := `\n//go:embed x.txt\n`":                                        "",
		"// see //go:embed x.txt\n//go:embedded\n//go:noinline\nfunc f() {}": "",
	} {
		_, err := newNotebook(t).check(source)
		if place == "" {
			require.NoError(t, err, source)
			continue
		}
		var e *eval.Error
		require.ErrorAs(t, err, &e, source)
		require.Equal(t, eval.Refused, e.Kind)
		require.ErrorContains(t, err, place+" is not available in cells")
	}
}

func TestImportsOfNamesStay(t *testing.T) {
	nb := newNotebook(t)
	nb.run("Count := 1\nimport . \"strings\"\nx := ToUpper(\"a\")") // a name of the vocabulary, and of strings
	p := nb.run("y := ToLower(Repeat(x, 3))")
	require.Equal(t, []string{".", "x"}, p.Uses)
	require.Equal(t, []string{"."}, nb.run("import . \"math\"").Defines)
	nb.run("var f float64 = Sqrt(Pi)", "func g() (string, float64) { return ToUpper(x), Sqrt(4) }", "import . \"strings\"\nToUpper(x)")
	require.Contains(t, proposed(t, nb.Session, "Sq|"), "Sqrt")

	nb.run("Sqrt := 2", "var i int = Sqrt", "import . \"math\"", "var f float64 = Sqrt(2)")
	require.Contains(t, nb.Declarations(), eval.Cell{N: 9, Source: "import . \"math\""})
}

func TestImportedNamesComeBeforeTheVocabularys(t *testing.T) {
	nb := newNotebook(t)
	require.NotNil(t, nb.dot.Scope().Lookup("Source"))
	_, err := nb.check("import . \"math\"\nMax := Max(1, 2)")
	require.NoError(t, err)
	nb.run("import . \"math/rand\"\nvar s Source = NewSource(1)", "var again Source = s")
}

func TestTypesAreMadeOfEarlierTypes(t *testing.T) {
	nb := newNotebook(t)
	nb.run("type T struct{ n int }\ntype I interface{ get() int }", "func (t T) get() int { return t.n }")
	nb.run("type U T", "u := U(T{1})", "type V = T", "V{1}.get()", "type J I\nvar j J = T{}", "type S Source", "type A = Source\nvar a A = Source{}")
	for source, want := range map[string]string{
		"func (s Source) get() int { return 1 }":         "In[%]:1:9: cannot define new methods on non-local type fixture.Source",
		"type B = T\nfunc (b B) more() int { return 1 }": "In[%]:2:9: cannot define new methods on non-local type B",
	} {
		_, err := nb.check(source)
		require.EqualError(t, err, strings.ReplaceAll(want, "%", strconv.Itoa(nb.n)))
	}
	require.Contains(t, proposed(t, nb.Session, "type W T\nfunc f(w W) { w.|"), "n")
	require.Contains(t, proposed(t, nb.Session, "type W = T\nfunc f(w W) { w.|"), "get")
	require.Contains(t, proposed(t, nb.Session, "func (s Source) get() { s.|"), "Name")
}

func TestWhoKeepsAnOlderTypeIsNamed(t *testing.T) {
	for name, test := range map[string]struct {
		cells []string
		want  []string
	}{
		"variables": {
			[]string{"type T struct{ a int }", "t, n := T{}, 1\nvar m map[string][]*T\nvar f func(T)", "type T struct{ a, b int }"},
			[]string{"T is a new type now: f, m and t keep the old one"},
		},
		"many": {
			[]string{"type T int", "var a, b, c, d, e, f, g T", "type T int64"},
			[]string{"T is a new type now: a, b, c, d, e and 2 more keep the old one"},
		},
		"functions and types": {
			[]string{"type T struct{ a int }", "func f(t T) {}\nfunc g() any { return T{1} }\ntype W struct{ T }", "type T struct{ a, b int }"},
			[]string{
				"f (In[2]) still uses the older T; define it again to change that",
				"g (In[2]) does not compile with the new T and still uses the older one; define it again: In[2]:2:26: too few values in struct literal of type In[3].T",
				"T is a new type now: W keeps the old one",
			},
		},
		"methods": {
			[]string{"type T struct{ a int }\nfunc (t T) one() {}", "func (t *T) two() {}", "type T struct{ a, b int }\nfunc (t T) one() {}"},
			[]string{"T.two (In[2]) is a method of the older T; define it again to have it with the new one"},
		},
		"generic": {
			[]string{"type T[A any] struct{ a A }", "var t T[int]\nvar u T[string]", "type T[A any] struct{ a, b A }"},
			[]string{"T is a new type now: t and u keep the old one"},
		},
		"arguments": {
			[]string{"type T int\ntype L[A any] []A", "var l L[T]", "type T string"},
			[]string{"T is a new type now: l keeps the old one"},
		},
		"nobody":       {[]string{"type T int", "type T string"}, nil},
		"the same":     {[]string{"type T int", "var t T", "type T int"}, nil},
		"in the cell":  {[]string{"type T int\nt := T(1)\nfunc f(T) {}", "type T int64\nt := T(1)\nfunc f(T) {}"}, nil},
		"another type": {[]string{"type T int", "type U T\nvar u U", "type U string"}, []string{"U is a new type now: u keeps the old one"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, newNotebook(t).run(test.cells...).Notes)
		})
	}
}
