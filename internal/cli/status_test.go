package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// importedRun is a run of lm-eval's samples in which the first right of n answers
// are right.
func importedRun(t *testing.T, dir, name string, n, right int) string {
	t.Helper()
	path := filepath.Join(dir, name, "samples_own_2026-01-01T00-00-00.000000.jsonl")
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	var text strings.Builder
	for i := range n {
		score := 0
		if i < right {
			score = 1
		}
		fmt.Fprintf(&text, `{"doc_id": %d, "doc": {}, "target": "7", "arguments": {"gen_args_0": {"arg_0": "q%[1]d", "arg_1": {"until": []}}}, "resps": [["7"]], "filtered_resps": ["7"], `+
			`"filter": "none", "metrics": ["exact_match"], "exact_match": %d}`+"\n", i, score)
	}
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o644))
	out := filepath.Join(dir, name, "run")
	status, _, stderr := adkernel(t, dir, "import", path, "-o", out)
	require.Equal(t, exitOK, status, stderr)
	return out
}

// A script must not take a question that could not be asked for an answer.
func TestVerbsEndAsTheirHelpSays(t *testing.T) {
	dir := t.TempDir()
	worse, base := importedRun(t, dir, "worse", 100, 50), importedRun(t, dir, "base", 100, 100)
	file := filepath.Join(dir, "file")
	program := filepath.Join(dir, "program.go")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	t.Setenv("ADKERNEL_CACHE", filepath.Join(file, "cache")) // which cannot be made
	require.NoError(t, os.WriteFile(program, []byte("package main\nfunc main() { undeclared() }\n"), 0o644))
	for _, test := range []struct {
		args []string
		want int
	}{
		{[]string{"compare", base, base}, exitUnderpowered},
		{[]string{"compare", worse, base}, exitNo},
		{[]string{"compare", worse, filepath.Join(dir, "absent")}, exitFailed},
		{[]string{"audit", dir, "--reference", dir}, exitFailed},
		{[]string{"verify", file}, exitFailed},
		{[]string{"doctor"}, exitNo},
		{[]string{"go", program}, exitRefused},
		{[]string{"run", file}, exitFailed},
		{[]string{"nothing"}, exitFailed},
	} {
		status, _, stderr := adkernel(t, dir, test.args...)
		require.Equal(t, test.want, status, "%q: %s", test.args, stderr)
	}
	for _, verb := range []string{"compare", "audit", "verify", "doctor", "go", "run"} {
		status, stdout, stderr := adkernel(t, dir, verb, "--help")
		require.Equal(t, exitOK, status, stderr)
		require.Contains(t, stdout, "\nExit status: ")
	}
}

func TestHelpIsAVerbToo(t *testing.T) {
	status, stdout, stderr := adkernel(t, t.TempDir(), "help")
	require.Equal(t, exitOK, status, stderr)
	require.Contains(t, stdout, "\nCommands:\n")
	_, want, _ := adkernel(t, t.TempDir(), "compare", "--help")
	status, stdout, stderr = adkernel(t, t.TempDir(), "help", "compare")
	require.Equal(t, exitOK, status, stderr)
	require.Equal(t, want, stdout)
}

func TestAWrongCommandLineNamesTheHelpOnIt(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"nothing"}, "adkernel --help lists the verbs"},
		{[]string{"compare", "run"}, `expected "<base>" (adkernel compare --help says what it takes)`},
		{[]string{"audit", "--nothing"}, "unknown flag --nothing (adkernel audit --help says what it takes)"},
	} {
		status, _, stderr := adkernel(t, t.TempDir(), test.args...)
		require.Equal(t, exitFailed, status)
		require.Contains(t, stderr, test.want)
	}
}

func TestRunsAreNamedAsTheyAreListedAndCancelled(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "runs", "run") // below the programs' ADKERNEL_RUNS
	require.NoError(t, os.MkdirAll(filepath.Dir(kept), 0o755))
	require.NoError(t, os.Rename(importedRun(t, dir, "imported", 10, 5), kept))

	status, stdout, stderr := adkernel(t, dir, "attach", "run")
	require.Equal(t, exitOK, status, stderr)
	require.Contains(t, stdout, kept)
	shown, terminal, err := pty.Open()
	require.NoError(t, err)
	defer shown.Close()
	attach := exec.CommandContext(t.Context(), os.Args[0], "attach", kept)
	attach.Stdout, attach.Stderr = terminal, terminal
	require.NoError(t, attach.Run())
	require.NoError(t, terminal.Close())
	lines, _ := io.ReadAll(shown) // Linux ends it with an error
	require.Equal(t, 1, strings.Count(string(lines), kept), "a terminal shows the result once: %s", lines)

	status, _, stderr = adkernel(t, dir, "compare", "run", "run")
	require.Equal(t, exitUnderpowered, status, stderr)
	status, _, stderr = adkernel(t, dir, "export", "run", "-o", "samples.csv")
	require.Equal(t, exitOK, status, stderr)

	status, stdout, stderr = adkernel(t, dir, "cancel", "absent", "run")
	require.Equal(t, exitFailed, status)
	require.Contains(t, stdout, kept, "a run that has ended stays as it is")
	require.NotContains(t, stdout, "cancelled")
	require.Contains(t, stderr, "no run absent: neither a directory here nor the name of a run below")
}
