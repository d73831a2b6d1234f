package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/task"
)

func TestARunFileIsReadOrRefusedWithFileAndPlace(t *testing.T) {
	empty := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", "deployment.model is missing"},
		"unknown key":   {"deployment:\n  modle: m\n", `[2:3] unknown field "modle"; did you mean "model"?`},
		"Go's field":    {"deployment: {model: m, WorldSize: 2}", `unknown field "WorldSize"; did you mean "world_size"?`},
		"kind as key":   {"deployment: {model: m}\ntask: {mmlu: {samples: 100}}", `[2:8] unknown field "mmlu": have kind, dataset, samples, `},
		"top":           {"cases: fp8-drop", `unknown field "cases"; did you mean "case"?`},
		"place":         {"deployment: {model: m, on: {slurm: {partitions: gpu}}}", `unknown field "partitions"; did you mean "partition"?`},
		"wrong type":    {"deployment:\n  model: [1, 2]\n", "[2:10] want text, not a list"},
		"fraction":      {"deployment: {model: m, world_size: 1.5}", `want a whole number, not "1.5"`},
		"not YAML":      {"deployment: {model: m", "[1:13]"},
		"not text":      {"\x89PNG\r\n", "not UTF-8 text"},
		"unknown case":  {"case: none", `no case "none"`},
		"unknown task":  {"deployment: {model: m}\ntask: {kind: none}", `kind "none" is not known`},
		"no data set":   {"deployment: {model: m}\ntask: {kind: mmlu, dataset: /no/where}", "data set /no/where: no folder test"},
		"empty dataset": {"deployment: {model: m}\ntask: {kind: mmlu, dataset: " + empty + "}", "no folder test"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "run.yaml")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o644))
			_, err := readRunFile(t.Context(), path)
			require.ErrorContains(t, err, path+": ")
			require.ErrorContains(t, err, c.want)

			out := filepath.Join(t.TempDir(), "run")
			require.Equal(t, exitFailed, Main([]string{"launch", path, "-o", out}))
			require.NoDirExists(t, out)
		})
	}
}

// yamlBlocks are the preformatted texts of a verb's help.
func yamlBlocks(help string) []string {
	var blocks []string
	for paragraph := range strings.SplitSeq(help, "\n\n") {
		if strings.HasPrefix(paragraph, "\t") {
			blocks = append(blocks, strings.TrimPrefix(strings.ReplaceAll(paragraph, "\n\t", "\n"), "\t")+"\n")
		}
	}
	return blocks
}

func TestTheRunFilesOfTheHelpAreRead(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "datasets"), 0o755))
	demo, err := filepath.Abs(filepath.Join("..", "..", "notebooks", "demo", "task"))
	require.NoError(t, err)
	require.NoError(t, os.Symlink(demo, filepath.Join(root, "datasets", "mmlu")))
	t.Setenv("LLM_MODELS_ROOT", root)
	t.Setenv("ADKERNEL_CACHE", t.TempDir())

	blocks := yamlBlocks(launchCommand{}.Help())
	require.Len(t, blocks, 2)
	read := func(text string) *runFile {
		path := filepath.Join(t.TempDir(), "spec.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		f, err := readRunFile(t.Context(), path)
		require.NoError(t, err)
		return f
	}
	f := read(blocks[0])
	require.Equal(t, engine.Deployment{Model: "/models/llama-3.1-8b-fp8", Config: "ad.yaml", WorldSize: 2}, f.Deployment)
	require.Equal(t, task.Spec{Kind: "mmlu", Samples: 100}, f.Task)
	require.NotEqual(t, read(blocks[1]).Deployment, read(blocks[1]+"base: true\n").Deployment)

	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	require.Contains(t, string(readme), "```yaml\n"+blocks[0]+"```", "the README shows the same file")
}

func TestRunsThatCannotBeListedAreAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	t.Setenv("ADKERNEL_RUNS", file)
	require.Equal(t, exitFailed, Main([]string{"runs"}))
	t.Setenv("ADKERNEL_RUNS", filepath.Join(filepath.Dir(file), "absent"))
	require.Equal(t, exitOK, Main([]string{"runs"}), "no run yet")
}

func TestComparisonsByAFilterSayWhichThereAre(t *testing.T) {
	dir := t.TempDir()
	samples := func(name, strict string) string {
		path := filepath.Join(dir, name, "samples_gsm8k_2026-01-01T00-00-00.000000.jsonl")
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		line := `{"doc_id": 0, "doc": {}, "target": "7", "arguments": {"gen_args_0": {"arg_0": "q", "arg_1": {"until": []}}}, "resps": [["7"]], "filtered_resps": ["7"], ` +
			`"filter": "%s", "metrics": ["exact_match"], "exact_match": %s}` + "\n"
		require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, line+line, "strict-match", strict, "flexible-extract", "1.0"), 0o644))
		out := filepath.Join(dir, name, "run")
		status, _, stderr := adkernel(t, dir, "import", path, "--filter", "flexible-extract", "-o", out)
		require.Equal(t, exitOK, status, stderr)
		return out
	}
	test, base := samples("test", "0.0"), samples("base", "1.0")
	for filter, losses := range map[string]string{"": `"losses": 0`, "strict-match": `"losses": 1`} {
		args := []string{"compare", test, base, "--json"}
		if filter != "" {
			args = append(args, "--filter", filter)
		}
		_, stdout, stderr := adkernel(t, dir, args...)
		require.Contains(t, stdout, losses, stderr)
		require.Contains(t, stdout, `"mean_of_filters"`)
	}
	status, _, stderr := adkernel(t, dir, "compare", test, base, "--filter", "loose")
	require.Equal(t, exitFailed, status)
	require.Contains(t, stderr, `filter "loose": there are ["flexible-extract" "strict-match"]`)
}
