package kernel

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// result runs a cell and returns its value as it is shown.
func (f *front) result(code string) map[string]any {
	f.t.Helper()
	reply, shown := f.run(code)
	require.Equal(f.t, "ok", reply["status"], "%v", reply["evalue"])
	require.Equal(f.t, "execute_result", shown[len(shown)-1].Header.Type)
	return contentOf(f.t, shown[len(shown)-1])["data"].(map[string]any)
}

func TestValuesOfCellsTypesAreShownByTheirParts(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("type score struct { Name string; value float64; next *score }\ntype label string\nfunc (l label) String() string { return \"<\" + string(l) + \">\" }")
	for code, want := range map[string]string{
		`score{"a b", 1.5, nil}`:                              `{Name:"a b" value:1.5 next:<nil>}`,
		`&score{"a", 1, &score{"b", 2, nil}}`:                 `&{Name:a value:1 next:&{Name:b value:2 next:<nil>}}`,
		`[]score{{"a", 1.5, nil}, {"b", 22, nil}}`:            "   Name  value  next\n0  a       1.5  <nil>\n1  b        22  <nil>",
		`map[string]score{"k": {Name: "a"}}`:                  `map[k:{Name:a value:0 next:<nil>}]`,
		`map[string]score{"k": {Name: "a"}, "j": {value: 1}}`: "   Name  value  next\nj            1  <nil>\nk  a         0  <nil>",
		`label("x")`:                           "<x>",
		`[]label{"x", "y"}`:                    "[<x> <y>]",
		`struct{ L label; E error }{"x", nil}`: "{L:<x> E:<nil>}",
		`[]any{1, score{}, "two words"}`:       `[1 {Name:"" value:0 next:<nil>} "two words"]`,
		`[2][2]int{{1, 2}, {3, 4}}`:            "   0  1\n0  1  2\n1  3  4",
	} {
		require.Equal(t, want, f.result(code)["text/plain"], code)
	}
	require.Contains(t, f.result(`[]score{{"a", 1.5, nil}, {"b", 22, nil}}`)["text/html"], "<table>")
	require.Contains(t, f.result("import \"fmt\"\ntype notFound struct{ path string }\nfunc (e notFound) Error() string { return e.path + \" is missing\" }\nfmt.Errorf(\"open: %w\", notFound{\"/x\"})")["text/plain"], "notFound: /x is missing")
}

func TestTypesOfCellsShowThemselvesByTheirMethods(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("type card struct{ name string }\nfunc (c card) HTML() string { return \"<b>\" + c.name + \"</b>\" }\nfunc (c card) Markdown() string { return \"**\" + c.name + \"**\" }")
	f.run("type bundle struct{}\nfunc (bundle) MimeBundle() map[string]any { return map[string]any{\"text/html\": \"<i>\"} }")
	require.Equal(t, map[string]any{"text/plain": "{name:x}", "text/html": "<b>x</b>", "text/markdown": "**x**"}, f.result(`card{"x"}`))
	require.Equal(t, map[string]any{"text/plain": "main.bundle", "text/html": "<i>"}, f.result(`bundle{}`))
}
