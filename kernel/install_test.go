package kernel

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheKernelspecIsWrittenAsAWholeAndReplaced(t *testing.T) {
	prefix := t.TempDir()
	s, err := NewSpec(SpecOptions{Executable: "/opt/adkernel", Prefix: prefix})
	require.NoError(t, err)
	require.Equal(t, filepath.Join(prefix, "share/jupyter/kernels/adkernel"), s.Dir)
	require.NoDirExists(t, s.Dir, "nothing is written before Install")

	require.NoError(t, s.Install())
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "old"), nil, 0o600))
	require.NoError(t, s.Install())
	require.NoFileExists(t, filepath.Join(s.Dir, "old"))
	entries, err := os.ReadDir(filepath.Dir(s.Dir))
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else is left behind")

	text, err := os.ReadFile(filepath.Join(s.Dir, "kernel.json"))
	require.NoError(t, err)
	require.JSONEq(t, `{
		"argv": ["/opt/adkernel", "kernel", "{connection_file}"],
		"display_name": "Go (adkernel)", "language": "go", "interrupt_mode": "signal", "metadata": {"debugger": false}
	}`, string(text))
	for name, size := range map[string]int{"logo-32x32.png": 32, "logo-64x64.png": 64} {
		logo, err := png.DecodeConfig(bytes.NewReader(s.Files[name]))
		require.NoError(t, err)
		require.Equal(t, []int{size, size}, []int{logo.Width, logo.Height})
	}
	require.Contains(t, string(s.Files["logo-svg.svg"]), "<svg")
}

func TestAnotherEvaluatorHasASpecOfItsOwn(t *testing.T) {
	s, err := NewSpec(SpecOptions{Executable: "/opt/adkernel", Evaluator: "yaegi", Prefix: "/p"})
	require.NoError(t, err)
	require.Equal(t, "/p/share/jupyter/kernels/adkernel-yaegi", s.Dir)
	var description struct {
		Argv []string `json:"argv"`
	}
	require.NoError(t, json.Unmarshal(s.Files["kernel.json"], &description))
	require.Equal(t, []string{"/opt/adkernel", "kernel", "--evaluator", "yaegi", "{connection_file}"}, description.Argv)
}

func TestKernelspecsGoWhereJupyterLooks(t *testing.T) {
	for _, name := range []string{"JUPYTER_DATA_DIR", "XDG_DATA_HOME", "VIRTUAL_ENV", "CONDA_PREFIX"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", "/home/u")
	dir := func(o SpecOptions) string {
		o.Executable = "/opt/adkernel"
		s, err := NewSpec(o)
		require.NoError(t, err)
		return s.Dir
	}
	_, err := NewSpec(SpecOptions{Executable: "/opt/adkernel", SysPrefix: true})
	require.ErrorContains(t, err, "no Python environment is active")
	_, err = NewSpec(SpecOptions{Executable: "adkernel"})
	require.ErrorContains(t, err, `"adkernel" is not an absolute path`)

	t.Setenv("XDG_DATA_HOME", "/data")
	require.Equal(t, "/data/jupyter/kernels/adkernel", dir(SpecOptions{}))
	t.Setenv("JUPYTER_DATA_DIR", "/jupyter")
	require.Equal(t, "/jupyter/kernels/adkernel", dir(SpecOptions{}))
	t.Setenv("CONDA_PREFIX", "/conda")
	require.Equal(t, "/conda/share/jupyter/kernels/adkernel", dir(SpecOptions{SysPrefix: true}))
	t.Setenv("VIRTUAL_ENV", "/venv")
	require.Equal(t, "/venv/share/jupyter/kernels/adkernel", dir(SpecOptions{SysPrefix: true}))
}

func TestAFolderThatCannotBeWrittenIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	s, err := NewSpec(SpecOptions{Executable: "/opt/adkernel", Prefix: file})
	require.NoError(t, err)
	require.ErrorContains(t, s.Install(), "cannot install the kernelspec")
}
