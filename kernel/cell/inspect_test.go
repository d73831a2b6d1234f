package cell

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

func TestInspect(t *testing.T) {
	nb := newNotebook(t)
	nb.run("// add adds.\n// It does.\nfunc add(a, b int) int { return a + b }\n\ntype T struct{ n int }", "// get gets.\nfunc (t T) get() int { return t.n }", "t := T{1}\nconst most = 3\nadder := add\nvar shout = func(words ...string) {}\ntype Pair[K comparable] struct {\n\tKey K // the first\n}")
	tests := []struct {
		source string
		want   eval.Inspection
	}{
		{"x := ad|d(1, 2)", eval.Inspection{Signature: "func add(a int, b int) int", Doc: "add adds.\nIt does.", Where: "In[1]:3:6", Source: "func add(a, b int) int { return a + b }"}},
		{"t.g|et()", eval.Inspection{Signature: "func (T).get() int", Doc: "get gets.", Where: "In[2]:2:12", Source: "func (t T) get() int { return t.n }"}},
		{"Load|(Source{})", eval.Inspection{Signature: "func Load(s Source, options ...Option) *table.Table", Doc: "Load makes a table of the source.", Where: "adkernel/kernel/eval/evaltest/fixture"}},
		{"Source{}.Desc|ribe()", eval.Inspection{Signature: "func (Source).Describe() (name string, options int)", Doc: "Describe names the source and counts its options.", Where: "adkernel/kernel/eval/evaltest/fixture"}},
		{"Load(Source{}).Wh|ere(1)", eval.Inspection{Signature: "func (*table.Table).Where(limit float64) *table.Table", Doc: "Where keeps the values that are less than limit.", Where: "adkernel/kernel/eval/evaltest/fixture/table"}},
		{"|t", eval.Inspection{Signature: "var t T", Where: "In[3]:1:1"}},
		{"mo|st", eval.Inspection{Signature: "const most untyped int = 3", Where: "In[3]:2:7", Source: "const most = 3"}},
		{"T|{}", eval.Inspection{Signature: "type T struct{ n int }", Where: "In[1]:5:6", Source: "type T struct{ n int }"}},
		{"Pair[int]{Ke|y: 1}", eval.Inspection{Signature: "field Key int", Doc: "the first", Where: "In[3]:6:2"}},
		{"Sour|ce{}", eval.Inspection{
			Signature: "type Source struct {\n\tName    string\n\tOptions map[string]any\n\tTags    []string\n}\n\nfunc (Source).Describe() (name string, options int)",
			Doc:       "Source says where rows come from.", Where: "adkernel/kernel/eval/evaltest/fixture"}},
		{"Scor|er(nil)", eval.Inspection{
			Signature: "type Scorer interface {\n\tScore(name string) (float64, error)\n}",
			Doc:       "A Scorer scores a name.", Where: "adkernel/kernel/eval/evaltest/fixture"}},
		{"Pair.K|ey", eval.Inspection{Signature: "field Key K", Doc: "the first", Where: "In[3]:6:2"}},
		{"T.g|et", eval.Inspection{Signature: "func (T).get() int", Doc: "get gets.", Where: "In[2]:2:12", Source: "func (t T) get() int { return t.n }"}},
		{"local := 1\nloc|al", eval.Inspection{Signature: "var local int"}},
		{"switch v| := any(t).(type) {\ncase int:\n}", eval.Inspection{Signature: "var v int"}},

		// half-typed
		{"func f() {\n\tif ad|d(1", eval.Inspection{Signature: "func add(a int, b int) int", Doc: "add adds.\nIt does.", Where: "In[1]:3:6", Source: "func add(a, b int) int { return a + b }"}},
		{"g(x\ns := \"🙂\"; ad|d", eval.Inspection{Signature: "func add(a int, b int) int", Doc: "add adds.\nIt does.", Where: "In[1]:3:6", Source: "func add(a, b int) int { return a + b }"}},

		// within brackets
		{"add(|", eval.Inspection{Signature: "func add(a int, b int) int", Doc: "add adds.\nIt does.", Argument: "argument 1: a int", Where: "In[1]:3:6", Source: "func add(a, b int) int { return a + b }"}},
		{"add(1, |2)", eval.Inspection{Signature: "func add(a int, b int) int", Doc: "add adds.\nIt does.", Argument: "argument 2: b int", Where: "In[1]:3:6", Source: "func add(a, b int) int { return a + b }"}},
		{"add(add(1, 2), |", eval.Inspection{Signature: "func add(a int, b int) int", Doc: "add adds.\nIt does.", Argument: "argument 2: b int", Where: "In[1]:3:6", Source: "func add(a, b int) int { return a + b }"}},
		{"add(1, 2)|", eval.Inspection{Signature: "func add(a int, b int) int", Doc: "add adds.\nIt does.", Where: "In[1]:3:6", Source: "func add(a, b int) int { return a + b }"}},
		{"shout(\"a\", \"b|\", \"c\")", eval.Inspection{Signature: "var shout func(words ...string)", Argument: "argument 2: words ...string", Where: "In[3]:4:5"}},
		{"t.get(|)", eval.Inspection{Signature: "func (T).get() int", Doc: "get gets.", Where: "In[2]:2:12", Source: "func (t T) get() int { return t.n }"}},
		{"Load(Source{Name: |", eval.Inspection{Signature: "field Name string", Where: "adkernel/kernel/eval/evaltest/fixture.Source"}},
		{"Load(Source{|", eval.Inspection{
			Signature: "type Source struct {\n\tName    string\n\tOptions map[string]any\n\tTags    []string\n}\n\nfunc (Source).Describe() (name string, options int)",
			Doc:       "Source says where rows come from.", Where: "adkernel/kernel/eval/evaltest/fixture"}},
		{"Load(Source{Options: map[string]any{\"a\": |", eval.Inspection{Signature: "field Options map[string]any", Where: "adkernel/kernel/eval/evaltest/fixture.Source"}},
		{"[]Source{{Name: \"a\", Tags: |", eval.Inspection{Signature: "field Tags []string", Where: "adkernel/kernel/eval/evaltest/fixture.Source"}},
		{"map[string]*Source{\"a\": {Tags: |", eval.Inspection{Signature: "field Tags []string", Where: "adkernel/kernel/eval/evaltest/fixture.Source"}},
		{"Load(Source{}, |)", eval.Inspection{Signature: "func Load(s Source, options ...Option) *table.Table", Doc: "Load makes a table of the source.", Argument: "argument 2: options ...Option", Where: "adkernel/kernel/eval/evaltest/fixture"}},
	}
	for _, tt := range tests {
		source, at := cursor(tt.source)
		got, ok := nb.Inspect(source, at)
		require.True(t, ok, tt.source)
		if strings.HasPrefix(got.Where, "adkernel/") {
			require.Regexp(t, `^The source is not in this program, in which package adkernel/\S+ is compiled\.$`, got.Unsourced)
			got.Unsourced = ""
		}
		require.Equal(t, tt.want, got, tt.source)
	}
	for _, s := range []string{"|", "1 + | 2", "noth|ing", "// ad|d", "if t == t { | }", "t.str|ings", "func() { | }()", "add(1, func() int {\n\t|\n})", "s := \"ad|d\"", "(|1)"} {
		source, at := cursor(s)
		got, ok := nb.Inspect(source, at)
		require.False(t, ok, "%s: %+v", s, got)
	}
}

func TestInspectTheStandardLibrary(t *testing.T) {
	nb := newNotebook(t)
	tests := []struct{ source, signature, doc, where string }{
		{"strings.ToUp|per(", "func strings.ToUpper(s string) string", "ToUpper returns s with all Unicode letters mapped to their upper case.", "strings"},
		{"strings.ToUpper(|", "func strings.ToUpper(s string) string", "ToUpper returns s with all Unicode letters mapped to their upper case.", "strings"},
		{"str|ings.ToUpper(\"\")", "package strings // import \"strings\"", "Package strings implements simple functions to manipulate UTF-8 encoded strings.", "strings"},
		{"str|ings", "package strings // import \"strings\"", "Package strings implements simple functions to manipulate UTF-8 encoded strings.", "strings"},
		{"import \"encoding/j|son\"", "package json // import \"encoding/json\"", "Package json implements encoding and decoding of JSON", "encoding/json"},
		{"import \"net/http\"\nhttp.Server{Add|r: \"\"}", "field Addr string", "Addr optionally specifies the TCP address for the server to listen on", "net/http.Server"},
		{"le|n(\"a\")", "func len(v Type) int", "The len built-in function returns the length of v", "builtin"},
		{"len(|\"a\")", "func len(v Type) int", "The len built-in function returns the length of v", "builtin"},
		{"ap|pend(nil)", "func append(slice []Type, elems ...Type) []Type", "The append built-in function appends elements", "builtin"},
		{"ma|ke(chan int)", "func make(t Type, size ...IntegerType) Type", "The make built-in function allocates", "builtin"},
		{"var e err|or", "type error interface {\n\tError() string\n}", "The error built-in interface type", "builtin"},
		{"var e error; e.Err|or()", "func (error).Error() string", "The error built-in interface type", "builtin"},
		{"var a an|y", "type any = interface{}", "any is an alias for interface{}", "builtin"},
		{"const c = io|ta", "const iota = 0", "iota is a predeclared identifier", "builtin"},
		{"tr|ue", "const true = 0 == 0", "true and false are the two untyped boolean values.", "builtin"},
		{"var x = ni|l", "var nil Type", "nil is a predeclared identifier", "builtin"},
		{"var i in|t", "type int int", "int is a signed integer type", "builtin"},
	}
	for _, tt := range tests {
		source, at := cursor(tt.source)
		got, ok := nb.Inspect(source, at)
		require.True(t, ok, tt.source)
		require.Equal(t, tt.signature, got.Signature, tt.source)
		require.Contains(t, got.Doc, tt.doc, tt.source)
		require.Equal(t, tt.where, got.Where, tt.source)
	}
}

func TestInspectSaysWhyThereIsNoSource(t *testing.T) {
	nb := newNotebook(t)
	for source, want := range map[string]string{
		"strings.Cut":                           "The source is not in this program, in which package strings is compiled; https://pkg.go.dev/strings#Cut leads to it.",
		"strings.Builder.WriteString":           "The source is not in this program, in which package strings is compiled; https://pkg.go.dev/strings#Builder.WriteString leads to it.",
		"errors":                                "The source is not in this program, in which package errors is compiled; https://pkg.go.dev/errors leads to it.",
		"len":                                   "Go predeclares it: there is no source.",
		"import \"net/http\"\nhttp.Server.Addr": "The source is not in this program, in which package net/http is compiled; https://pkg.go.dev/net/http#Server.Addr leads to it.",
	} {
		in, ok := nb.Inspect(source, len(source))
		require.True(t, ok, source)
		require.Empty(t, in.Source)
		require.Equal(t, want, in.Unsourced)
	}
}
