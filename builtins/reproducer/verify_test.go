package reproducer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/casebook"
	"adkernel/builtins/reproducer"
	"adkernel/kernel/notebook"
	"adkernel/kernel/worker"
)

// execute runs the cells of a notebook in a real session.
func execute(ctx context.Context, path string) error {
	nb, err := notebook.Read(path)
	if err != nil {
		return err
	}
	s, err := worker.Start(worker.Options{Command: []string{os.Args[0], "worker"}})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := nb.Execute(ctx, s, notebook.Options{}); err != nil {
		return err
	}
	return nb.Write(path)
}

// runSession executes sources as cells of one notebook in dir.
func runSession(t *testing.T, dir string, sources ...string) (*notebook.Notebook, error) {
	t.Helper()
	nb := &notebook.Notebook{}
	for _, source := range sources {
		nb.Cells = append(nb.Cells, &notebook.Cell{Type: notebook.Code, Source: source})
	}
	s, err := worker.Start(worker.Options{Command: []string{os.Args[0], "worker"}, Dir: dir})
	require.NoError(t, err)
	defer s.Close()
	return nb, nb.Execute(t.Context(), s, notebook.Options{})
}

// save makes a reproducer of a case with 72 samples and returns its path.
func save(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("ADKERNEL_RUNS", filepath.Join(dir, "runs"))
	nb, err := runSession(t, dir,
		`unrelated := 17`,
		`deploy, base, task := Case("fp8-drop")`,
		`task = Only(task, Samples(72))`,
		`%env NOTED=1`,
		`%time reference := Run(base, task)
fmt.Println("reference done")`,
		`test := Launch(deploy, task)`,
		`fmt.Println(unrelated)`,
		`test.Wait()`,
		`cmp := Compare(test, reference)`,
		`Diagnose(cmp)`,
		`SaveReproducer("fp8.ipynb")`)
	require.NoError(t, err)
	last := nb.Cells[len(nb.Cells)-1].Outputs[0].Plain()
	require.Regexp(t, `^saved fp8\.ipynb: real loss, -\d+\.\d points, n = 72\n7 of the 9 cells up to the comparison are needed\nadkernel verify fp8\.ipynb`, last)
	return filepath.Join(dir, "fp8.ipynb")
}

func TestAReproducerStandsAloneAndReproduces(t *testing.T) {
	path := save(t)
	nb, err := notebook.Read(path)
	require.NoError(t, err)

	var code []string
	for _, c := range nb.Cells {
		if c.Type == notebook.Code {
			code = append(code, c.Source)
		}
	}
	require.Equal(t, []string{
		`deploy, base, task := Case("fp8-drop")`,
		`task = Only(task, Samples(72))`,
		`%env NOTED=1`,
		"%time reference := Run(base, task)\nfmt.Println(\"reference done\")",
		`test := Launch(deploy, task)`,
		`test.Wait()`,
		`cmp := Compare(test, reference)`,
		`PlotSubjects(Finding().Comparison())`,
		`Finding()`,
	}, code)
	opening, needs, record := nb.Cells[0].Source, nb.Cells[1].Source, nb.Cells[len(nb.Cells)-1].Source
	require.Regexp(t, `^# Served fp8 is \d+\.\d points worse than dense bf16\n\n\*\*Real loss: -.*n = 72; `, opening)
	require.Contains(t, opening, "\n\nDiagnosis: ")
	require.Contains(t, needs, "No model and no data set")
	require.Contains(t, record, `"compile_backend": "torch-cudagraph"`)
	require.Contains(t, record, "| model.safetensors | ")
	require.Contains(t, nb.Cells[len(nb.Cells)-3].Outputs[0].Data, "image/png")

	before, err := os.ReadFile(path)
	require.NoError(t, err)
	var executed []byte
	v, err := reproducer.Verify(t.Context(), path, func(ctx context.Context, path string) error {
		if err := execute(ctx, path); err != nil {
			return err
		}
		executed, err = os.ReadFile(path)
		return err
	})
	require.NoError(t, err)
	require.True(t, v.Reproduced, v.String())
	replay := func(_ context.Context, path string) error { return os.WriteFile(path, executed, 0o644) }
	require.Contains(t, v.String(), "held to every number")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after, "the notebook is not changed")

	t.Run("a tampered number is named", func(t *testing.T) {
		v, err := reproducer.Verify(t.Context(), tamper(t, path, func(finding map[string]any) {
			finding["losses"] = add(finding["losses"], 1)
			finding["gains"] = add(finding["gains"], 1)
		}), replay)
		require.NoError(t, err)
		require.False(t, v.Reproduced)
		require.Regexp(t, `^not reproduced: losses: \d+, saved \d+; held to every number`, v.String())
	})
	t.Run("another device is not held to every number", func(t *testing.T) {
		v, err := reproducer.Verify(t.Context(), tamper(t, path, func(finding map[string]any) {
			finding["losses"] = add(finding["losses"], 1)
			finding["gains"] = add(finding["gains"], 1)
			finding["test"].(map[string]any)["in_force"].(map[string]any)["device"] = "cuda"
		}), replay)
		require.NoError(t, err)
		require.True(t, v.Reproduced)
		require.Contains(t, v.String(), "since device (not set, saved with cuda) of test differs")
	})
	t.Run("other prompts are refused", func(t *testing.T) {
		_, err := reproducer.Verify(t.Context(), tamper(t, path, func(finding map[string]any) {
			finding["test"].(map[string]any)["prompts"].(map[string]any)["text_sha256"] = strings.Repeat("0", 64)
		}), replay)
		require.ErrorContains(t, err, "not the same evaluation")
	})
	t.Run("another format is refused before anything runs", func(t *testing.T) {
		_, err := reproducer.Verify(t.Context(), tamper(t, path, func(finding map[string]any) { finding["format"] = json.Number("2") }), mustNotRun(t))
		require.ErrorContains(t, err, "finding of format 2")
	})
	t.Run("a model that is missing", func(t *testing.T) {
		_, err := reproducer.Verify(t.Context(), edit(t, path, func(nb *notebook.Notebook) {
			nb.Cells[3].Source += "\n" + `deploy.Model = "/nowhere/fp8"`
		}), execute)
		require.ErrorContains(t, err, "/nowhere/fp8")
	})
	t.Run("cells that show no finding", func(t *testing.T) {
		_, err := reproducer.Verify(t.Context(), edit(t, path, func(nb *notebook.Notebook) { nb.Cells = nb.Cells[:3] }), execute)
		require.ErrorContains(t, err, "none shows a finding")
	})
}

func TestOneCellMayCompareAndSave(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ADKERNEL_RUNS", filepath.Join(dir, "runs"))
	_, err := runSession(t, dir,
		`demo := Demo()`,
		`task := Only(demo.Task, Samples(18))`,
		"cmp := Compare(Run(demo.FP8, task), Run(demo.BF16, task))\nSaveReproducer(\"x.ipynb\", cmp)")
	require.NoError(t, err)
	nb, err := notebook.Read(filepath.Join(dir, "x.ipynb"))
	require.NoError(t, err)
	require.Equal(t, "cmp := Compare(Run(demo.FP8, task), Run(demo.BF16, task))", nb.Cells[5].Source)
}

func TestSavingIsRefused(t *testing.T) {
	const prepare = "demo := Demo()\nt := Only(demo.Task, Samples(18))\na, b := Run(demo.FP8, t), Run(demo.BF16, t)"
	for _, test := range []struct {
		name  string
		cells []string
		want  string
	}{
		{"when nothing was compared", []string{`SaveReproducer("x.ipynb")`}, "nothing was compared in this session yet"},
		{"when a later comparison of the cell would be shown", []string{prepare, "first, second := Compare(a, b), Compare(b, a)", `SaveReproducer("x.ipynb", first)`}, "cell In[2] makes more comparisons"},
		{"under another name", []string{prepare, "Compare(a, b)", `SaveReproducer("x.txt")`}, "ends in .ipynb"},
		{"in a folder that is not there", []string{prepare, "Compare(a, b)", `SaveReproducer("nowhere/x.ipynb")`}, "nowhere/x.ipynb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("ADKERNEL_RUNS", t.TempDir())
			_, err := runSession(t, t.TempDir(), test.cells...)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestVerifyRefusesWhatIsNoReproducer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ipynb")
	require.NoError(t, (&notebook.Notebook{}).Write(path))
	_, err := reproducer.Verify(t.Context(), path, mustNotRun(t))
	require.ErrorContains(t, err, "it is not a reproducer: it has no metadata.adkernel.finding")

	require.NoError(t, os.WriteFile(path, []byte("{"), 0o644))
	_, err = reproducer.Verify(t.Context(), path, mustNotRun(t))
	require.ErrorContains(t, err, path)
}

func mustNotRun(t *testing.T) func(context.Context, string) error {
	return func(context.Context, string) error {
		t.Error("cells were executed")
		return nil
	}
}

// edit writes an edited copy of the notebook at path and returns its path.
func edit(t *testing.T, path string, f func(*notebook.Notebook)) string {
	nb, err := notebook.Read(path)
	require.NoError(t, err)
	f(nb)
	out := filepath.Join(t.TempDir(), "edited.ipynb")
	require.NoError(t, nb.Write(out))
	return out
}

func tamper(t *testing.T, path string, f func(finding map[string]any)) string {
	return edit(t, path, func(nb *notebook.Notebook) {
		f(nb.Metadata["adkernel"].(map[string]any)["finding"].(map[string]any))
	})
}

func add(number any, n int64) json.Number {
	value, _ := number.(json.Number).Int64()
	text, _ := json.Marshal(value + n)
	return json.Number(text)
}

func TestModelsGivenByPathAreListedAsNeeded(t *testing.T) {
	demo, err := casebook.Open(t.Context())
	require.NoError(t, err)
	dir := t.TempDir()
	t.Setenv("ADKERNEL_RUNS", filepath.Join(dir, "runs"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ad.yaml"), []byte("attn_backend: paged\n"), 0o644))
	_, err = runSession(t, dir,
		fmt.Sprintf("reference := Deployment{Model: %q}\nserved := Deployment{Name: \"served\", Model: %q, Config: \"ad.yaml\"}", demo.BF16.Model, demo.FP8.Model),
		fmt.Sprintf("task := MMLU(Dataset(%q), Samples(18))", demo.Task.Dataset),
		`test := Run(served, task)`,
		"base := Attach(Run(reference, task).Dir())\nCompare(test, base)",
		`SaveReproducer("paths.ipynb")`)
	require.NoError(t, err)
	nb, err := notebook.Read(filepath.Join(dir, "paths.ipynb"))
	require.NoError(t, err)
	needs := nb.Cells[1].Source
	require.Contains(t, needs, "- The model at `"+demo.FP8.Model+"`, for served: 4 files of 2.0 MB, whose hashes are below.")
	require.Contains(t, needs, "- The model at `"+demo.BF16.Model+"`, for dense: 3 files of 3.7 MB")
	require.Contains(t, needs, "- The configuration file `"+filepath.Join(dir, "ad.yaml")+"`")
	require.Contains(t, needs, "- The data set in `"+demo.Task.Dataset+"`.")
	require.NotContains(t, needs, "comes with the program")
}

func TestModelsThatCellsMakeAndVariablesNameAreToldFromTheDemo(t *testing.T) {
	demo, err := casebook.Open(t.Context())
	require.NoError(t, err)
	dir := t.TempDir()
	t.Setenv("ADKERNEL_RUNS", filepath.Join(dir, "runs"))
	model := filepath.Join(dir, "mine")
	require.NoError(t, os.CopyFS(model, os.DirFS(demo.BF16.Model)))
	_, err = runSession(t, dir,
		fmt.Sprintf("folder := %q", model),
		"task := Only(Demo().Task, Samples(18))",
		"mine := Quantize(Deployment{Model: folder}, \"fp8-block\")",
		"Compare(Run(mine, task), Run(Demo().BF16, task))",
		`SaveReproducer("made.ipynb")`)
	require.NoError(t, err)
	nb, err := notebook.Read(filepath.Join(dir, "made.ipynb"))
	require.NoError(t, err)
	needs := nb.Cells[1].Source
	require.Contains(t, needs, "- The model of mine fp8-block is made by a cell, of what it names.")
	require.Contains(t, needs, "- No model and no data set for dense bf16: the demo checkpoint")
	require.Contains(t, needs, "- `"+model+"`, which a cell names.")
}
