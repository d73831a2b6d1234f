package doctor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/host"
)

// empty is a machine on which nothing is installed.
func empty(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("PATH", filepath.Join(home, "bin"))
	for _, name := range []string{
		"XDG_DATA_HOME", "XDG_CACHE_HOME", "JUPYTER_DATA_DIR", "VIRTUAL_ENV", "CONDA_PREFIX",
		"LLM_MODELS_ROOT", "ADKERNEL_RUNS", "ADKERNEL_CACHE", "ADKERNEL_PYTHON",
	} {
		t.Setenv(name, "")
	}
	return home
}

func write(t *testing.T, mode os.FileMode, text string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), mode))
}

func find(t *testing.T, what string) Finding {
	t.Helper()
	report := Examine(Facts{Version: "1.2.3", Executable: "/opt/adkernel", Evaluators: []string{"yaegi"}, Backends: []string{"embedded"}})
	for _, f := range report.Findings {
		if f.What == what {
			return f
		}
	}
	t.Fatalf("nothing about %s", what)
	return Finding{}
}

func TestWhatIsMissingSaysWhatItGivesAndHowToGetIt(t *testing.T) {
	empty(t)
	report := Examine(Facts{Version: "1.2.3", Executable: "/opt/adkernel"})
	for _, f := range report.Findings {
		if f.State == OK {
			require.Empty(t, f.Fix, f.What)
			continue
		}
		require.NotEmpty(t, f.Gives, f.What)
		require.NotEmpty(t, f.Fix, f.What)
		require.Contains(t, report.MimeBundle().Plain(), f.Fix)
	}
	require.Equal(t, Missing, find(t, "jupyter").State)
	require.Equal(t, Missing, find(t, "LLM_MODELS_ROOT").State)
}

func TestKernelspec(t *testing.T) {
	spec := func(home string) string {
		if runtime.GOOS == "darwin" {
			return filepath.Join(home, "Library", "Jupyter", "kernels", "adkernel", "kernel.json")
		}
		return filepath.Join(home, ".local", "share", "jupyter", "kernels", "adkernel", "kernel.json")
	}
	t.Run("whose program is there", func(t *testing.T) {
		home := empty(t)
		program := filepath.Join(home, "adkernel")
		write(t, 0o755, "", program)
		write(t, 0o644, `{"argv": ["`+program+`", "kernel", "{connection_file}"]}`, spec(home))
		f := find(t, "kernelspec")
		require.Equal(t, OK, f.State)
		require.Contains(t, f.Detail, program)
	})
	t.Run("whose program is gone", func(t *testing.T) {
		home := empty(t)
		write(t, 0o644, `{"argv": ["/nowhere/adkernel"]}`, spec(home))
		f := find(t, "kernelspec")
		require.Equal(t, Broken, f.State)
		require.Contains(t, f.Detail, "/nowhere/adkernel, which cannot be run")
	})
	for name, text := range map[string]string{"that is no JSON": "{", "without a command": `{"argv": []}`} {
		t.Run(name, func(t *testing.T) {
			write(t, 0o644, text, spec(empty(t)))
			f := find(t, "kernelspec")
			require.Equal(t, Broken, f.State)
			require.Contains(t, f.Detail, "kernel.json names no command")
		})
	}
	t.Run("of the environment that jupyter is in", func(t *testing.T) {
		home := empty(t)
		write(t, 0o755, "", home, "bin", "jupyter")
		write(t, 0o755, "", home, "bin", "adkernel")
		write(t, 0o644, `{"argv": ["adkernel"]}`, home, "share", "jupyter", "kernels", "adkernel", "kernel.json")
		require.Equal(t, OK, find(t, "jupyter").State)
		require.Equal(t, OK, find(t, "kernelspec").State)
	})
}

func TestModelsRoot(t *testing.T) {
	home := empty(t)
	t.Setenv("LLM_MODELS_ROOT", home)
	f := find(t, "LLM_MODELS_ROOT")
	require.Equal(t, Missing, f.State)
	require.Contains(t, f.Detail, filepath.Join(home, "datasets", "mmlu"))
	write(t, 0o644, "", home, "datasets", "mmlu", "test", "anatomy_test.csv")
	f = find(t, "LLM_MODELS_ROOT")
	require.Equal(t, OK, f.State)
	require.Contains(t, f.Detail, "subjects: 1")
}

func TestFolders(t *testing.T) {
	home := empty(t)
	runs := find(t, "runs")
	require.Equal(t, OK, runs.State)
	require.Contains(t, runs.Detail, "0 kept")
	require.Contains(t, runs.Detail, "GiB free")
	require.NoDirExists(t, filepath.Join(home, ".local"), "nothing is made")

	write(t, 0o644, "", home, "file")
	t.Setenv("ADKERNEL_RUNS", filepath.Join(home, "file", "runs"))
	runs = find(t, "runs")
	require.Equal(t, Broken, runs.State)
	require.Contains(t, runs.Detail, "cannot be written")
	require.True(t, Report{Findings: []Finding{runs}}.Broken())
}

func TestDemo(t *testing.T) {
	cache := empty(t)
	t.Setenv("ADKERNEL_CACHE", cache)
	require.Equal(t, "in the program, unpacked at first use", find(t, "demo").Detail)
	write(t, 0o644, "{}", cache, "demo-0123456789ab", "dense", "config.json")
	require.Equal(t, "unpacked to "+filepath.Join(cache, "demo-0123456789ab"), find(t, "demo").Detail)
}

func TestReportIsJSON(t *testing.T) {
	text, err := json.Marshal(Report{Findings: []Finding{{What: "jupyter", State: OK, Detail: "/usr/bin/jupyter"}}})
	require.NoError(t, err)
	require.JSONEq(t, `{"findings": [{"what": "jupyter", "state": "ok", "detail": "/usr/bin/jupyter"}]}`, string(text))
}

// narrow is a host whose text is shown in lines of so many characters.
type narrow struct{ host.Host }

func (narrow) LineWidth() int { return 40 }

func TestDetailsKeepToATerminalsLine(t *testing.T) {
	report := Report{Findings: []Finding{{What: "Slurm", State: OK, Detail: "fatal: could not establish a configuration source"}, {What: "runs", State: OK, Detail: "/runs"}}}
	require.Equal(t, "Slurm  ok  fatal: could not establish a configuration source\nruns   ok  /runs", report.MimeBundle().Plain())
	defer host.Set(host.Set(narrow{host.Current()}))
	require.Equal(t, "Slurm  ok  fatal: could not establish a\n           configuration source\nruns   ok  /runs", report.MimeBundle().Plain())
}
