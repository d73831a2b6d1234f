package cell

import (
	"go/types"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSelected holds what is found without a check to what the check finds.
func TestSelected(t *testing.T) {
	nb := newNotebook(t)
	nb.run("import \"net/http\"\ntype Base struct{ ID int }\nfunc (*Base) Save() {}\ntype T struct {\n\tBase\n\tnext *T\n\tserver http.Server\n}\ntype Pair[K comparable] struct{ Key K }\nfunc (Pair[K]) Swap() {}",
		"t := T{}\np := &t\npair := Pair[int]{}\nvar s interface{ Len() int }")
	for _, source := range []string{
		"strings.Fie|lds", "http.Ser|ver{}", "http.Server.Ad|dr", "http.DefaultClient.Time|out", "slices.Index|Func(nil, nil)",
		"t.ne|xt", "t.I|D = 1", "p.Sa|ve()", "t.next.next.Ba|se.ID", "t.next.next.Base.I|D", "t.server.Add|r", "T.ne|xt", "Base.Sa|ve",
		"pair.Ke|y", "pair.Sw|ap()", "Pair.Ke|y", "s.Le|n()",
		"rand.Int|N(3); rand.N(4)", "rand.Int|n(3); rand.Read(nil)", "x := t.next\nx.ID = p.I|D", "for _, f := range strings.Fie|lds(x) { t.Save() }",
	} {
		text, at := cursor(source)
		start := identStart(text, at)
		o, owner := nb.selected(text, start)
		require.NotNil(t, o, source)
		d := nb.draft(text, o.Name(), start)
		require.Equal(t, d.object(), o, source)
		if v, ok := o.(*types.Var); ok && v.IsField() {
			require.Equal(t, d.owner(v).String(), owner.String(), source)
		}
	}
}

func TestSelectedLeavesTheRestToTheCheck(t *testing.T) {
	nb := newNotebook(t)
	nb.run("type T struct{ n int }\nt := T{}")
	for _, source := range []string{
		"|t", "t|.n", "noth|ing.at", "nothing.a|t", "t.nothi|ng", "strings.fie|lds", "T{n|: 1}", "f().t.n|", "list[0].t.n|",
		"t := 1\nt.n|", "func f(t *int) { t.n| }", "var t int; t.n|", "t, err := f(); t.n|", "func (t T) m() { t.n| }",
		"import \"strings\"\nstrings.Fie|lds", "import t \"strings\"; t.n|", "g(t); t.n|", "t.n.|", "// t.n|",
	} {
		text, at := cursor(source)
		o, _ := nb.selected(text, identStart(text, at))
		require.Nil(t, o, source)
	}
}

func TestBrokenCellsHideNoMembers(t *testing.T) {
	nb := newNotebook(t)
	nb.run("type T struct{ n int }\nt := T{}")
	for source, want := range map[string]string{
		"if x := func( { [ }\nstrings.Fie|lds(": "func strings.Fields(s string) []string",
		"go func() { select { case <-t.|n":      "field n int",
	} {
		text, at := cursor(source)
		in, ok := nb.Inspect(text, at)
		require.True(t, ok, source)
		require.Equal(t, want, in.Signature, source)
	}
}
