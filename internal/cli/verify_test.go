package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/notebook"
)

// TestMain lets this test binary be adkernel for the processes that its verbs
// start: workers and runs.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		os.Exit(Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// adkernel runs the command in dir and returns its exit status and output.
func adkernel(t *testing.T, dir string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	require.NotEmpty(t, args, "without arguments, this binary would run its tests again")
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	cmd.Env = append(os.Environ(), "ADKERNEL_RUNS="+filepath.Join(dir, "runs"))
	if err := cmd.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func TestVerifyExitsWithWhatItFound(t *testing.T) {
	dir := t.TempDir()
	nb := &notebook.Notebook{}
	for _, source := range []string{
		`demo := Demo()`,
		`task := Only(demo.Task, Samples(18))`,
		`Compare(Run(demo.NVFP4, task), Run(demo.BF16, task))`,
		`SaveReproducer("found.ipynb")`,
	} {
		nb.Cells = append(nb.Cells, &notebook.Cell{Type: notebook.Code, Source: source})
	}
	require.NoError(t, nb.Write(filepath.Join(dir, "session.ipynb")))
	status, _, stderr := adkernel(t, dir, "run", "session.ipynb")
	require.Equal(t, 0, status, stderr)

	status, stdout, stderr := adkernel(t, dir, "verify", "found.ipynb")
	require.Equal(t, 0, status, stderr)
	require.Regexp(t, `^reproduced: .* points, n = 18, .*\n$`, stdout)

	change := func(name string, f func(*notebook.Notebook)) string {
		nb, err := notebook.Read(filepath.Join(dir, "found.ipynb"))
		require.NoError(t, err)
		f(nb)
		require.NoError(t, nb.Write(filepath.Join(dir, name)))
		return name
	}
	finding := func(nb *notebook.Notebook) map[string]any {
		return nb.Metadata["adkernel"].(map[string]any)["finding"].(map[string]any)
	}

	status, stdout, _ = adkernel(t, dir, "verify", "--json", change("other.ipynb", func(nb *notebook.Notebook) { finding(nb)["p"] = json.Number("0.123") }))
	require.Equal(t, 1, status)
	var v struct {
		Reproduced bool
		Differs    string
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &v))
	require.False(t, v.Reproduced)
	require.Regexp(t, `^p: .*, saved 0\.123$`, v.Differs)

	status, stdout, stderr = adkernel(t, dir, "verify", change("broken.ipynb", func(nb *notebook.Notebook) {
		nb.Cells[3].Source += "\n" + `demo.NVFP4.Model = "/nowhere/nvfp4"`
	}))
	require.Equal(t, 2, status)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "/nowhere/nvfp4")

	status, _, stderr = adkernel(t, dir, "verify", "session.ipynb")
	require.Equal(t, 2, status)
	require.Contains(t, stderr, "not a reproducer")
}
