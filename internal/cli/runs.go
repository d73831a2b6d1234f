package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"adkernel/builtins/casebook"
	"adkernel/builtins/compare"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/internal/yamltext"
	"adkernel/kernel/console"
	"adkernel/kernel/host"
)

// runFile is what launch reads: a deployment and a task, in the words of the
// vocabulary.
type runFile struct {
	Case       string            `yaml:"case"` // of the casebook, instead of the two below
	Base       bool              `yaml:"base"` // the case's base instead of its deployment
	Deployment engine.Deployment `yaml:"deployment"`
	Task       task.Spec         `yaml:"task"`
}

func readRunFile(ctx context.Context, path string) (*runFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &runFile{}
	if err := yamltext.DecodeStrict(text, f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if f.Case == "" {
		return f, f.check(path)
	}
	c, err := casebook.Find(ctx, f.Case)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	on := f.Deployment.On // the only thing that a case leaves open
	f.Deployment = c.Deploy
	if f.Base {
		f.Deployment = c.Base
	}
	f.Deployment.On = on
	c.Task.Samples, c.Task.Subjects = f.Task.Samples, f.Task.Subjects
	f.Task = c.Task
	return f, nil
}

// check refuses what no run could be made of.
func (f *runFile) check(path string) error {
	if f.Deployment.Model == "" {
		return fmt.Errorf("%s: deployment.model is missing: want the directory of a checkpoint", path)
	}
	if _, err := f.Task.Load(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

type launchCommand struct {
	output
	Spec       string `arg:"" type:"existingfile" help:"YAML with deployment and task."`
	Out        string `short:"o" placeholder:"RUN" help:"Run directory; default: a new one below the runs' root."`
	Background bool   `help:"Return at once; attach follows the run."`
}

// Help shows a file that is read.
func (launchCommand) Help() string {
	return `The fields are those of Deployment and of the tasks in cells, as in world_size for WorldSize:

	deployment:
	  model: /models/llama-3.1-8b-fp8  # folder of a checkpoint
	  config: ad.yaml                  # settings, in AutoDeploy's words
	  world_size: 2
	task:
	  kind: mmlu                       # or gsm8k, gpqa, questions, lm-eval; dataset: PATH names its folder or file
	  samples: 100

A case of the casebook stands for both, with base: true for the run that it is compared with:

	case: fp8-drop

launch waits for the run, and an interrupt cancels it. Where the run fails the exit status is 2; attach --resume goes on with it.`
}

func (c launchCommand) Run(ctx context.Context) error {
	f, err := readRunFile(ctx, c.Spec)
	if err != nil {
		return err
	}
	options, err := runOptions(c.Out)
	if err != nil {
		return err
	}
	r, err := run.Launch(ctx, run.Spec{Deployment: f.Deployment, Task: f.Task}, options)
	if err != nil {
		return err
	}
	return follow(ctx, r, c.output, c.Background)
}

type attachCommand struct {
	output
	Run_   string `arg:"" name:"run" help:"Run: its directory, or its name as runs lists it."`
	Resume bool   `help:"Compute what is missing of a run that ended early."`
}

func (c attachCommand) Run(ctx context.Context) error {
	r, err := run.Find(c.Run_)
	if err != nil {
		return err
	}
	if c.Resume {
		if err := r.Resume(ctx, run.Options{}); err != nil {
			return err
		}
	}
	return follow(ctx, r, c.output, false)
}

type cancelCommand struct {
	Runs []string `arg:"" name:"run" help:"Runs: their directories, or their names as runs lists them."`
}

// Help says what remains.
func (cancelCommand) Help() string {
	return `What a run has finished is kept, and attach --resume goes on with it. A run that has ended already stays as it is. Where one of them cannot be cancelled the others are nevertheless, and the exit status is 2.`
}

func (c cancelCommand) Run() error {
	var failed []error
	for _, name := range c.Runs {
		line, err := cancel(name)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		fmt.Println(line)
	}
	return errors.Join(failed...)
}

// cancel ends a run, and says how it is now.
func cancel(name string) (string, error) {
	r, err := run.Find(name)
	if err != nil {
		return "", err
	}
	if err := r.Cancel(); err != nil {
		return "", err
	}
	return r.MimeBundle().Plain(), nil
}

// follow shows a run's progress on standard error and its result on standard
// output, once where both are the same terminal.
func follow(ctx context.Context, r *run.Run, o output, background bool) error {
	if !background {
		if err := r.Follow(host.NewTerminal(ctx, os.Stderr)); err != nil {
			return err
		}
	}
	if !o.JSON {
		if !background && console.IsTerminal(os.Stderr) && console.IsTerminal(os.Stdout) {
			return nil
		}
		_, err := fmt.Println(r.MimeBundle().Plain())
		return err
	}
	progress, err := r.Progress()
	if err != nil {
		return err
	}
	return writeJSON(os.Stdout, map[string]any{
		"run": r.Dir(), "label": r.Label(), "status": progress.Status,
		"done": progress.Done, "total": progress.Total, "correct": progress.Correct, "judged": progress.Done - progress.Unjudged,
	})
}

type runsCommand struct{ output }

func (c runsCommand) Run() error {
	root, err := run.Root()
	if err != nil {
		return err
	}
	table, unreadable := run.Overview(root)
	if unreadable != nil && (table == nil || table.Len() == 0) {
		return unreadable
	}
	if unreadable != nil {
		fmt.Fprintln(os.Stderr, "adkernel:", unreadable)
	}
	if !c.JSON {
		_, err := fmt.Println(table)
		return err
	}
	rows := make([]map[string]any, table.Len())
	for i := range rows {
		if rows[i], err = table.Row(i); err != nil {
			return err
		}
	}
	return writeJSON(os.Stdout, rows)
}

type executeRunCommand struct {
	Dir string `arg:"" type:"existingdir"`
}

func (c executeRunCommand) Run(ctx context.Context) error {
	return run.Execute(ctx, c.Dir, backend.Open)
}

// onHostCommand is what runs On SSH start on the other machine.
type onHostCommand struct {
	Action string `arg:""`
	Asker  string `arg:""`
	Token  string `arg:""`
	Dir    string `arg:""`
}

func (c onHostCommand) Run(ctx context.Context) error {
	return run.OnHost(ctx, os.Stdout, run.Options{}, c.Action, c.Asker, c.Token, c.Dir)
}

// two are the runs of a comparison.
type two struct {
	Test string `arg:"" name:"run" help:"Run of the deployment: its directory, or its name as runs lists it."`
	Base string `arg:"" help:"Run of its reference."`

	Filter string `help:"Judge both by this filter of their task: strict-match or flexible-extract of gsm8k."`
}

func (t two) attach() (test, base *run.Run, err error) {
	if test, err = t.open(t.Test); err != nil {
		return nil, nil, err
	}
	base, err = t.open(t.Base)
	return test, base, err
}

func (t two) open(name string) (*run.Run, error) {
	r, err := run.Find(name)
	if err != nil || t.Filter == "" {
		return r, err
	}
	return r.By(t.Filter)
}

func (t two) compare() (*compare.Comparison, error) {
	test, base, err := t.attach()
	if err != nil {
		return nil, err
	}
	return compare.Runs(test, base)
}

type compareCommand struct {
	output
	two
}

// exitUnderpowered is how compare ends where the samples are too few to say
// that there is a loss, or that there is none.
const exitUnderpowered = 5

// Help says how the verb ends.
func (compareCommand) Help() string {
	return `Exit status: 0 when no loss is detected and one of 5 points would have shown, or when there is a gain; 1 when there is a real loss; 5 when the samples are too few to show one (underpowered); 2 when the runs cannot be compared.`
}

// Run ends as Help says.
func (c compareCommand) Run() error {
	cmp, err := c.compare()
	if err != nil {
		return err
	}
	if err := c.show(os.Stdout, cmp); err != nil {
		return err
	}
	switch cmp.Verdict.Outcome {
	case compare.RealLoss:
		return status(exitNo)
	case compare.Underpowered:
		return status(exitUnderpowered)
	}
	return nil
}

type inspectCommand struct {
	output
	two
	Index int `short:"i" required:"" help:"Sample of the run, from 0."`
}

func (c inspectCommand) Run() error {
	test, base, err := c.attach()
	if err != nil {
		return err
	}
	in, err := compare.Inspect(test, base, c.Index)
	if err != nil {
		return err
	}
	return c.show(os.Stdout, in)
}

// runOptions keeps the run in dir, or where runs are kept when dir is "".
func runOptions(dir string) (run.Options, error) {
	if dir == "" {
		return run.Options{}, nil
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		return run.Options{}, err
	}
	return run.Options{Root: filepath.Dir(path), Name: filepath.Base(path)}, nil
}
