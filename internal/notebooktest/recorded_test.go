package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/notebook"
)

// realCommand is the variable that makes the test binary adkernel itself.
const realCommand = "NOTEBOOKTEST_ADKERNEL"

// recordable is a notebook of which the second cell, on another machine, is
// compiled and not evaluated.
func recordable(t *testing.T) (path string) {
	t.Helper()
	demo, err := filepath.Abs(filepath.Join("..", "..", "notebooks", "demo"))
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "x.ipynb")
	replaced := map[string]any{"adkernel": map[string]any{"offline": "base, test := recorded(\"moe bf16\"), recorded(\"again\")"}}
	nb := &notebook.Notebook{
		Metadata: map[string]any{"adkernel": map[string]any{"recorded": map[string]any{"needs": "patience", "runs": "x.tar.zst", "document": "x.md"}}},
		Cells: []*notebook.Cell{
			{Type: notebook.Code, Source: fmt.Sprintf("moe := Deployment{Name: \"moe bf16\", Model: %q}\ntask := MMLU(Dataset(%q), Samples(18))\nagain := moe.With(\"float32\", \"model_kwargs\", \"torch_dtype\")\nagain.Name = \"again\"",
				filepath.Join(demo, "moe"), filepath.Join(demo, "task"))},
			{Type: notebook.Code, Source: "base, test := Run(moe, task), Run(again, task)", Metadata: replaced},
			{Type: notebook.Markdown, Source: "# What came out"},
			{Type: notebook.Code, Source: "cmp := Compare(test, base)\ncmp"},
			{Type: notebook.Code, Source: "import \"fmt\"\n\nMarkdown(fmt.Sprintf(\"| %d | %.4f |\", cmp.N, cmp.BaseAccuracy.Estimate))"},
		},
	}
	require.NoError(t, nb.Write(path))
	return path
}

func TestARecordedNotebookIsCheckedOnItsRecords(t *testing.T) {
	t.Setenv(realCommand, "1")
	path := recordable(t)
	archive, document := filepath.Join(filepath.Dir(path), "x.tar.zst"), filepath.Join(filepath.Dir(path), "x.md")
	execute := func(args ...string) (status int, output string) {
		var stdout, stderr bytes.Buffer
		status = run(t.Context(), append(append([]string{"-adkernel", os.Args[0]}, args...), path), &stdout, &stderr)
		return status, stdout.String() + stderr.String()
	}
	// edited changes the notebook as it was recorded.
	var sound *notebook.Notebook
	edited := func(change func(*notebook.Notebook)) {
		require.NoError(t, sound.Write(path))
		nb, err := notebook.Read(path)
		require.NoError(t, err)
		change(nb)
		require.NoError(t, nb.Write(path))
	}

	status, output := execute()
	require.Equal(t, 1, status)
	require.Contains(t, output, "it was never executed")

	status, output = execute("-record")
	require.Equal(t, 0, status, output)
	sound, err := notebook.Read(path)
	require.NoError(t, err)
	row := sound.Cells[4].Outputs[0].Data["text/markdown"].(string)
	require.NoError(t, os.WriteFile(document, []byte("# Results\n\n"+row+"\n"), 0o644))

	status, output = execute()
	require.Equal(t, 0, status, output)
	require.Contains(t, output, "1 of 4 cells recorded (they need patience) and compiled")

	require.NoError(t, os.WriteFile(document, []byte("# Results\n"), 0o644))
	status, output = execute()
	require.Equal(t, 1, status)
	require.Contains(t, output, "does not hold this text:")
	require.NoError(t, os.WriteFile(document, []byte(row), 0o644))

	edited(func(nb *notebook.Notebook) { nb.Cells[1].Source += "\nbase.NoSuchMethod()" })
	status, output = execute()
	require.Equal(t, 1, status)
	require.Contains(t, output, "cell 2 (base, test := Run(moe, task), Run(again, task)): it does not compile: CompileError")
	require.Contains(t, output, "NoSuchMethod")

	edited(func(nb *notebook.Notebook) { nb.Cells[1].ExecutionCount = 7 })
	status, output = execute()
	require.Equal(t, 1, status)
	require.Contains(t, output, "it was executed as [7], and its place is [2]")

	edited(func(nb *notebook.Notebook) {
		nb.Cells[3].Outputs[0].Data["text/plain"] = strings.Replace(nb.Cells[3].Outputs[0].Plain(), "18", "19", 1)
	})
	status, output = execute()
	require.Equal(t, 1, status)
	require.Contains(t, output, "cell 4 (cmp := Compare(test, base)), output 1, text/plain: line")

	status, output = execute("-update")
	require.Equal(t, 0, status, output)
	updated, err := notebook.Read(path)
	require.NoError(t, err)
	require.Equal(t, sound.Cells[3].Outputs[0].Plain(), updated.Cells[3].Outputs[0].Plain())
	require.Equal(t, 3, updated.Cells[3].Outputs[0].ExecutionCount)

	edited(func(nb *notebook.Notebook) {
		nb.Cells[1].Metadata["adkernel"] = map[string]any{"offline": "base, test := recorded(\"moe bf16\"), recorded(\"nobody\")"}
	})
	status, output = execute()
	require.Equal(t, 1, status)
	require.Contains(t, output, "no run of nobody is recorded in x.tar.zst")

	edited(func(*notebook.Notebook) {})
	require.NoError(t, os.Truncate(archive, 100))
	status, output = execute()
	require.Equal(t, 1, status)
	require.Contains(t, output, "x.tar.zst: ")
}

// What the records say of a run is what the run says, but for its logits.
func TestARecordHoldsTheAnswers(t *testing.T) {
	t.Setenv(realCommand, "1")
	path := recordable(t)
	var output bytes.Buffer
	e, err := newExecutor(os.Args[0], "", &output)
	require.NoError(t, err)
	defer e.close()
	r := &recording{Runs: "x.tar.zst"}
	_, _, err = e.execute(t.Context(), path)
	require.NoError(t, err, output.String())
	require.NoError(t, e.pack(path, r))
	runs, err := filepath.Glob(filepath.Join(e.runs(path), "*", "samples.jsonl"))
	require.NoError(t, err)
	require.Len(t, runs, 2)
	want, err := os.ReadFile(runs[0])
	require.NoError(t, err)

	require.NoError(t, os.RemoveAll(e.runs(path)))
	_, err = e.unpack(path, r)
	require.NoError(t, err)
	got, err := os.ReadFile(runs[0])
	require.NoError(t, err)
	answers := func(text []byte) []map[string]any {
		var out []map[string]any
		for line := range strings.Lines(string(text)) {
			var s map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &s))
			for _, field := range []string{"row", "crc32", "min", "max", "mean", "rms", "top", "letters"} {
				delete(s, field)
			}
			out = append(out, s)
		}
		return out
	}
	require.ElementsMatch(t, answers(want), answers(got))
	require.Less(t, len(got), 2*len(want)/3)
}

func TestMetadataOfARecordingIsReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		`{"needs": "x", "colour": 1}`:           "colour",
		`{}`:                                    `want "needs" in words`,
		`{"needs": "x", "runs": "../y"}`:        "a file beside the notebook",
		`{"needs": ["x"]}`:                      "cannot unmarshal",
		`{"needs": "x", "runs": "/etc/passwd"}`: "a file beside the notebook",
	} {
		var value any
		require.NoError(t, json.Unmarshal([]byte(text), &value))
		_, err := recordingOf(&notebook.Notebook{Metadata: map[string]any{"adkernel": map[string]any{"recorded": value}}})
		require.ErrorContains(t, err, want)
	}
	for _, c := range []*notebook.Cell{
		{Type: notebook.Markdown, Metadata: map[string]any{"adkernel": map[string]any{"offline": ""}}},
		{Type: notebook.Code, Source: "%cd x", Metadata: map[string]any{"adkernel": map[string]any{"offline": ""}}},
		{Type: notebook.Code, Metadata: map[string]any{"adkernel": map[string]any{"offline": 1}}},
	} {
		_, _, err := offline(c)
		require.ErrorContains(t, err, "metadata.adkernel.offline")
	}
}
