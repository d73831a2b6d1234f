package cli

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"adkernel/builtins/symbols"
	"adkernel/internal/version"
	"adkernel/kernel"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact"
	"adkernel/kernel/eval/yaegi"
	"adkernel/kernel/magic"
	"adkernel/kernel/notebook"
	"adkernel/kernel/worker"
)

// evaluator is shared by the verbs that evaluate cells.
type evaluator struct {
	Evaluator string `enum:"exact,yaegi" default:"exact" help:"Evaluator of the cells: ${enum}."`
}

// worker is how a session's worker process is started.
func (e evaluator) worker() (worker.Options, error) {
	self, err := os.Executable()
	if err != nil {
		return worker.Options{}, err
	}
	return worker.Options{Command: []string{self, "worker", "--evaluator", e.Evaluator}}, nil
}

type workerCommand struct{ evaluator }

func (c workerCommand) Run() error {
	return worker.Main(func(io worker.Stdio) (eval.Evaluator, error) {
		vocabulary, err := symbols.Vocabulary()
		if err != nil {
			return nil, err
		}
		e, err := c.new(vocabulary, io)
		if err != nil {
			return nil, err
		}
		return magic.Wrap(e, magic.Options{Out: io.Out, Err: io.Err, Doctor: examine, Notebook: codeCells}), nil
	})
}

// new starts the evaluator's session.
func (e evaluator) new(v eval.Vocabulary, io worker.Stdio) (eval.Evaluator, error) {
	if e.Evaluator == "yaegi" {
		return yaegi.New(v, yaegi.Options{Stdin: io.In, Stdout: io.Out, Stderr: io.Err})
	}
	return exact.New(v, exact.Options{Stdin: io.In, Stdout: io.Out, Stderr: io.Err, MaxMemory: exact.MemoryShare(), Exhausted: outOfMemory})
}

// outOfMemory ends the worker, as the system would later and without a reason.
func outOfMemory(err error) {
	fmt.Fprintf(os.Stderr, "fatal error: %v\n", err)
	os.Exit(2)
}

// codeCells reads what %run runs of a notebook.
func codeCells(file string) ([]string, error) {
	nb, err := notebook.Read(file)
	if err != nil {
		return nil, err
	}
	var sources []string
	for _, c := range nb.Cells {
		if c.Type == notebook.Code {
			sources = append(sources, c.Source)
		}
	}
	return sources, nil
}

type kernelCommand struct {
	evaluator
	ConnectionFile string `arg:"" type:"path" help:"Written by Jupyter; one that does not exist is made, for a client to connect to."`
}

func (c kernelCommand) Run(ctx context.Context) error {
	options, err := c.worker()
	if err != nil {
		return err
	}
	// Signals are the kernel's: SIGINT interrupts a cell.
	return kernel.Run(context.WithoutCancel(ctx), c.ConnectionFile, kernel.Options{
		Worker:  options,
		Version: version.Number,
		History: historyFile(),
		Log:     slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

// historyFile is where the cells of every session are kept; "" when the user
// has no data directory.
func historyFile() string {
	data := os.Getenv("XDG_DATA_HOME")
	if data == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "adkernel", "history.jsonl")
}

type installCommand struct {
	User      bool   `xor:"where" help:"Install for this user (the default)."`
	Prefix    string `xor:"where" placeholder:"DIR" help:"Install below DIR/share/jupyter."`
	SysPrefix bool   `xor:"where" help:"Install into the active Python environment."`
	Evaluator string `enum:"exact,yaegi" default:"exact" help:"Evaluator of the kernel: ${enum}; one that is not the default gets a kernelspec of its own."`
	DryRun    bool   `help:"Say what would be written, and write nothing."`
}

// other is the evaluator's name when it is not the default.
func other(evaluator string) string {
	if evaluator == "exact" {
		return ""
	}
	return evaluator
}

func (c installCommand) Run() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	spec, err := kernel.NewSpec(kernel.SpecOptions{Executable: self, Evaluator: other(c.Evaluator), Prefix: c.Prefix, SysPrefix: c.SysPrefix})
	if err != nil {
		return err
	}
	if c.DryRun {
		for _, name := range slices.Sorted(maps.Keys(spec.Files)) {
			fmt.Printf("would write %s (%d bytes)\n", filepath.Join(spec.Dir, name), len(spec.Files[name]))
		}
		fmt.Printf("%s\n", spec.Files["kernel.json"])
		return nil
	}
	if err := spec.Install(); err != nil {
		return err
	}
	fmt.Println("installed", spec.Dir)
	return nil
}
