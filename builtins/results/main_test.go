package results

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/run"
)

const (
	lmScores = "testdata/lmeval/results_2026-11-23T16-46-29.190442.json"
	lmChoice = "testdata/lmeval/samples_tinyqa_2026-11-23T16-46-29.190442.jsonl"
	lmText   = "testdata/lmeval/samples_tinygen_2026-11-23T16-46-29.190442.jsonl"
)

// file writes a file of the test.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// options keep a run in a folder of the test.
func options(t testing.TB) Options {
	t.Helper()
	return Options{Run: run.Options{Root: t.TempDir()}}
}

func imported(t testing.TB, o Options, paths ...string) (*run.Run, []run.Sample) {
	t.Helper()
	r, err := Import(t.Context(), paths, o)
	require.NoError(t, err)
	samples, err := r.Samples()
	require.NoError(t, err)
	return r, samples
}

// refused imports what must not become a run, and makes sure that nothing is
// left of it.
func refused(t testing.TB, want string, o Options, paths ...string) {
	t.Helper()
	_, err := Import(t.Context(), paths, o)
	require.ErrorContains(t, err, want)
	entries, err := os.ReadDir(o.Run.Root)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// edited is the text of a file with one change in it.
func edited(t testing.TB, path, old, new string) string {
	t.Helper()
	text := whole(t, path)
	require.Truef(t, strings.Contains(text, old), "%s has no %s", path, old)
	return strings.Replace(text, old, new, 1)
}

func whole(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func jsonOf(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestWhatCannotBeImportedIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		paths []string
		want  string
	}{
		"nothing":          {nil, "nothing to import"},
		"no file":          {[]string{"testdata/absent"}, "no such file"},
		"empty":            {[]string{file(t, "a.json", "")}, "the file is empty"},
		"a text":           {[]string{file(t, "a.txt", "hello\n")}, "not a result file of a format that is known"},
		"other JSON":       {[]string{file(t, "a.json", `{"x": 1}`)}, "JSON with the keys x"},
		"a folder without": {[]string{t.TempDir()}, "no result files in this folder"},
		"twice":            {[]string{lmText, lmText}, "is given twice"},
		"averages of SGLang": {[]string{file(t, "result.jsonl", `{"task": "mmlu", "backend": "srt", "num_gpus": 1, "latency": 3.1, "accuracy": 0.61, "num_requests": 14042}`)},
			"averages and no samples"},
		"averages of vLLM": {[]string{file(t, "r.json", "{\n  \"accuracy\": 0.5,\n  \"invalid_rate\": 0.0\n}")}, "averages and no samples"},
		"results alone":    {[]string{lmScores}, "name the file with the lm-eval samples as well"},
		"two formats":      {[]string{lmText, file(t, "raw.jsonl", `{"prompt_id": 0, "prompt": "p", "output": "o", "correct": true}`)}, "import them one by one"},
		"a stray companion": {[]string{lmText, file(t, "in.jsonl", `{"custom_id": "a", "method": "POST", "url": "/v1/completions", "body": {}}`)},
			"does not go with lm-eval samples"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, c.want, options(t), c.paths...) })
	}
}
