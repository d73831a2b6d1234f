package doctor

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"adkernel/kernel"
)

func jupyter() Finding {
	path, err := exec.LookPath("jupyter")
	if err != nil {
		return Finding{
			What: "jupyter", State: Missing, Detail: "not on PATH",
			Gives: "notebooks in a browser; adkernel repl and adkernel run need none",
			Fix:   "python3 -m pip install jupyterlab",
		}
	}
	return Finding{What: "jupyter", State: OK, Detail: path}
}

// kernelspec finds the kernelspec that Jupyter would take and looks whether
// the program that it names is there.
func kernelspec(executable string) Finding {
	f := Finding{What: "kernelspec", Gives: "Jupyter offers the kernel", Fix: "adkernel install --user"}
	for _, dir := range specDirectories(executable) {
		file := filepath.Join(dir, "kernel.json")
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		var spec struct {
			Argv []string `json:"argv"`
		}
		if err := json.Unmarshal(text, &spec); err != nil || len(spec.Argv) == 0 {
			f.State, f.Detail = Broken, file+" names no command"
			return f
		}
		if _, err := exec.LookPath(spec.Argv[0]); err != nil {
			f.State, f.Detail = Broken, fmt.Sprintf("%s starts %s, which cannot be run", file, spec.Argv[0])
			return f
		}
		return Finding{What: f.What, State: OK, Detail: fmt.Sprintf("%s, starts %s", dir, spec.Argv[0])}
	}
	f.State, f.Detail = Missing, "not installed"
	return f
}

// specDirectories are where the kernelspec may be, in Jupyter's order: the
// user's, the Python environment's, the system's
// (https://docs.jupyter.org/en/latest/use/jupyter-directories.html).
func specDirectories(executable string) []string {
	places := []kernel.SpecOptions{{}}
	if os.Getenv("VIRTUAL_ENV") != "" || os.Getenv("CONDA_PREFIX") != "" {
		places = append(places, kernel.SpecOptions{SysPrefix: true})
	}
	if path, err := exec.LookPath("jupyter"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			places = append(places, kernel.SpecOptions{Prefix: filepath.Dir(filepath.Dir(path))})
		}
	}
	places = append(places, kernel.SpecOptions{Prefix: "/usr/local"}, kernel.SpecOptions{Prefix: "/usr"})
	var dirs []string
	for _, place := range places {
		place.Executable = executable
		if spec, err := kernel.NewSpec(place); err == nil {
			dirs = append(dirs, spec.Dir)
		}
	}
	return dirs
}
