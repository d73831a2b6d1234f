package notebook

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func parametrized(source string) *Notebook {
	nb := code("import \"fmt\"", source, "x := 1")
	nb.Cells[1].Metadata = map[string]any{"tags": []any{"parameters"}}
	return nb
}

const parametersCell = "import \"os\"\nfunc f() { local := 1; _ = local }\nif x := 1; x > 0 {\n}\nsamples := 100\nname, rate := \"fp8\", 0.5\nvar verbose bool\nvar title string\nmodels := []string{\"a\"}"

func TestParametersGoBelowTheirDefaults(t *testing.T) {
	nb := parametrized(parametersCell)
	require.NoError(t, nb.SetParameters(map[string]string{
		"samples": "20", "name": `it's "so"`, "rate": "1e-3", "verbose": "true", "title": "5", "models": `[]string{"b"}`,
	}))
	require.Len(t, nb.Cells, 4)
	require.Equal(t, "// Parameters\nmodels = []string{\"b\"}\nname = \"it's \\\"so\\\"\"\nrate = 1e-3\nsamples = 20\ntitle = \"5\"\nverbose = true", nb.Cells[2].Source)
	require.Equal(t, []any{"injected-parameters"}, nb.Cells[2].Metadata["tags"])

	nb.Cells[2].ID = "kept"
	require.NoError(t, nb.SetParameters(map[string]string{"samples": "30"}))
	require.Len(t, nb.Cells, 4, "in place of the earlier ones")
	require.Equal(t, "// Parameters\nsamples = 30", nb.Cells[2].Source)
	require.Equal(t, "kept", nb.Cells[2].ID)

	s := start(t)
	nb.Cells = append(nb.Cells, &Cell{Type: Code, Source: "samples"})
	require.NoError(t, nb.Execute(t.Context(), s, Options{}))
	require.Equal(t, "30", nb.Cells[4].Outputs[0].Plain())
}

func TestParametersAsAShellOrAWorkflowWritesThem(t *testing.T) {
	const defaults = "import \"time\"\nflag, verbose := true, !false\nvar quick bool\nwait := 10 * time.Second\nvar limit time.Duration\n" +
		"models := []string{\"a\"}\nvar sizes [2]int\nnested := map[string][]float64{}\nn := 1"
	given := map[string][2]string{ // value, as Go
		"flag":   {"True", "true"},
		"quick":  {"False", "false"},
		"wait":   {"1m30s", "90 * time.Second"},
		"limit":  {"250us", "250 * time.Microsecond"},
		"models": {`["b", "c \"d\""]`, `[]string{"b", "c \"d\""}`},
		"sizes":  {"[3, 4]", "[2]int{3, 4}"},
		"nested": {`{"y": [1.5, 2], "x": []}`, `map[string][]float64{"x": {}, "y": {1.5, 2}}`},
		"n":      {"1 << 4", "1 << 4"},
	}
	values, want := map[string]string{}, "// Parameters"
	for _, name := range slices.Sorted(maps.Keys(given)) {
		values[name] = given[name][0]
		want += "\n" + name + " = " + given[name][1]
	}
	nb := parametrized(defaults)
	require.NoError(t, nb.SetParameters(values))
	require.Equal(t, want, nb.Cells[2].Source)
	nb.Cells = append(nb.Cells, &Cell{Type: Code, Source: "_ = verbose\nfmt.Sprint(flag, quick, wait, limit, models, sizes, nested, n)"})
	require.NoError(t, nb.Execute(t.Context(), start(t), Options{}))
	require.Equal(t, `true false 1m30s 250µs [b c "d"] [3 4] map[x:[] y:[1.5 2]] 16`, nb.Cells[4].Outputs[0].Plain())
}

func TestParametersThatCannotBeSetAreErrors(t *testing.T) {
	for want, test := range map[string]struct {
		nb     *Notebook
		values map[string]string
	}{
		`no code cell has the tag "parameters"`:                                         {code("samples := 1"), map[string]string{"samples": "2"}},
		`declares no parameter "sampels"; did you mean "samples"?`:                      {parametrized(parametersCell), map[string]string{"sampels": "2"}},
		`parameter samples: "two words" is no Go expression such as its default, 100`:   {parametrized(parametersCell), map[string]string{"samples": "two words"}},
		`parameter models: "[b" is no Go expression such as []string{...}, and no JSON`: {parametrized(parametersCell), map[string]string{"models": "[b"}},
		`parameter wait: "1 s" is no Go expression, and no duration such as 1m30s`:      {parametrized("wait := time.Second"), map[string]string{"wait": "1 s"}},
		`cell 2, which declares the parameters: samples := : 3:1`:                       {parametrized("samples := "), map[string]string{"samples": "2"}},
		`declares no parameter "x": have models, name, rate, sample`:                    {parametrized(parametersCell), map[string]string{"x": "2"}},
	} {
		err := test.nb.SetParameters(test.values)
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, code("1").SetParameters(nil))
}

func TestMagicsDeclareNoParameters(t *testing.T) {
	found, err := declared("%cd /\n!ls | wc :=\nx := 1\n%time y := 2")
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Contains(t, found, "x")
}

// Whatever is declared and given, what goes into the notebook is the one
// assignment that it says.
func FuzzParameters(f *testing.F) {
	for _, cell := range []string{"n := 1", "var s string", "xs := []int{1}", "d := 3 * time.Second", "%cd x\nvar a, b = true, 2", "n := 1 }", "m := map[string][]float64{}", "if x := 1; x > 0 {\n}"} {
		f.Add(cell, "n", "1 // one")
		f.Add(cell, "s", "`a\r\nb`")
		f.Add(cell, "xs", "[1, null, {\"a\": 2e400}]")
		f.Add(cell, "d", "1m30s")
	}
	f.Fuzz(func(t *testing.T, cell, name, value string) {
		nb := &Notebook{Cells: []*Cell{{Type: Code, Source: cell, Metadata: map[string]any{"tags": []any{parametersTag}}}}}
		if nb.SetParameters(map[string]string{name: value}) != nil {
			return
		}
		require.Len(t, nb.Cells, 2)
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p; func _() {\n"+nb.Cells[1].Source+"\n}", 0)
		require.NoError(t, err)
		require.Len(t, file.Decls, 1)
		body := file.Decls[0].(*ast.FuncDecl).Body.List
		require.Len(t, body, 1)
		assigned, ok := body[0].(*ast.AssignStmt)
		require.True(t, ok)
		require.Equal(t, name, assigned.Lhs[0].(*ast.Ident).Name)
	})
}
