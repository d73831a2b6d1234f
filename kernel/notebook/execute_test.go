package notebook

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact"
	"adkernel/kernel/host"
	"adkernel/kernel/worker"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The test binary is also the worker of the sessions that it starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		err := worker.Main(func(io worker.Stdio) (eval.Evaluator, error) {
			return exact.New(eval.Vocabulary{}, exact.Options{Stdout: io.Out, Stderr: io.Err})
		})
		if err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func start(t *testing.T) *worker.Session {
	t.Helper()
	s, err := worker.Start(worker.Options{Command: []string{os.Args[0], "worker"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func read(t *testing.T, name string) *Notebook {
	t.Helper()
	nb, err := Read(filepath.Join("testdata", name))
	require.NoError(t, err)
	return nb
}

// code is a notebook of code cells.
func code(sources ...string) *Notebook {
	nb := &Notebook{}
	for _, source := range sources {
		nb.Cells = append(nb.Cells, &Cell{Type: Code, Source: source})
	}
	return nb
}

// matchesGolden compares content with a file of testdata.
func matchesGolden(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, content, 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(content))
}

func TestExecutedNotebooksAreWhatJupyterLabSaves(t *testing.T) {
	for _, test := range []struct {
		name    string
		options Options
		failure string
	}{
		{name: "outputs"},
		{name: "stops", failure: "notebook testdata/stops.ipynb: cell 2: Panic: no such subject"},
		{name: "goes-on", options: Options{AllowErrors: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			nb := read(t, test.name+".ipynb")
			err := nb.Execute(t.Context(), start(t), test.options)
			if test.failure == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, test.failure)
			}
			language := nb.Metadata["language_info"].(map[string]any)
			require.NotEmpty(t, language["version"])
			language["version"] = "1.26" // changes with the toolchain
			matchesGolden(t, test.name+".executed.ipynb", nb.encoded())
		})
	}
}

func TestACellWithTheTagRaisesExceptionDoesNotStopTheNotebook(t *testing.T) {
	nb := code(`panic("on purpose")`, "1 + 1")
	nb.Cells[0].Metadata = map[string]any{"tags": []any{"raises-exception"}}
	require.NoError(t, nb.Execute(t.Context(), start(t), Options{}))
	require.Equal(t, Error, nb.Cells[0].Outputs[0].Type)
	require.Equal(t, "2", nb.Cells[1].Outputs[0].Plain())
}

func TestACellWithTheTagSkipExecutionIsLeftAsItIs(t *testing.T) {
	nb := code("1 + 1", `panic("never")`, "2 + 2")
	was := []*Output{{Type: Stream, Name: "stdout", Text: "of another day"}}
	nb.Cells[1].Metadata, nb.Cells[1].Outputs, nb.Cells[1].ExecutionCount = map[string]any{"tags": []any{"skip-execution"}}, was, 7
	require.NoError(t, nb.Execute(t.Context(), start(t), Options{}))
	require.Equal(t, was, nb.Cells[1].Outputs)
	require.Equal(t, 7, nb.Cells[1].ExecutionCount)
	require.Equal(t, 2, nb.Cells[2].ExecutionCount)
}

func TestACellThatTakesTooLongIsInterruptedAndNamed(t *testing.T) {
	nb := code("1 + 1", "for {\n}")
	err := nb.Execute(t.Context(), start(t), Options{Timeout: time.Second})
	require.ErrorContains(t, err, "cell 2: did not end within 1s: KeyboardInterrupt")
	require.Equal(t, "KeyboardInterrupt", nb.Cells[1].Outputs[0].ErrorName)
}

func TestTheEndOfTheContextStopsTheNotebookEvenIfErrorsAreAllowed(t *testing.T) {
	// The cell is interrupted in the moment in which it is sent.
	ctx, cancel := context.WithCancel(t.Context())
	nb := code("1 + 1", "for {\n}", "2 + 2")
	err := nb.Execute(ctx, start(t), Options{AllowErrors: true, Progress: func(p Progress) {
		if p.Number == 2 && !p.Done {
			cancel()
		}
	}})
	var failed *CellError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 2, failed.Cell)
	require.Empty(t, nb.Cells[2].Outputs)
}

func TestProgressCountsTheCellsThatAreExecuted(t *testing.T) {
	nb := code("1", " \n", "2")
	nb.Cells = append(nb.Cells, &Cell{Type: Markdown, Source: "text"})
	var steps []Progress
	require.NoError(t, nb.Execute(t.Context(), start(t), Options{Progress: func(p Progress) { steps = append(steps, p) }}))
	require.Len(t, steps, 4)
	for i, step := range steps {
		require.Equal(t, 1+i/2, step.Number)
		require.Equal(t, 2, step.Of)
		require.Equal(t, i%2 == 1, step.Done)
	}
	require.Zero(t, nb.Cells[1].ExecutionCount)
	require.Equal(t, 2, nb.Cells[2].ExecutionCount)
}

func TestNotebooksInAnotherLanguageAreRefused(t *testing.T) {
	nb := code("print(1)")
	nb.Metadata = map[string]any{"kernelspec": map[string]any{"language": "python"}}
	require.ErrorContains(t, nb.Execute(t.Context(), start(t), Options{}), "its cells are in python")
	made := &Notebook{Metadata: map[string]any{"language_info": map[string]any{"name": "python"}}}
	require.EqualError(t, made.Execute(t.Context(), start(t), Options{}), "its cells are in python (metadata.language_info.name), not in Go")
}

func TestUpdatesReplaceADisplayInPlaceAlsoFromLaterCells(t *testing.T) {
	r := newRecorder()
	first, second := &Cell{Type: Code}, &Cell{Type: Code}
	r.record(first, worker.Stream{Name: "stdout", Text: "a"})
	r.record(first, worker.Display{ID: "x", Bundle: host.Text("0 %")})
	r.record(first, worker.Stream{Name: "stdout", Text: "b"})
	r.record(second, worker.Update{ID: "x", Bundle: host.Text("100 %")})
	r.record(second, worker.Update{ID: "unknown", Bundle: host.Text("lost")})
	r.close()
	r.record(second, worker.Stream{Name: "stdout", Text: "too late"})
	require.Len(t, first.Outputs, 3)
	require.Equal(t, "100 %", first.Outputs[1].Plain())
	require.Equal(t, "b", first.Outputs[2].Plain())
	require.Empty(t, second.Outputs)
}

func TestBundlesAreKeptAsNotebooksKeepThem(t *testing.T) {
	o := &Output{Type: DisplayData}
	o.setBundle(host.Bundle{
		Data: map[string]any{
			"text/plain":       "plot",
			"image/png":        []byte{1, 2, 3},
			"application/json": map[string]any{"n": 1},
		},
		Metadata: map[string]any{"image/png": map[string]any{"width": 400}},
	})
	require.Equal(t, "AQID", o.Data["image/png"])
	require.Equal(t, map[string]any{"image/png": map[string]any{"width": 400}}, o.Metadata)
	require.Contains(t, string(encode(o.tree())), "\"application/json\": {\n   \"n\": 1\n  }")
}

func TestStreamsKeepWhatATerminalWouldShow(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"a\nb", "a\nb"},
		{"10 %\r20 %\r\n", "20 %\n"},
		{"long line\rshort", "shortline"},
		{"ab\b\bc", "c"},
		{"a\n\bb", "a\nb"},
		{"é\rü", "ü"},
	} {
		s := &screen{}
		s.write(test.text)
		require.Equal(t, test.want, s.text(), "%q", test.text)
	}
}
