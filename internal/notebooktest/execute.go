package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/kernel/notebook"
)

// An executor runs notebooks, each in a directory of its own with runs of its
// own. What is unpacked or quantized once serves all.
type executor struct {
	program   string
	evaluator string    // of the cells, "" for the program's default
	log       io.Writer // progress of the execution
	root      string    // removed at the end
	keep      bool      // or kept
}

func newExecutor(program, evaluator string, log io.Writer) (*executor, error) {
	program, err := absolute(program)
	if err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp("", "notebooktest-")
	if err != nil {
		return nil, err
	}
	return &executor{program: program, evaluator: evaluator, log: log, root: root}, nil
}

func (e *executor) close() {
	if !e.keep {
		_ = os.RemoveAll(e.root)
	}
}

// execute returns the executed notebook and the engines that its runs used.
// The places where it ran are replaced by those where a user's would run.
func (e *executor) execute(ctx context.Context, path string) (*notebook.Notebook, string, error) {
	runs, work, cache := e.runs(path), e.work(path), e.cache()
	if err := os.MkdirAll(work, 0o755); err != nil {
		return nil, "", err
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	in, out := filepath.Join(work, filepath.Base(path)), e.executed(path)
	if err := os.WriteFile(in, source, 0o644); err != nil {
		return nil, "", err
	}
	args := []string{"run", in, "-o", out}
	if e.evaluator != "" {
		args = append(args, "--evaluator", e.evaluator)
	}
	cmd := exec.CommandContext(ctx, e.program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "ADKERNEL_CACHE="+cache, "ADKERNEL_RUNS="+runs)
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, io.MultiWriter(&output, e.log)
	if err := cmd.Run(); err != nil {
		return nil, "", fmt.Errorf("  it could not be executed (%w):\n%s", err, indent(lastLines(output.String(), 30)))
	}
	nb, err := notebook.Read(out)
	if err != nil {
		return nil, "", err
	}
	engines, err := usedEngines(runs)
	if err != nil {
		return nil, "", err
	}
	replacePaths(nb, e.places(path))
	return nb, engines, nil
}

func nameOf(path string) string { return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) }

// work, runs and cache are where the notebook at path executes, where its runs
// are kept, and where every notebook's demo is.
func (e *executor) work(path string) string { return filepath.Join(e.root, nameOf(path)) }
func (e *executor) runs(path string) string { return filepath.Join(e.root, nameOf(path)+"-runs") }
func (e *executor) cache() string           { return filepath.Join(e.root, "cache") }

// executed is the notebook with its outputs.
func (e *executor) executed(path string) string {
	return filepath.Join(e.root, nameOf(path)+"-executed.ipynb")
}

// places replaces them by those of a user.
func (e *executor) places(path string) *strings.Replacer {
	return strings.NewReplacer(e.runs(path), "~/.local/share/adkernel/runs", e.cache(), "~/.cache/adkernel", e.work(path), "~/notebooks")
}

// usedEngines reads from the specifications of runs which engines computed
// them, each once, sorted.
func usedEngines(runs string) (string, error) {
	paths, err := filepath.Glob(filepath.Join(runs, "*", "spec.json"))
	if err != nil {
		return "", err
	}
	var engines []string
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		var spec struct {
			Engine struct{ Engine, Version string }
		}
		if err := json.Unmarshal(text, &spec); err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		if name := strings.TrimSpace(spec.Engine.Engine + " " + spec.Engine.Version); name != "" && !slices.Contains(engines, name) {
			engines = append(engines, name)
		}
	}
	slices.Sort(engines)
	return strings.Join(engines, ", "), nil
}

// replacePaths rewrites the text of all outputs.
func replacePaths(nb *notebook.Notebook, r *strings.Replacer) {
	for _, c := range nb.Cells {
		for _, o := range c.Outputs {
			o.Text, o.ErrorValue = r.Replace(o.Text), r.Replace(o.ErrorValue)
			for i, line := range o.Traceback {
				o.Traceback[i] = r.Replace(line)
			}
			for mime, value := range o.Data {
				o.Data[mime] = replaceIn(value, r)
			}
		}
	}
}

// replaceIn rewrites the strings of a JSON value. Base64 holds no path: it
// has no dash, and each replaced one does.
func replaceIn(value any, r *strings.Replacer) any {
	switch v := value.(type) {
	case string:
		return r.Replace(v)
	case []any:
		for i := range v {
			v[i] = replaceIn(v[i], r)
		}
	case map[string]any:
		for key := range v {
			v[key] = replaceIn(v[key], r)
		}
	}
	return value
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func indent(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") }
