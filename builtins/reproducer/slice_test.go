package reproducer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
)

// session makes cells of sources, numbered from 1, with the names that their
// text declares and mentions.
func session(sources ...string) []host.Cell {
	var cells []host.Cell
	for i, source := range sources {
		cells = append(cells, unfinished(host.Cell{N: i + 1, Source: source}, cells))
	}
	return cells
}

func TestSliceTakesWhatTheLastCellNeedsAndNoMore(t *testing.T) {
	tests := []struct {
		name  string
		cells []string
		want  []int
	}{
		{"the last cell alone", []string{"x := 1", "Compare(Run(Demo().FP8, t), b)"}, []int{2}},
		{"definitions, transitively", []string{"d := Demo()", "y := 5", "a := Run(d.FP8, d.Task)", "b := Run(d.BF16, d.Task)", "a.Frame().Head(3)", "Compare(a, b)"}, []int{1, 3, 4, 6}},
		{"the latest definition before the use", []string{"n := 100", "n := 200", "t := MMLU(Samples(n))", "n := 300", "Compare(Run(a, t), Run(b, t))"}, []int{2, 3, 5}},
		{"a redefinition of itself needs the one before", []string{"t := Demo().Task", "t := Only(t, Samples(9))", "Compare(t)"}, []int{1, 2, 3}},
		{"assignments to a needed name", []string{"t := Demo().Task", "u := 1", "t = Only(t, Samples(9))", "u = 2", "Compare(t)"}, []int{1, 3, 5}},
		{"assignments to a field and an element", []string{"d := Demo().FP8", `d.Args = map[string]any{}`, `d.Args["world_size"] = 2`, "Compare(d)"}, []int{1, 2, 3, 4}},
		{"a method called for what it does", []string{"a := Launch(d, t)", "a.Wait()", "Compare(a, b)"}, []int{1, 2, 3}},
		{"an address taken", []string{"d := 1", "p := &d", "q := 2", "Compare(d)"}, []int{1, 2, 4}},
		{"looking changes nothing", []string{"a := Run(d, t)", "PlotSubjects(a)", "Inspect(a, 3)", "fmt.Println(a)", "Compare(a)"}, []int{1, 5}},
		{"changes after the use", []string{"d := 1", "a := d", "d = 2", "Compare(a)"}, []int{1, 2, 4}},
		{"types and their methods", []string{"type pair struct{ a, b int }", "func (p *pair) swap() { p.a, p.b = p.b, p.a }", "type other int", "p := pair{1, 2}", "p.swap()", "Compare(p.a)"}, []int{1, 2, 4, 5, 6}},
		{"a function and what its body means when it is called", []string{"n := 1", "func f() int { return n }", "n = 2", "m := 3", "Compare(f())"}, []int{1, 2, 3, 5}},
		{"a function that changes what is needed", []string{"d := 1", "func set() { d = 2 }", "set()", "func unused() { d = 3 }", "Compare(d)"}, []int{1, 2, 3, 5}},
		{"through functions that call functions", []string{"d := 1", "func set() { d = 2 }", "func do() { set() }", "do()", "Compare(d)"}, []int{1, 2, 3, 4, 5}},
		{"a call that may fill its argument", []string{"m := map[string]int{}", "func fill(m map[string]int) { m[`a`] = 1 }", "fill(m)", "Compare(m)"}, []int{1, 2, 3, 4}},
		{"a function of a package that fills its argument", []string{"args := map[string]any{}", "maps.Copy(args, map[string]any{`a`: 1})", "n := 2", "Compare(args)"}, []int{1, 2, 4}},
		{"a call whose result is kept", []string{"func fill(m map[string]any) error { m[`a`] = 1; return nil }", "args := map[string]any{}", "err := fill(args)", "n := len(args)", "Compare(args)"}, []int{1, 2, 3, 5}},
		{"a call in a condition", []string{"func fill(m map[string]any) error { m[`a`] = 1; return nil }", "args := map[string]any{}", "if err := fill(args); err != nil {\n\tpanic(err)\n}", "Compare(args)"}, []int{1, 2, 3, 4}},
		{"a generic function, and one of a local variable", []string{"func fill[T any](m map[string]T) {}", "a, b := map[string]any{}, map[string]any{}", "ok := wrap(fill[any](a))", "{\n\tf := func(m map[string]any) {}\n\t_ = wrap(f(b))\n}", "Compare(a, b)"}, []int{1, 2, 3, 4, 5}},
		{"a method whose result is kept", []string{"type dep struct{ n int }", "func (d *dep) Apply() bool { d.n++; return true }", "d := dep{}", "ok := d.Apply()", "Compare(d)"}, []int{1, 2, 3, 4, 5}},
		{"a method of the session that is named as one that looks", []string{"type dep struct{ n int }", "func (d *dep) State() int { d.n++; return d.n }", "d := dep{}", "n := d.State()", "Compare(d)"}, []int{1, 2, 3, 4, 5}},
		{"the vocabulary leaves what it is given as it is", []string{"d := Demo()", "a := Run(d.FP8, d.Task)", "b := Run(d.BF16, d.Task)", "Run(d.BF16, d.Task)", "n := len(a.Samples()) + strings.Count(a.Dir(), `x`)", "Compare(a, b)"}, []int{1, 2, 3, 6}},
		{"but for what changes runs", []string{"a := Run(d, t)", "r := Rescore(a, nil)", "Compare(a)"}, []int{1, 2, 3}},
		{"a package is not changed by its functions", []string{`import "slices"`, "x := []int{2}", "slices.Sort(x)", "y := slices.Max([]int{1})", "Compare(y)"}, []int{1, 4, 5}},
		{"through a pointer", []string{"d := Demo().FP8", "p := &d", "p.Name = `x`", "q := 1", "Compare(d)"}, []int{1, 2, 3, 5}},
		{"through a pointer that is handed on", []string{"func set(d *Deployment) bool { return true }", "d := Demo().FP8", "var p = &d", "q := p", "ok := set(q)", "Compare(d)"}, []int{1, 2, 3, 4, 5, 6}},
		{"what a pointer sees", []string{"d := Demo().FP8", "p := &d", "d = Demo().BF16", "Compare(*p)"}, []int{1, 2, 3, 4}},
		{"what another pointer sees", []string{"d := Demo().FP8", "p := &d", "q := &d", "p.Name = `x`", "Compare(*q)"}, []int{1, 2, 3, 4, 5}},
		{"through a part that is shared", []string{"d := Demo().FP8", "m := d.Args", "m[`a`] = 1", "Compare(d)"}, []int{1, 2, 3, 4}},
		{"a pointer that is given another value", []string{"d := 1", "m := d", "m = 3", "Compare(d)"}, []int{1, 4}},
		{"another part", []string{"d := Demo()", "a := d.FP8", "b := d.BF16", "a.Name = `x`", "Compare(b)"}, []int{1, 3, 5}},
		{"over all of a list", []string{"a := Launch(d, t)", "b := Launch(e, t)", "for _, r := range []*Evaluation{a, b} {\n\tr.Wait()\n}", "Compare(a)"}, []int{1, 2, 3, 4}},
		{"a local variable of the same name", []string{"d := 1", "func f() int { e := 1; e = 2; return e }", "e := 3", "Compare(e)"}, []int{3, 4}},
		{"an import whose path ends with a version", []string{`import "math/rand/v2"`, "s := rand.N(5)", "Compare(s)"}, []int{1, 2, 3}},
		{"an import of names", []string{`import . "math"`, "s := Sqrt(4)", "Compare(s)"}, []int{1, 2, 3}},
		{"an import for what it registers", []string{`import _ "image/png"`, "s := image.Decode(f)", "Compare(s)"}, []int{1, 2, 3}},
		{"imports that are written", []string{`import "strings"`, `import "os"`, "s := strings.ToUpper(`a`)", "Compare(s)"}, []int{1, 3, 4}},
		{"recursion", []string{"func f(n int) int { if n == 0 { return 0 }; return f(n - 1) }", "Compare(f(2))"}, []int{1, 2}},
		{"what a magic runs", []string{"x := 1", "%time a := Run(d, t)", "%%time\nb := Run(e, t)\nc := 1", "Compare(a, b)"}, []int{2, 3, 4}},
		{"magics and commands that act", []string{"%cd /tmp", "!ls", "%who", "%env A=1", "%%writefile ad.yaml\nx", "%gopath src", "%time !make", "%history", "Compare(a)"}, []int{1, 2, 4, 5, 6, 7, 9}},
		{"functions that act", []string{`os.Setenv("A", "1")`, `func there() { os.Chdir("/") }`, `func never() { os.Remove("x") }`, "func by() { there() }", "by()", `s := os.Getenv("A")`, `os.WriteFile("x", nil, 0o644)`, "Compare(a)"}, []int{1, 2, 4, 5, 7, 8}},
		{"carriage returns in a raw string", []string{"d := Deployment{}", "d.Name = `a\r\nb`", "Compare(d)"}, []int{1, 2, 3}},
		{"a cell that does not parse is passed over", []string{"x := := 1", "y := 2", "Compare(y)"}, []int{2, 3}},
		{"headers with semicolons and several lines", []string{"sum := 0", "for i := 0; i < 3; i++ {\n\tsum += i\n}", "Compare(sum)"}, []int{1, 2, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []int
			for _, c := range slice(session(test.cells...)) {
				got = append(got, c.N)
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestImportsThatTheKernelAddsNeedNoCell(t *testing.T) {
	cells := []host.Cell{
		{N: 1, Source: "fmt.Println(1)", Defines: []string{"fmt"}},
		{N: 2, Source: "s := fmt.Sprint(2)", Defines: []string{"s"}, Uses: []string{"fmt"}},
		{N: 3, Source: "Compare(s)", Uses: []string{"s"}},
	}
	require.Equal(t, cells[1:], slice(cells))
}

func TestAnImportGoesByTheNameThatTheKernelTells(t *testing.T) {
	cells := []host.Cell{
		{N: 1, Source: `import "gopkg.in/yaml.v3"`, Defines: []string{"yaml"}},
		{N: 2, Source: "s := yaml.Marshal(5)", Defines: []string{"s"}, Uses: []string{"yaml"}},
		{N: 3, Source: "Compare(s)", Uses: []string{"s"}},
	}
	require.Equal(t, cells, slice(cells))
}

func TestLinesThatSaveAreLeftOut(t *testing.T) {
	for source, want := range map[string]string{
		"cmp := Compare(a, b)\nSaveReproducer(\"x.ipynb\")": "cmp := Compare(a, b)",
		"SaveReproducer(\"x.ipynb\")\ncmp":                  "cmp",
		"s := SaveReproducer(\n\t\"x.ipynb\",\n)":           "",
		"a := 1 // SaveReproducer(\"x.ipynb\")":             "a := 1 // SaveReproducer(\"x.ipynb\")",
		"x := `SaveReproducer()`":                           "x := `SaveReproducer()`",
	} {
		got, err := withoutSaving(host.Cell{N: 1, Source: source})
		require.NoError(t, err)
		require.Equal(t, want, strings.TrimSpace(got))
	}
	for _, source := range []string{"a := 1; SaveReproducer(\"x.ipynb\")", "func f() { SaveReproducer(\"x.ipynb\") }", "if true {\n\tSaveReproducer(\"x.ipynb\")\n}"} {
		_, err := withoutSaving(host.Cell{N: 3, Source: source})
		require.ErrorContains(t, err, "cell In[3] calls SaveReproducer among other things")
	}
}

func TestSecretsAreNotSaved(t *testing.T) {
	settings := map[string]any{"api_key": "sk-1", "max_num_tokens": 3, "auth": map[string]any{"HF_TOKEN": "hf-2", "user": "me"}}
	require.Equal(t, map[string]any{"api_key": leftOut, "max_num_tokens": 3, "auth": map[string]any{"HF_TOKEN": leftOut, "user": "me"}}, withoutSecrets(settings))
	require.ElementsMatch(t, []string{"sk-1", "hf-2"}, secrets(settings))

	for source, refused := range map[string]bool{
		`d.Args["api_key"] = "sk-1"`:                               true,
		`d.Args["api_key"] = os.Getenv("KEY")`:                     false,
		`os.Setenv("HF_TOKEN", "hf_abcdefghijklmnopqrstuvwxyz")`:   true,
		`Deployment{Model: "/models/hf_checkpoints/llama-3.1-8b"}`: false,
	} {
		err := checkSecrets([]host.Cell{{N: 2, Source: source}}, settings)
		require.Equal(t, refused, err != nil, "%s: %v", source, err)
	}
}

func FuzzReadSource(f *testing.F) {
	for _, source := range []string{"", "x := 1", "func (t T) m() {}", "for i := 0; i < 3; i++ {\n}", "`", "/*", "x.(", "a[b[c]] = &d.e", "0\x81\n0", "x := `a\r\nb`"} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		end := 0
		for _, p := range readSource(source).parts {
			require.LessOrEqual(t, end, p.start)
			require.LessOrEqual(t, p.start, p.end)
			require.LessOrEqual(t, p.end, len(source))
			end = p.end
		}
	})
}

func TestANameThatAFileBringsIsDefinedWhereTheFileRuns(t *testing.T) {
	cells := []host.Cell{
		{N: 1, Source: "n := 2", Defines: []string{"n"}},
		{N: 2, Source: "%run lib.go", Defines: []string{"count", "fmt"}, Uses: []string{"n"}},
		{N: 3, Source: "m := 1", Defines: []string{"m"}},
		{N: 4, Source: "Compare(count())", Uses: []string{"count"}},
	}
	var got []int
	for _, c := range slice(cells) {
		got = append(got, c.N)
	}
	require.Equal(t, []int{1, 2, 4}, got)
}
