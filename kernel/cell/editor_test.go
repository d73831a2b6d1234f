package cell

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// cursor takes the | out of a source and says where it was.
func cursor(source string) (string, int) {
	i := strings.IndexByte(source, '|')
	return source[:i] + source[i+1:], i
}

func TestComplete(t *testing.T) {
	tests := []struct {
		name, source string
		want         []string // all of these are proposed
		not          []string // none of these is
	}{
		{"members of a variable", "t.|", []string{"n", "name", "get", "Base", "ID", "Save"}, []string{"x", "func"}},
		{"members by prefix", "t.na|", []string{"name"}, []string{"n", "get"}},
		{"members of a package", "strings.Sp|", []string{"Split", "SplitN"}, []string{"ToUpper"}},
		{"members of a package not imported yet", "math.Sq|", []string{"Sqrt"}, nil},
		{"members in an open call", "foo(t.|", []string{"name"}, nil},
		{"members of an element", "list[0].|", []string{"name"}, nil},
		{"members of a map's value in a loop", "for _, m := range byName { m.|", []string{"name"}, nil},
		{"members of a result", "Load(Source{}).|", []string{"Where", "Reverse", "Range", "Name"}, nil},
		{"members of a variable of this cell", "src := Source{Name: \"a\"}\nsrc.|", []string{"Describe", "Options"}, nil},
		{"fields in a literal", "Source{|", []string{"Name", "Options", "Tags"}, nil},
		{"fields that are not set yet", "Source{Name: \"a\", |", []string{"Options"}, []string{"Name"}},
		{"fields of the elements of a slice", "[]Source{{N|", []string{"Name"}, nil},
		{"names of the vocabulary", "Lo|", []string{"Load"}, nil},
		{"live names", "li|", []string{"list"}, nil},
		{"local names", "func f(local int) { if true { lo|", []string{"local"}, nil},
		{"names of this cell, not later ones", "first := 1\nfi|\nfinal := 2", []string{"first"}, []string{"final"}},
		{"keywords", "ret|", []string{"return"}, nil},
		{"predeclared names", "appe|", []string{"append"}, nil},
		{"packages", "enco|", nil, nil},
		{"unicode names", "größe := Source{}\ngröße.|", []string{"Name"}, nil},
		{"behind a syntax error", "a := := 3\nt.|", []string{"name"}, nil},
	}
	nb := newNotebook(t)
	nb.run("import \"strings\"\ntype Base struct { ID int }\nfunc (b *Base) Save() {}\ntype T struct { Base; n int; name string }\nfunc (t T) get() int { return t.n }",
		"x := 1\nt := T{}\nlist := []T{}\nbyName := map[string]T{}")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source, at := cursor(tt.source)
			c := nb.Complete(source, at)
			require.Equal(t, at, c.End)
			var got []string
			for _, item := range c.Items {
				got = append(got, item.Text)
				require.True(t, strings.HasPrefix(item.Text, source[c.Start:c.End]))
				require.NotContains(t, item.Text, mark)
			}
			require.Subset(t, got, tt.want)
			for _, n := range tt.not {
				require.NotContains(t, got, n)
			}
		})
	}
}

func TestCompletionsSayKindAndType(t *testing.T) {
	nb := newNotebook(t)
	require.Equal(t, []eval.Item{{Text: "Load", Kind: "func", Type: "func(s Source, options ...Option) *table.Table"}}, nb.Complete("Load", 4).Items)
}

func TestNothingIsProposedInStringsAndComments(t *testing.T) {
	nb := newNotebook(t)
	for _, s := range []string{"s := \"Lo|\"", "// Lo|", "x := 1 /* Lo|"} {
		source, at := cursor(s)
		require.Empty(t, nb.Complete(source, at).Items, s)
	}
}

func TestInspect(t *testing.T) {
	nb := newNotebook(t)
	nb.run("// add adds.\n// It does.\nfunc add(a, b int) int { return a + b }\n\ntype T struct{ n int }", "// get gets.\nfunc (t T) get() int { return t.n }", "t := T{1}")
	tests := []struct {
		source string
		want   eval.Inspection
	}{
		{"x := ad|d(1, 2)", eval.Inspection{Signature: "func add(a int, b int) int", Doc: "add adds.\nIt does.", Where: "In[1]:3:6", Source: "func add(a, b int) int { return a + b }"}},
		{"t.g|et()", eval.Inspection{Signature: "func (T).get() int", Doc: "get gets.", Where: "In[2]:2:12", Source: "func (t T) get() int { return t.n }"}},
		{"Load|(Source{})", eval.Inspection{Signature: "func Load(s Source, options ...Option) *table.Table", Doc: "Load makes a table of the source.", Where: "adkernel/kernel/eval/evaltest/fixture"}},
		{"Source{}.Desc|ribe()", eval.Inspection{Signature: "func (Source).Describe() (name string, options int)", Doc: "Describe names the source and counts its options.", Where: "adkernel/kernel/eval/evaltest/fixture"}},
		{"Load(Source{}).Wh|ere(1)", eval.Inspection{Signature: "func (*table.Table).Where(limit float64) *table.Table", Doc: "Where keeps the values that are less than limit.", Where: "adkernel/kernel/eval/evaltest/fixture/table"}},
		{"strings.ToUp|per(", eval.Inspection{Signature: "func strings.ToUpper(s string) string", Where: "strings"}},
		{"|t", eval.Inspection{Signature: "var t T", Where: "In[3]:1:1"}},
		{"le|n(\"a\")", eval.Inspection{Signature: "builtin len", Where: "builtin"}},
	}
	for _, tt := range tests {
		source, at := cursor(tt.source)
		got, ok := nb.Inspect(source, at)
		require.True(t, ok, tt.source)
		require.Equal(t, tt.want, got, tt.source)
	}
	for _, s := range []string{"|", "1 + | 2", "noth|ing"} {
		source, at := cursor(s)
		_, ok := nb.Inspect(source, at)
		require.False(t, ok, s)
	}
}

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
	}
	s := newNotebook(t)
	for _, tt := range tests {
		require.Equal(t, eval.Completeness{Status: tt.status, Indent: tt.indent}, s.IsComplete(tt.source), "%q", tt.source)
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"x := 1\nx", "func f() {", "for i := range []int{1} { }", "import \"fmt\"\nfmt.Pr", "type T[P any] struct{ p P }\nT[int]{}.", "switch x := y.(type) {", "a:\nb:", "//line x:1\ny", "\x00", "Source{Name:", "func (t T) m() {}"} {
		f.Add(s, len(s))
	}
	nb := newNotebook(f)
	f.Fuzz(func(t *testing.T, source string, at int) {
		chunks, err := split(source, 1)
		for _, c := range chunks {
			require.Equal(t, c.text, source[c.start:c.end()])
		}
		if err == nil {
			nb.IsComplete(source)
		}
		nb.Complete(source, at)
		nb.Inspect(source, at)
		if p, err := nb.Check(eval.Cell{N: 1, Source: source}); err == nil {
			require.NotNil(t, p.Body)
		}
	})
}
