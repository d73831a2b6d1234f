package exact

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// folder writes files, by name, and returns where.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	return dir
}

func importing(t *testing.T, files map[string]string) (*session, string) {
	t.Helper()
	s := newSession(t, Options{})
	dir := folder(t, files)
	require.NoError(t, s.Evaluator.(*evaluator).ImportFrom(dir))
	return s, dir
}

// module is one with a vendored dependency.
var module = map[string]string{
	"go.mod": "module example.com/shop\n\ngo 1.26\n\nrequire example.org/money v1.0.0\n",
	"shop.go": `// Package shop sells.
package shop

import (
	"fmt"
	"sync"

	"example.com/shop/internal/stock"
	"example.org/money"
)

// Opened counts.
var Opened = open()

var names []string

func init() { names = append(names, "init") }

func open() int { names = append(names, "var"); return 1 }

// Names are in the order of initialization.
func Names() []string { return names }

// A Basket holds items.
type Basket struct {
	items []item
	mu    sync.Mutex
}

type item struct {
	name  string
	price money.Cents
}

// Add puts something in.
func (b *Basket) Add(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	price, ok := stock.Price(name)
	if !ok {
		return &MissingError{name}
	}
	b.items = append(b.items, item{name, money.Cents(price)})
	return nil
}

func (b *Basket) String() string { return fmt.Sprintf("%d items for %v", len(b.items), b.Total()) }

// Total adds up.
func (b *Basket) Total() (sum money.Cents) {
	for _, i := range b.items {
		sum += i.price
	}
	return sum
}

// A MissingError is for what is not there.
type MissingError struct{ Name string }

func (e *MissingError) Error() string { return "no " + e.Name }
`,
	"shop_test.go":                         "package shop\n\nthis is no Go\n",
	"shop_windows.go":                      "package shop\n\nvar Opened = 7\n",
	"internal/stock/stock.go":              "package stock\n\nvar prices = map[string]int{\"apple\": 25, \"pear\": 150}\n\nfunc Price(name string) (int, bool) { p, ok := prices[name]; return p, ok }\n",
	"internal/stock/fast.s":                "TEXT ·Price(SB), 0, $0\n",
	"vendor/modules.txt":                   "# example.org/money v1.0.0\n## explicit; go 1.18\nexample.org/money\n",
	"vendor/example.org/money/money.go":    "package money\n\nimport \"fmt\"\n\ntype Cents int\n\nfunc (c Cents) String() string { return fmt.Sprintf(\"%d.%02d\", int(c)/100, int(c)%100) }\n\nfunc Sum[T ~int](all ...T) (sum T) {\n\tfor _, x := range all {\n\t\tsum += x\n\t}\n\treturn sum\n}\n",
	"vendor/example.org/money/closures.go": "package money\n\n// Last is what closures saw before Go 1.22.\nfunc Last() (all []int) {\n\tvar fs []func() int\n\tfor i := 0; i < 3; i++ {\n\t\tfs = append(fs, func() int { return i })\n\t}\n\tfor _, f := range fs {\n\t\tall = append(all, f())\n\t}\n\treturn all\n}\n",
	"cmd/shop/main.go":                     "package main\n\nfunc main() {}\n",
}

func TestInspectShowsTheSourceOfFolders(t *testing.T) {
	s, _ := importing(t, module)
	s.run("import \"example.com/shop\"\nvar b shop.Basket")
	for name, want := range map[string]string{
		"b.Total":           "func (b *Basket) Total() (sum money.Cents) {\n\tfor _, i := range b.items {\n\t\tsum += i.price\n\t}\n\treturn sum\n}",
		"shop.MissingError": "type MissingError struct{ Name string }",
		"shop.Opened":       "var Opened = open()",
	} {
		in, ok := s.Inspect(name, len(name))
		require.True(t, ok, name)
		require.Equal(t, want, in.Source)
		require.Empty(t, in.Unsourced)
	}
}

func TestPackagesFromSourceCode(t *testing.T) {
	s, _ := importing(t, module)
	s.run("import (\n\t\"example.com/shop\"\n\t\"example.org/money\"\n)\nvar b shop.Basket")
	require.Nil(t, s.run("b.Add(\"apple\")"), "a nil error alone is not shown")
	s.run("b.Add(\"pear\")\nfmt.Println(&b, b.Total())")
	require.Equal(t, "2 items for 1.75 1.75\n", s.out.String())
	require.Equal(t, []string{"var", "init"}, s.run("shop.Names()"))
	require.Equal(t, 1, s.run("shop.Opened"))
	require.Equal(t, "no plum", s.run("b.Add(\"plum\").Error()"))
	require.Equal(t, "plum", s.run("missing := new(shop.MissingError)\nerrors.As(b.Add(\"plum\"), &missing)\nmissing.Name"))
	require.Equal(t, 6, s.run("int(money.Sum(money.Cents(1), 2, 3))"))
	require.Equal(t, []int{3, 3, 3}, s.run("money.Last()"), "its go.mod says Go 1.18")
	require.Equal(t, []int{0, 1, 2}, s.run("var fs []func() int\nfor i := 0; i < 3; i++ { fs = append(fs, func() int { return i }) }\n[]int{fs[0](), fs[1](), fs[2]()}"))
	s.run("type Gift struct{ *shop.Basket }\ng := Gift{&b}")
	require.Equal(t, "2 items for 1.75", s.run("fmt.Sprint(g)"))
	require.Equal(t, "1.75", s.run("var wg sync.WaitGroup\ntotals := make(chan money.Cents, 1)\nwg.Go(func() { totals <- b.Total() })\nwg.Wait()\n(<-totals).String()"))
}

func TestPackagesFromSourceCodeAreFoundByName(t *testing.T) {
	s, _ := importing(t, module)
	require.Equal(t, "0.07", s.run("money.Cents(7).String()"))
}

func TestPackagesInFoldersNamedAsImportPaths(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"a vendor folder": {"example.org/pear/pear.go": "package pear\n\nfunc Colour() string { return \"green\" }\n"},
		"a workspace":     {"src/example.org/pear/pear.go": "package pear\n\nfunc Colour() string { return \"green\" }\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := importing(t, files)
			require.Equal(t, "green", s.run("import \"example.org/pear\"\npear.Colour()"))
		})
	}
}

func TestPackagesThatCannotBeImported(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		source string
		want   string
	}{
		"missing dependency": {
			map[string]string{"a.org/a/a.go": "package a\n\nimport \"b.org/b\"\n\nvar X = b.X\n"},
			"a.org/a", `could not import b.org/b (package b.org/b is not available in cells: it is not below `,
		},
		"missing": {map[string]string{"a.org/a/a.go": "package a\n"}, "a.org/b", "package a.org/b is not available in cells: it is not below "},
		"cgo alone": {
			map[string]string{"a.org/a/a.go": "package a\n\nimport \"C\"\n\nfunc F() {}\n"},
			"a.org/a", "it needs cgo (a.go), which cells do not have",
		},
		"cgo in part": {
			map[string]string{"a.org/a/a.go": "package a\n\nfunc F() { g() }\n", "a.org/a/c.go": "package a\n\nimport \"C\"\n\nfunc g() {}\n"},
			"a.org/a", "undefined: g (files that need cgo were left out: c.go)",
		},
		"assembly":         {map[string]string{"a.org/a/a.go": "package a\n\nfunc F()\n", "a.org/a/a.s": "\n"}, "a.org/a", "a.go:3:1: function F has no body in Go: assembly"},
		"a program":        {map[string]string{"a.org/a/a.go": "package main\n\nfunc main() {}\n"}, "a.org/a", "it is a program, not a package to import"},
		"embedded files":   {map[string]string{"a.org/a/a.go": "package a\n\nimport _ \"embed\"\n\n//go:embed a.txt\nvar Text string\n", "a.org/a/a.txt": "a"}, "a.org/a", "it embeds files (a.txt)"},
		"no Go":            {map[string]string{"a.org/a/a.go": "package a\n\nfunc {\n"}, "a.org/a", "a.go:3:6: expected 'IDENT'"},
		"wrong types":      {map[string]string{"a.org/a/a.go": "package a\n\nvar X int = \"\"\n"}, "a.org/a", "a.go:3:13: cannot use \"\""},
		"a cycle":          {map[string]string{"a.org/a/a.go": "package a\n\nimport _ \"b.org/b\"\n", "b.org/b/b.go": "package b\n\nimport _ \"a.org/a\"\n"}, "a.org/a", "import cycle: a.org/a imports b.org/b imports a.org/a"},
		"another platform": {map[string]string{"a.org/a/a_plan9.go": "package a\n"}, "a.org/a", "none of its files is for "},
		"two packages":     {map[string]string{"a.org/a/a.go": "package a\n", "a.org/a/b.go": "package b\n"}, "a.org/a", "found packages a (a.go) and b (b.go)"},
		"init that panics": {map[string]string{"a.org/a/a.go": "package a\n\nvar m map[string]int\n\nfunc init() { m[\"a\"] = 1 }\n"}, "a.org/a", "package a.org/a could not be initialized: assignment to entry in nil map"},
		"of one that does": {map[string]string{"a.org/a/a.go": "package a\n\nfunc init() { panic(\"no\") }\n", "b.org/b/b.go": "package b\n\nimport _ \"a.org/a\"\n"}, "b.org/b", "package a.org/a could not be initialized: no"},
		"climbing":         {map[string]string{"a.org/a/a.go": "package a\n"}, "a.org/../a.org/a", "package a.org/../a.org/a is not available in cells"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := importing(t, c.files)
			for range 2 { // it is no better the second time
				require.Contains(t, s.fails("import \""+c.source+"\"").Error(), c.want)
			}
			require.Equal(t, 2, s.run("1 + 1"))
		})
	}
	s := newSession(t, Options{})
	require.Contains(t, s.fails("import \"example.org/a\"").Message, "source code below the folders that %gopath FOLDER names")
}

func TestFoldersWithoutPackages(t *testing.T) {
	s := newSession(t, Options{})
	e := s.Evaluator.(*evaluator)
	require.ErrorContains(t, e.ImportFrom(folder(t, map[string]string{"README": "", "testdata/a.go": "package a\n", "x_test.go": "package x\n"})), "there is no Go package below ")
	require.ErrorContains(t, e.ImportFrom(folder(t, map[string]string{"go.mod": "modul x\n"})), "go.mod names no module")
	require.Error(t, e.ImportFrom("/nonexistent"))
}

// A package is of use without those of its functions that cannot be evaluated.
func TestFunctionsThatCannotBeEvaluated(t *testing.T) {
	s, _ := importing(t, map[string]string{"a.org/a/a.go": `package a

import "unsafe"

func Bytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

func Length(s string) int { return len(s) }
`})
	require.Equal(t, 3, s.run("import \"a.org/a\"\na.Length(\"abc\")"))
	e := s.fails("a.Bytes(\"abc\")")
	require.Contains(t, e.Message, "a.org/a.Bytes cannot be evaluated: ")
	require.Contains(t, e.Message, "a.go:5:")
	require.Equal(t, 4, s.run("a.Length(\"abcd\")"))
}

func TestChangedSourceCodeIsReadAgain(t *testing.T) {
	files := map[string]string{"a.org/a/a.go": "package a\n\nfunc F() int { return 1 }\n"}
	s, dir := importing(t, files)
	require.Equal(t, 1, s.run("import \"a.org/a\"\na.F()"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.org/a/a.go"), []byte("package a\n\nfunc F() int { return 2 }\n"), 0o644))
	require.Equal(t, 1, s.run("import \"a.org/a\"\na.F()"))
	require.NoError(t, s.Evaluator.(*evaluator).ImportFrom(dir))
	require.Equal(t, 2, s.run("import \"a.org/a\"\na.F()"))
}

// What is imported by a cell that is being typed harms no other.
func TestABrokenPackageEndsOnlyTheCellsThatImportIt(t *testing.T) {
	s, _ := importing(t, map[string]string{"a.org/a/a.go": "package a\n\nfunc init() { panic(\"no\") }\n\nvar X int\n"})
	source := "import \"a.org/a\"\na."
	s.Complete(source, len(source))
	require.Equal(t, 2, s.run("1 + 1"))
	require.Contains(t, s.fails("import \"a.org/a\"\na.X").Message, "could not be initialized: no")
}

func TestInterruptOfAnInitialization(t *testing.T) {
	s, dir := importing(t, map[string]string{"a.org/a/a.go": "package a\n\nvar X = 1\n\nfunc init() { for X > 0 {} }\n"})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	_, err := s.evaluate(ctx, "import \"a.org/a\"\na.X")
	var e *eval.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, eval.Interrupt, e.Kind)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.org/a/a.go"), []byte("package a\n\nvar X = 1\n"), 0o644))
	require.Equal(t, 1, s.run("import \"a.org/a\"\na.X"))
}

func TestAPackageChecksAnAddressWhereItIsTaken(t *testing.T) {
	s, _ := importing(t, map[string]string{
		"go.mod": "module example.com/p\n\ngo 1.26\n",
		"p.go":   "package p\n\nfunc Set(a []int, i int, set bool) {\n\tp := &a[i]\n\tif set {\n\t\t*p = 1\n\t}\n}\n",
	})
	s.run("import \"example.com/p\"")
	require.Contains(t, s.fails("p.Set(nil, 5, false)").Message, "index out of range [5] with length 0")
}
