package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/notebook"
)

// saved writes a notebook of code cells and returns its path.
func saved(t *testing.T, sources ...string) string {
	t.Helper()
	nb := &notebook.Notebook{}
	for _, source := range sources {
		nb.Cells = append(nb.Cells, &notebook.Cell{Type: notebook.Code, Source: source})
	}
	path := filepath.Join(t.TempDir(), "nb.ipynb")
	require.NoError(t, nb.Write(path))
	return path
}

func TestRunWritesTheExecutedNotebookAndItsStatusSaysWhetherACellFailed(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []string
		status  int
		last    []string // text of the last cell's outputs
	}{
		{"stops", nil, exitFailed, nil},
		{"goes on", []string{"--allow-errors"}, exitOK, []string{"42"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := saved(t, "x := 6", `panic("no")`, "x * 7")
			output := filepath.Join(t.TempDir(), "out.ipynb")
			require.Equal(t, test.status, Main(append([]string{"run", path, "-o", output}, test.options...)))
			nb, err := notebook.Read(output)
			require.NoError(t, err)
			require.Equal(t, "Panic", nb.Cells[1].Outputs[0].ErrorName)
			var last []string
			for _, o := range nb.Cells[2].Outputs {
				last = append(last, o.Plain())
			}
			require.Equal(t, test.last, last)
		})
	}
}

func TestRunWritesWhatHasRunBeforeTheRestHas(t *testing.T) {
	output := filepath.Join(t.TempDir(), "out.ipynb")
	path := saved(t, "import \"os\"\n6 * 7", fmt.Sprintf("text, _ := os.ReadFile(%q)\nfmt.Println(len(text) > 0, strings.Contains(string(text), \"42\"))", output))
	require.Equal(t, exitOK, Main([]string{"run", path, "-o", output}))
	nb, err := notebook.Read(output)
	require.NoError(t, err)
	require.Equal(t, "true true\n", nb.Cells[1].Outputs[0].Plain())
}

func TestNoCellRunsWhenTheNotebookCannotBeWritten(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "ran")
	path := saved(t, fmt.Sprintf("import \"os\"\nos.WriteFile(%q, nil, 0o644)", mark))
	require.Equal(t, exitFailed, Main([]string{"run", path, "-o", filepath.Join(t.TempDir(), "missing", "out.ipynb")}))
	require.NoFileExists(t, mark)
}

func TestRunWithoutAnOutputExecutesInPlace(t *testing.T) {
	path := saved(t, "1 + 1")
	require.Equal(t, exitOK, Main([]string{"run", path}))
	nb, err := notebook.Read(path)
	require.NoError(t, err)
	require.Equal(t, "2", nb.Cells[0].Outputs[0].Plain())
}

func TestANotebookThatCannotBeReadIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nb.ipynb")
	require.NoError(t, os.WriteFile(path, []byte(`{"nbformat": 3}`), 0o644))
	require.Equal(t, exitFailed, Main([]string{"run", path}))
	require.Equal(t, exitFailed, Main([]string{"export", path}))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, `{"nbformat": 3}`, string(content))
}

func TestANotebookOfAnotherLanguageIsNotOverwritten(t *testing.T) {
	const python = `{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3", "language": "python"}}, "cells": []}`
	path := filepath.Join(t.TempDir(), "nb.ipynb")
	require.NoError(t, os.WriteFile(path, []byte(python), 0o644))
	require.Equal(t, exitFailed, Main([]string{"run", path}))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, python, string(content))
}

func TestExportWritesAPageBesideTheNotebook(t *testing.T) {
	path := saved(t, "1 + 1")
	require.Equal(t, exitOK, Main([]string{"export", path}))
	page, err := os.ReadFile(filepath.Join(filepath.Dir(path), "nb.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "<title>nb</title>")
}

func TestRunSetsParameters(t *testing.T) {
	nb := &notebook.Notebook{Cells: []*notebook.Cell{
		{Type: notebook.Code, Source: "n := 1\nname := \"a\"", Metadata: map[string]any{"tags": []any{"parameters"}}},
		{Type: notebook.Code, Source: "fmt.Sprint(n+1, name)"},
	}}
	path := filepath.Join(t.TempDir(), "nb.ipynb")
	require.NoError(t, nb.Write(path))
	output := filepath.Join(t.TempDir(), "out.ipynb")
	require.Equal(t, exitOK, Main([]string{"run", path, "-o", output, "-p", "n=41", "-p", "name=x;y, z=1"}))
	executed, err := notebook.Read(output)
	require.NoError(t, err)
	require.Len(t, executed.Cells, 3)
	require.Equal(t, "42x;y, z=1", executed.Cells[2].Outputs[len(executed.Cells[2].Outputs)-1].Plain())
	require.Equal(t, exitFailed, Main([]string{"run", path, "-o", output + "2", "-p", "m=1"}))
	require.NoFileExists(t, output+"2", "nothing ran")
}
