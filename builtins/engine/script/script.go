// Package script runs engines that are Python programs. A program's files are
// written into the run directory, so that the run shows exactly what ran, and
// started there with one JSON specification; requests and answers then pass
// through two pipes. The programs import torch and the engine itself; what
// they say of it (Info, tokens, logits) is all that this side knows.
//
// The package knows processes, the channel and what can go wrong with both. It
// does not know any engine: package transformers and package trtllm say which
// program is started with which specification.
//
// # The channel
//
// A frame is a line of JSON with an "event" and, where its "bytes" is not 0,
// that many bytes behind it: token ids as int32, logits as float32, little
// endian. The program reads frames from descriptor 3 and writes them to
// descriptor 4; what it prints goes to engine/log.txt. When descriptor 3 ends
// the program kills itself and its children, so that no death of this side
// leaves a process on a GPU.
package script

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/internal/modelfolder"
)

// A Program is an engine in Python.
type Program struct {
	Name  string // of the backend
	Files fs.FS  // modules; main.py is what is started
}

// shared are the modules that every program can import.
//
//go:embed python/*.py
var shared embed.FS

// Spec is what a program is started with, as engine/spec.json.
type Spec struct {
	Model    string         `json:"model"`           // directory
	Patch    string         `json:"patch,omitempty"` // Python file
	Dir      string         `json:"dir"`             // for the program's own files
	Settings map[string]any `json:"settings"`
}

// Open starts a program for deployment d and returns once it has loaded the
// model.
func Open(ctx context.Context, d engine.Deployment, at engine.Site, program Program, settings map[string]any) (*Engine, error) {
	if err := modelfolder.Check(d.Model); err != nil {
		return nil, fmt.Errorf("deployment %s: %w", d.Label(), err)
	}
	python, err := interpreter(d)
	if err != nil {
		return nil, fmt.Errorf("deployment %s: %w", d.Label(), err)
	}
	dir, temporary, err := place(at.Dir)
	if err != nil {
		return nil, err
	}
	e := &Engine{site: at}
	if temporary {
		e.temporary = dir
	}
	if settings == nil {
		settings = map[string]any{}
	}
	spec := Spec{Model: d.Model, Patch: d.Patch, Dir: dir, Settings: settings}
	if err := e.load(ctx, program, python, spec); err != nil {
		if strings.Contains(err.Error(), dir) {
			e.temporary = "" // whoever reads the error wants to read the log
		}
		e.Close()
		return nil, fmt.Errorf("deployment %s: %w", d.Label(), err)
	}
	return e, nil
}

// place returns the directory of the engine's own files.
func place(run string) (dir string, temporary bool, err error) {
	if run == "" {
		dir, err = os.MkdirTemp("", "adkernel-engine-")
		return dir, true, err
	}
	if run, err = filepath.Abs(run); err != nil {
		return "", false, err
	}
	dir = filepath.Join(run, "engine")
	return dir, false, os.MkdirAll(dir, 0o755)
}

// write puts the program's files and its specification into dir.
func write(dir string, program Program, spec Spec) error {
	folder, err := fs.Sub(shared, "python")
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	for _, from := range []fs.FS{folder, program.Files} {
		names, err := fs.Glob(from, "*.py")
		if err != nil {
			return err
		}
		for _, name := range names {
			if files[name], err = fs.ReadFile(from, name); err != nil {
				return err
			}
		}
	}
	text, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	files[specFile] = append(text, '\n')
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

const (
	specFile = "spec.json"
	logFile  = "log.txt"
	mainFile = "main.py"
)

// pythonVariable names the interpreter of deployments that name none.
const pythonVariable = "ADKERNEL_PYTHON"

// interpreter returns the path of the deployment's Python.
func interpreter(d engine.Deployment) (string, error) {
	name, from := d.Python, "Python of the deployment"
	if name == "" {
		name, from = os.Getenv(pythonVariable), "$"+pythonVariable
	}
	if name == "" {
		name, from = "python3", "neither the deployment's Python nor $"+pythonVariable+" is set, and python3"
	} else {
		from += " is " + name + ", which"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("no Python for this engine: %s cannot be started (%w); name an interpreter that has the engine's packages", from, unwrapExec(err))
	}
	return filepath.Abs(path)
}

// unwrapExec drops the name from exec's error, which the message has already.
func unwrapExec(err error) error {
	if e, ok := err.(*exec.Error); ok {
		return e.Err
	}
	return err
}
