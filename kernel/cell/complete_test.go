package cell

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// cursor takes the | out of a source and says where it was.
func cursor(source string) (string, int) {
	i := strings.IndexByte(source, '|')
	return source[:i] + source[i+1:], i
}

// proposed returns the texts of what is proposed at the | of a source.
func proposed(t testing.TB, s *Session, marked string) []string {
	source, at := cursor(marked)
	c := s.Complete(source, at)
	requireWellFormed(t, source, at, c)
	var got []string
	for _, item := range c.Items {
		got = append(got, item.Text)
	}
	return got
}

// requireWellFormed says what holds of every completion.
func requireWellFormed(t testing.TB, source string, at int, c eval.Completion) {
	require.LessOrEqual(t, 0, c.Start)
	require.LessOrEqual(t, c.Start, c.End)
	require.LessOrEqual(t, c.End, len(source))
	require.Equal(t, onRune(source, at), c.End)
	if !utf8.ValidString(source) {
		return // no front end sends it
	}
	for _, at := range []int{c.Start, c.End} {
		require.True(t, at == len(source) || utf8.RuneStart(source[at]), "%d is within a rune of %q", at, source)
	}
	seen := map[string]bool{}
	for _, item := range c.Items {
		require.NotEmpty(t, item.Text)
		require.True(t, utf8.ValidString(item.Text))
		require.True(t, strings.HasPrefix(item.Text, source[c.Start:c.End]), "%q does not go on from %q", item.Text, source[c.Start:c.End])
		require.NotContains(t, item.Text, mark)
		require.NotContains(t, item.Text, "\n")
		require.NotEmpty(t, item.Kind)
		require.False(t, seen[item.Text], "%q twice", item.Text)
		seen[item.Text] = true
	}
}

const everyday = `import "strings"
type Base struct { ID int }
func (b *Base) Save() {}
type Level int
const (
	Low Level = iota
	High
)
const Most = 9
type T struct {
	Base
	n int
	name string // of a person
	level Level
	next *T
	parts []T
	byName map[string]*T
	done func(error) bool
}
func (t T) get() int { return t.n }
func build(name string, level Level, more ...string) T { return T{name: name} }
func pair() (int, error) { return 0, nil }
type Stack[E any] struct { items []E }
func (s *Stack[E]) Push(e E) {}
func mapOf[K comparable, V any](keys []K, f func(K) V) map[K]V { return nil }`

func newEveryday(t testing.TB) *notebook {
	nb := newNotebook(t)
	for _, c := range []string{everyday, "x := 1\nt := T{}\nlist := []T{}\nbyName := map[string]T{}\nlevel := Low\nstack := Stack[T]{}\nerrs := make(chan error)"} {
		_, err := nb.check(c)
		require.NoError(t, err)
	}
	return nb
}

func TestComplete(t *testing.T) {
	tests := []struct {
		name, source string
		first        []string // proposed first, in this order
		want         []string // all of these are proposed
		not          []string // none of these is
	}{
		{name: "members of a variable", source: "t.|", want: []string{"n", "name", "get", "Base", "ID", "Save"}, not: []string{"x", "func"}},
		{name: "members by prefix", source: "t.na|", first: []string{"name"}, not: []string{"n", "get"}},
		{name: "members in the midst of a name", source: "t.na|xyz + 1", first: []string{"name"}},
		{name: "members of a package", source: "strings.Sp|", want: []string{"Split", "SplitN"}, not: []string{"ToUpper"}},
		{name: "members of a package not imported yet", source: "math.Sq|", first: []string{"Sqrt"}},
		{name: "members of all packages of a name", source: "rand.|", want: []string{"N", "Int63", "Reader"}},
		{name: "members of the one that has what is taken", source: "rand.N(3); rand.|", want: []string{"IntN"}, not: []string{"Int63", "Reader"}},
		{name: "names of a package whose names the cell imports", source: "import . \"strings\"\nvar ToAll int\nTo|", first: []string{"ToAll"}, want: []string{"ToUpper"}},
		{name: "types of a package whose names the cell imports", source: "import . \"strings\"\nfunc(b *Bu|", want: []string{"Builder"}},
		{name: "in a list of values", source: "src := Source{Name: \"a\"}\n1, src.|", want: []string{"Describe", "Options"}},
		{name: "a name in a list of values", source: "sorted := 1\n\"a\", so|", want: []string{"sorted"}},
		{name: "members in an open call", source: "foo(t.|", want: []string{"name"}},
		{name: "members of an element", source: "list[0].|", want: []string{"name", "Save"}},
		{name: "members of a map's element, which has no address", source: "byName[\"a\"].|", want: []string{"name", "get"}, not: []string{"Save"}},
		{name: "members of a map's value in a loop", source: "for _, m := range byName { m.|", want: []string{"name"}},
		{name: "members of a result", source: "Load(Source{}).|", want: []string{"Where", "Reverse", "Range", "Name"}},
		{name: "members of a conversion and a parenthesis", source: "(*T)(nil).|", want: []string{"name", "Save"}},
		{name: "members of a variable of this cell", source: "src := Source{Name: \"a\"}\nsrc.|", want: []string{"Describe", "Options"}},
		{name: "members of a generic type's instance", source: "stack.|", want: []string{"items", "Push"}},
		{name: "members of an element of a generic type", source: "stack.items[0].|", want: []string{"name"}},
		{name: "methods of a type parameter", source: "import \"fmt\"\nfunc show[S fmt.Stringer](s S) { s.|", first: []string{"String"}},
		{name: "method expressions", source: "T.|", want: []string{"get"}, not: []string{"name", "Save"}},
		{name: "members of the error", source: "_, err := pair()\nerr.|", first: []string{"Error"}},
		{name: "nothing of two results", source: "pair().|", not: []string{"Error", "x"}},

		{name: "members in an if without its block", source: "if t.|", want: []string{"name"}},
		{name: "members in an if that goes on", source: "if t.| {\n}", want: []string{"name"}},
		{name: "members in an if after a statement", source: "if u := t; u.|", want: []string{"name"}},
		{name: "members in a range", source: "for i := range t.|\nx := 2", want: []string{"parts"}},
		{name: "members in a switch", source: "switch t.|", want: []string{"level"}},
		{name: "members in a case", source: "switch {\ncase t.|\n}", want: []string{"level"}},
		{name: "members behind go", source: "go t.|", want: []string{"get"}},
		{name: "members behind defer, in a block", source: "func f() {\n\tdefer t.|\n}", want: []string{"get"}},
		{name: "members in a function literal in a call", source: "run(func() {\n\tu := t\n\tu.|\n})", want: []string{"name"}},
		{name: "members in a function literal that is open", source: "run(func(u T) error {\n\treturn u.|", want: []string{"name"}},
		{name: "members before another statement", source: "func f() {\n\tt.|\n\tx := 1\n\t_ = x\n}", want: []string{"name"}},
		{name: "members after an assignment", source: "y := t.|\nz := 2", want: []string{"name"}},
		{name: "members behind a syntax error", source: "a := := 3\nt.|", want: []string{"name"}},
		{name: "members behind an open call", source: "f(x\nu := t\nu.|", want: []string{"name"}},
		{name: "members behind an open function", source: "func f() {\n\tif x > 1 {\n\nfunc g(u T) { u.| }", want: []string{"name"}},
		{name: "members before an open function", source: "t.|\nfunc f() {", want: []string{"name"}},
		{name: "members in a late method", source: "func (t T) more() { t.|", want: []string{"name", "get"}},
		{name: "variables of the cell in its functions", source: "u := t\nfunc f() { u.| }", want: []string{"name"}},
		{name: "types declared below", source: "var u Later\nu.|\ntype Later struct { field int }", first: []string{"field"}},
		{name: "members in generic brackets", source: "mapOf[strings.|", want: []string{"Builder"}},
		{name: "members with emoji before", source: "s := \"🙂🙂\" /* 😀 */; t.na|", first: []string{"name"}},
		{name: "members behind an indexed call", source: "build(\"a\", Low).parts[0].next.|", want: []string{"name"}},
		{name: "members over lines", source: "strings.NewReplacer().\n\tRep|", first: []string{"Replace"}},

		{name: "fields in a literal", source: "Source{|", first: []string{"Name: ", "Options: ", "Tags: "}, not: []string{"x", "int"}},
		{name: "fields of an older cell's type", source: "u := T{|}", first: []string{"Base: ", "n: ", "name: ", "level: ", "next: ", "parts: ", "byName: ", "done: "}},
		{name: "fields that are not set yet", source: "Source{Name: \"a\", |", first: []string{"Options: ", "Tags: "}, not: []string{"Name", "Name: "}},
		{name: "fields that are not set below either", source: "Source{\n\tName: \"a\",\n\t|\n\tTags: nil,\n}", first: []string{"Options: "}, not: []string{"Name: ", "Tags: "}},
		{name: "fields behind a line without its comma", source: "Source{\n\tName: \"a\"\n\tOp|", first: []string{"Options: "}},
		{name: "a field that has its colon", source: "Source{Na|: 1}", first: []string{"Name"}},
		{name: "fields of the elements of a slice", source: "[]Source{{N|", first: []string{"Name: "}},
		{name: "fields of the elements of a slice of pointers", source: "[]*T{{na|}}", first: []string{"name: "}},
		{name: "fields of the values of a map", source: "map[string]T{\"a\": {na|", first: []string{"name: "}},
		{name: "fields behind an address", source: "u := &T{na|", first: []string{"name: "}},
		{name: "fields of a nested literal", source: "u := T{next: &T{na|", first: []string{"name: "}},
		{name: "fields of a nested literal without its type", source: "u := T{parts: []T{{name: \"a\"}, {le|", first: []string{"level: "}},
		{name: "fields in a call's argument", source: "Load(Source{Na|", first: []string{"Name: "}},
		{name: "fields of a generic type", source: "Stack[int]{|", first: []string{"items: "}},
		{name: "no names of fields between values", source: "T{t.Base, |}", not: []string{"name: "}},

		{name: "values of a field", source: "T{level: |", first: []string{"High", "Low", "level"}},
		{name: "values of a field, typed", source: "T{level: H|}", first: []string{"High"}},
		{name: "values of a pointer field", source: "T{next: |", want: []string{"nil", "t"}},
		{name: "values behind an address", source: "T{next: &|}", first: []string{"t"}},
		{name: "constants of a package's type", source: "import \"time\"\nvar d time.Duration = |", want: []string{"time.Second"}},
		{name: "constants of a package's type, typed", source: "import \"time\"\nvar d time.Duration = time.S|", first: []string{"Second"}},
		{name: "arguments", source: "build(\"a\", |", first: []string{"High", "Low", "level"}},
		{name: "arguments that are variadic", source: "name := \"n\"\nbuild(\"a\", Low, \"b\", |)", first: []string{"name"}},
		{name: "options", source: "Load(Source{}, |)", first: []string{"Rows"}},
		{name: "what an interface takes", source: "type byLength struct{}\nfunc (byLength) Score(s string) (float64, error) { return 0, nil }\nBest(|)", first: []string{"byLength"}},
		{name: "operands", source: "if level == |", first: []string{"High", "Low", "level"}},
		{name: "cases", source: "switch level {\ncase |", first: []string{"High", "Low", "level"}},
		{name: "what is returned", source: "func f() Level { return |", first: []string{"High", "Low", "level"}},
		{name: "what is assigned", source: "level = |", first: []string{"High", "Low", "level"}},
		{name: "what is sent", source: "err := pair2()\nerrs <- |", want: []string{"nil"}},
		{name: "keys of a map", source: "s := \"a\"\nbyName[|]", first: []string{"s"}},
		{name: "truth values", source: "var b bool = |", first: []string{"false", "true"}},

		{name: "types of a variable", source: "var u S|", want: []string{"Source", "Stack"}, not: []string{"Separator"}},
		{name: "types of a parameter", source: "func f(u S|", want: []string{"Source", "Stack"}, not: []string{"Separator"}},
		{name: "types of a slice", source: "[]S|", want: []string{"Source"}, not: []string{"Separator"}},
		{name: "types in generic brackets", source: "mapOf[S|", want: []string{"Source"}, not: []string{"Separator"}},
		{name: "types of an assertion", source: "any(t).(S|", want: []string{"Source"}, not: []string{"Separator"}},
		{name: "types of a type switch", source: "switch v := any(t).(type) {\ncase S|", want: []string{"Source"}, not: []string{"Separator"}},
		{name: "types that are made", source: "make(ch|", first: []string{"chan"}},
		{name: "packages of types", source: "var b byt|", want: []string{"byte", "bytes"}},

		{name: "names of the vocabulary", source: "Lo|", want: []string{"Load", "Low"}},
		{name: "live names", source: "li|", first: []string{"list"}},
		{name: "nearer names first", source: "letter := 1\nl|", first: []string{"letter", "level", "list", "len"}},
		{name: "local names", source: "func f(local int) { if true { lo|", first: []string{"local"}},
		{name: "names of a loop", source: "for i, item := range list { it|", first: []string{"item"}},
		{name: "names of this cell, not later ones", source: "first := 1\nfi|\nfinal := 2", want: []string{"first"}, not: []string{"final"}},
		{name: "keywords", source: "ret|", first: []string{"return"}},
		{name: "else", source: "if x > 1 {\n} el|", first: []string{"else"}},
		{name: "case", source: "switch x {\n\tca|\n}", want: []string{"case"}},
		{name: "another case", source: "switch x {\ncase 1:\n\tf()\nde|", want: []string{"default"}},
		{name: "range", source: "for i := ra|", want: []string{"range"}},
		{name: "the switch of types", source: "switch v := any(t).(ty|", first: []string{"type"}},
		{name: "labels", source: "outer:\nfor {\n\tfor {\n\t\tbreak o|\n\t}\n}", first: []string{"outer"}},
		{name: "labels, cut off", source: "outer:\nfor {\n\tfor {\n\t\tcontinue |", first: []string{"outer"}},
		{name: "no statements in an expression", source: "y := ret|", not: []string{"return"}},
		{name: "predeclared names", source: "appe|", first: []string{"append"}},
		{name: "packages", source: "jso|", first: []string{"json"}},
		{name: "unicode names", source: "größe := Source{}\ngröße.|", want: []string{"Name"}},
		{name: "the empty cell", source: "|", want: []string{"t", "Load", "len"}, not: []string{"return", "json"}},

		{name: "no name of a function", source: "func l|"},
		{name: "no name of a type", source: "type l|"},
		{name: "no name of a variable", source: "var l|"},
		{name: "nothing in a number", source: "y := 12|"},
		{name: "nothing behind a number's dot", source: "y := 1.|"},
		{name: "nothing behind an unknown name", source: "unknown.|"},
		{name: "nothing in a string", source: "s := \"Lo|\""},
		{name: "nothing in an open string", source: "s := \"Lo|"},
		{name: "nothing in a raw string", source: "s := `Lo|\n`"},
		{name: "nothing in a rune", source: "r := 'l|'"},
		{name: "nothing in a comment", source: "// Lo|"},
		{name: "nothing in a comment that ends", source: "x := 1 /* Lo| */"},
		{name: "nothing in a comment with a quote", source: "// don't\n// Lo|"},
		{name: "something behind a comment with a quote", source: "// don't\nLo|", want: []string{"Load"}},
		{name: "something behind a string with a comment in it", source: "s := \"// \"; Lo|", want: []string{"Load"}},

		{name: "import paths", source: "import \"encoding/j|\"", first: []string{"encoding/json"}},
		{name: "import paths in a group", source: "import (\n\t\"fmt\"\n\tj \"encoding/j|\n)", first: []string{"encoding/json"}},
	}
	nb := newEveryday(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := proposed(t, nb.Session, tt.source)
			if tt.first == nil && tt.want == nil && tt.not == nil {
				require.Empty(t, got)
				return
			}
			if tt.first != nil {
				require.Equal(t, tt.first, got[:min(len(tt.first), len(got))], "%q", got)
			}
			require.Subset(t, got, tt.want)
			for _, n := range tt.not {
				require.NotContains(t, got, n)
			}
		})
	}
}

func TestCompletionsSayKindTypeAndImport(t *testing.T) {
	nb := newNotebook(t)
	require.Equal(t, []eval.Item{{Text: "Load", Kind: "func", Type: "func(s Source, options ...Option) *table.Table"}}, nb.Complete("Load", 4).Items)
	require.Equal(t, []eval.Item{{Text: "TrimSpace", Kind: "func", Type: "func(s string) string", Import: "strings"}}, nb.Complete("strings.TrimSp", 14).Items)
	require.Equal(t, []eval.Item{{Text: "TrimSpace", Kind: "func", Type: "func(s string) string"}}, nb.Complete("import \"strings\"\nstrings.TrimSp", 31).Items)
	require.Contains(t, nb.Complete("strin", 5).Items, eval.Item{Text: "strings", Kind: "package", Type: "strings", Import: "strings"})
	_, err := nb.check("strings.TrimSpace(\" a \")")
	require.NoError(t, err, "what is said to be imported is")
}

func TestFilesAreProposedWhereAPathIs(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.MkdirAll(filepath.Join("data", "inner"), 0o755))
	for _, name := range []string{"data/é🙂.csv", "data/a \"b\".csv", "data/.hidden", "top.txt"} {
		require.NoError(t, os.WriteFile(filepath.FromSlash(name), nil, 0o644))
	}
	nb := newNotebook(t)
	nb.run("type Model struct {\n\tDir string\n\tConfig string // YAML file of settings\n\tFilter string // \"strict-match\" or \"flexible-extract\" (default)\n\tNote string\n}\nfunc read(path string) {}\nfunc say(text string) {}")
	tests := []struct {
		source string
		want   []string
	}{
		{"read(\"|\")", []string{"data/", "top.txt"}},
		{"read(\"|", []string{"data/", "top.txt"}},
		{"read(\"data/|\")", []string{`a \"b\".csv`, "inner/", "é🙂.csv"}},
		{"read(`data/|`)", []string{`a "b".csv`, "inner/", "é🙂.csv"}},
		{"read(\"data/é|\")", []string{"é🙂.csv"}},
		{"read(\"data/.h|\")", []string{".hidden"}},
		{"read(\"no/such/|\")", nil},
		{"os.ReadFile(\"t|\")", []string{"top.txt"}},
		{"say(\"|\")", nil},
		{"say(\"./t|\")", []string{"top.txt"}},
		{"m := Model{Dir: \"d|\"}", []string{"data/"}},
		{"m := Model{Config: \"t|", []string{"top.txt"}},
		{"m := Model{Note: \"t|", nil},
		{"m := Model{Filter: \"|\"}", []string{"strict-match", "flexible-extract"}},
		{"m := []Model{{Filter: \"f|\"}}", []string{"flexible-extract"}},
		{"var m Model\nif m.Filter == \"|\" {\n}", []string{"strict-match", "flexible-extract"}},
		{"var m Model\nswitch m.Filter {\ncase \"s|", []string{"strict-match"}},
		{"var m struct{ Model }\nm.Filter = \"s|", []string{"strict-match"}},
		{"var m Model\nm.Config = \"t|", []string{"top.txt"}},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, proposed(t, nb.Session, tt.source), tt.source)
	}
}

func BenchmarkComplete(b *testing.B) {
	for _, n := range []int{0, 500} {
		nb := newEveryday(b)
		for i := range n {
			_, err := nb.check(fmt.Sprintf("func helper%d(a int, b string) error { return nil }\nvalue%d := T{n: %d}", i, i, i))
			require.NoError(b, err)
		}
		for _, c := range []struct{ name, source string }{
			{"member", "for i := range list {\n\tif i > 1 {\n\t\tt.na|\n\t}\n}"},
			{"name", "for i := range list {\n\tbui|\n}"},
			{"everything", "build(\"a\", |"},
			{"cell of 80 lines", written + "table.Wh|"},
		} {
			b.Run(fmt.Sprintf("%s/alive=%d", c.name, len(nb.live)), func(b *testing.B) {
				source, at := cursor(c.source)
				for b.Loop() {
					nb.Complete(source, at)
				}
			})
		}
		b.Run(fmt.Sprintf("inspect/alive=%d", len(nb.live)), func(b *testing.B) {
			for b.Loop() {
				nb.Inspect("x := strings.ToUpper(\"a\")", 15)
			}
		})
	}
}
