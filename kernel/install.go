package kernel

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

//go:embed logo/logo-svg.svg logo/logo-32x32.png logo/logo-64x64.png
var logos embed.FS

// SpecOptions say which kernelspec to write, and where.
type SpecOptions struct {
	Executable string // absolute path of the command; it has the verb "kernel"
	Evaluator  string // empty: the default; otherwise the spec has a name of its own

	// Where: the first that is set. None: the user's own data directory.
	Prefix    string // PREFIX/share/jupyter
	SysPrefix bool   // the active Python environment's prefix
}

// A Spec is a kernelspec: the files by which front ends find the kernel.
type Spec struct {
	Dir   string            // where they belong
	Files map[string][]byte // by name
}

// NewSpec returns the kernelspec without writing it.
func NewSpec(o SpecOptions) (*Spec, error) {
	if !filepath.IsAbs(o.Executable) {
		return nil, fmt.Errorf("executable %q is not an absolute path", o.Executable)
	}
	data, err := dataDir(o)
	if err != nil {
		return nil, err
	}
	name, title := implementation, "Go (adkernel)"
	argv := []string{o.Executable, "kernel"}
	if o.Evaluator != "" {
		name += "-" + o.Evaluator
		title = "Go (adkernel, " + o.Evaluator + ")"
		argv = append(argv, "--evaluator", o.Evaluator)
	}
	description, err := json.MarshalIndent(map[string]any{
		"argv":           append(argv, "{connection_file}"),
		"display_name":   title,
		"language":       Language().Name,
		"interrupt_mode": "signal", // the default, and quicker than a message
		"metadata":       map[string]any{"debugger": false},
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	s := &Spec{
		Dir:   filepath.Join(data, "kernels", name),
		Files: map[string][]byte{"kernel.json": append(description, '\n')},
	}
	return s, fs.WalkDir(logos, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		s.Files[d.Name()], err = logos.ReadFile(path)
		return err
	})
}

// Install writes the files in place of a spec of the same name. Front ends
// see the old files or the new ones, never a mixture.
func (s *Spec) Install() error {
	parent := filepath.Dir(s.Dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("cannot install the kernelspec: %w", err)
	}
	// Jupyter takes no folder for a kernelspec whose name has such characters.
	next, err := os.MkdirTemp(parent, ".~"+filepath.Base(s.Dir)+"-")
	if err != nil {
		return fmt.Errorf("cannot install the kernelspec: %w", err)
	}
	defer os.RemoveAll(next)
	for name, data := range s.Files {
		if err := os.WriteFile(filepath.Join(next, name), data, 0o644); err != nil {
			return fmt.Errorf("cannot install the kernelspec: %w", err)
		}
	}
	if err := os.Chmod(next, 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(s.Dir); err != nil {
		return fmt.Errorf("cannot replace the kernelspec: %w", err)
	}
	if err := os.Rename(next, s.Dir); err != nil {
		return fmt.Errorf("cannot install the kernelspec: %w", err)
	}
	return nil
}

// dataDir is the Jupyter data directory that o names
// (https://docs.jupyter.org/en/latest/use/jupyter-directories.html).
func dataDir(o SpecOptions) (string, error) {
	switch {
	case o.Prefix != "":
		prefix, err := filepath.Abs(o.Prefix)
		return filepath.Join(prefix, "share", "jupyter"), err
	case o.SysPrefix:
		for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
			if prefix := os.Getenv(name); prefix != "" {
				return filepath.Join(prefix, "share", "jupyter"), nil
			}
		}
		return "", errors.New("no Python environment is active (neither VIRTUAL_ENV nor CONDA_PREFIX is set): name its folder as the prefix")
	}
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Jupyter"), nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter"), nil
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}
