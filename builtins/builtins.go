// Package builtins is what a cell can call. Every exported name of it is seen in
// every cell without an import. It ties the rooms below it together; what it
// adds is what belongs to a session: which runs were compared, which
// checkpoints were made before, and the text of a cell's own rules.
//
// Here is the edge between Go's way of handling errors and a notebook's: the
// packages below return errors, and these functions, which return one value so
// that cells read well, end the cell with the error (eval.Stop).
package builtins

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"adkernel/builtins/casebook"
	"adkernel/builtins/checkpoint"
	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/frame"
	"adkernel/builtins/reproducer"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/kernel/eval"
	"adkernel/kernel/host"
	"adkernel/plots"
)

// Deployment is a model and how it is served.
//
//	fp8 := Deployment{Model: "/models/llama-3.1-8b-fp8", Config: "ad.yaml", WorldSize: 2}
type Deployment = engine.Deployment

// Task is an evaluation: what is asked, and of which data set.
type Task = task.Spec

// A TaskOption narrows an evaluation.
type TaskOption func(*Task)

// Samples takes n questions of the whole evaluation, the same number of each
// subject, rounded up. Subjects does not change how many each subject has:
// with two of 18 subjects, Samples(900) leaves 100.
func Samples(n int) TaskOption { return func(t *Task) { t.Samples = n } }

// Subjects keeps only these subjects, with the questions that they have in the
// whole evaluation.
func Subjects(names ...string) TaskOption { return func(t *Task) { t.Subjects = names } }

// Dataset reads the questions from this folder instead of the one below
// $LLM_MODELS_ROOT.
func Dataset(dir string) TaskOption { return func(t *Task) { t.Dataset = dir } }

// MMLU is the MMLU evaluation with TensorRT-LLM's prompts, byte for byte.
//
//	task := MMLU(Samples(100))
func MMLU(options ...TaskOption) Task {
	t := Task{Kind: "mmlu"}
	return narrow(t, options)
}

// GSM8K is GSM8K as TensorRT-LLM evaluates it with lm-evaluation-harness: its
// prompts byte for byte, its stops, its filters.
//
//	task := GSM8K(Filter("strict-match"))
func GSM8K(options ...TaskOption) Task { return narrow(Task{Kind: "gsm8k"}, options) }

// GPQA is GPQA-diamond with TensorRT-LLM's prompts; the order of the choices is
// our own.
func GPQA(options ...TaskOption) Task { return narrow(Task{Kind: "gpqa"}, options) }

// Questions are your own: JSON lines, a JSON array or Parquet, with question,
// answer and maybe choices and subject, or CSV with these columns (choices in A,
// B, ...).
//
//	task := Questions("my.jsonl")
func Questions(path string, options ...TaskOption) Task {
	return narrow(Task{Kind: "questions", Dataset: path}, options)
}

// Logged are the prompts of a samples file that lm-evaluation-harness wrote
// with --log_samples. Where it ranked choices by their likelihood, so does the
// run. Where it looked for answers by filters, the results file beside the samples
// has their rules, and Filter names the one that decides.
//
//	task := Logged("out/samples_bbh_2026-11-27T00-00-00.jsonl", Filter("get-answer"))
func Logged(path string, options ...TaskOption) Task {
	return narrow(Task{Kind: "lm-eval", Dataset: path}, options)
}

// Filter decides which answers count as right: of GSM8K "strict-match" or
// "flexible-extract", of Logged samples one of those that judged them.
func Filter(name string) TaskOption { return func(t *Task) { t.Filter = name } }

// Seed is TensorRT-LLM's --random_seed of GSM8K and GPQA; 0 is the default.
func Seed(n int) TaskOption { return func(t *Task) { t.Seed = n } }

// AsChat asks through the model's chat template, with a system prompt unless it
// is "".
//
//	task := MMLU(Samples(100), AsChat("You are a helpful assistant."))
func AsChat(system string) TaskOption {
	return func(t *Task) { t.Chat, t.System = true, system }
}

// Multiturn asks through the model's chat template, with the worked examples as
// turns of their own.
func Multiturn(system string) TaskOption {
	return func(t *Task) { t.Chat, t.Multiturn, t.System = true, true, system }
}

// Only returns t narrowed by options.
//
//	Only(Demo().Task, Subjects("addition", "medians"))
func Only(t Task, options ...TaskOption) Task { return narrow(t, options) }

func narrow(t Task, options []TaskOption) Task {
	for _, o := range options {
		o(&t)
	}
	if t.Dataset != "" {
		dir, err := filepath.Abs(t.Dataset)
		check(err)
		t.Dataset = dir
	}
	_, err := t.Load()
	check(err)
	return t
}

// An Evaluation is one deployment's run on a task: a directory that outlives
// the kernel.
type Evaluation struct{ *run.Run }

// Run evaluates d on t and shows its progress; interrupting the cell cancels it.
func Run(d Deployment, t Task) *Evaluation { return Launch(d, t).Wait() }

// Launch evaluates d on t in the background. The run goes on when the kernel
// ends, and Attach finds it again.
func Launch(d Deployment, t Task) *Evaluation {
	r, err := run.Launch(host.Context(), run.Spec{Deployment: d, Task: t}, run.Options{})
	check(err)
	return &Evaluation{r}
}

// Attach opens a run, one that is still going or one that ended: by its
// directory, or by its name as Runs lists it.
func Attach(name string) *Evaluation {
	r, err := run.Find(name)
	check(err)
	return &Evaluation{r}
}

// Wait shows the run's progress until it is done; interrupting the cell
// cancels it.
func (e *Evaluation) Wait() *Evaluation {
	check(e.Follow(host.Current()))
	host.Shown(e)
	return e
}

// Resume computes what is missing of a run that was cancelled or killed.
func (e *Evaluation) Resume() *Evaluation {
	check(e.Run.Resume(host.Context(), run.Options{}))
	return e.Wait()
}

// Frame returns the finished samples as a table.
func (e *Evaluation) Frame() *Frame { return frameOf(e.Run.Frame()) }

// Runs lists the runs that are kept, oldest first.
func Runs() *Frame {
	root, err := run.Root()
	check(err)
	f, err := run.Overview(root)
	if f == nil || f.Len() == 0 {
		check(err)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "left out:", err)
	}
	return frameOf(f, nil)
}

// A Comparison is what two runs of the same prompts say about each other.
type Comparison = compare.Comparison

// Compare puts test beside base: the change with its interval, the exact test,
// the verdict, and what this many samples could have shown.
func Compare(test, base *Evaluation) *Comparison {
	c, err := compare.Runs(test.Run, base.Run)
	check(err)
	remember(test, base)
	note(c)
	return c
}

// PlotSubjects shows the accuracy change of each subject with its interval.
func PlotSubjects(c *Comparison) *plots.Figure { return c.SubjectsFigure() }

// PlotLogits shows how far the logits of each sample reach in both runs.
func PlotLogits(c *Comparison) *plots.Figure {
	f, err := c.LogitsFigure()
	check(err)
	return f
}

// PlotMargins shows the answers' margins in both runs, flips marked.
func PlotMargins(c *Comparison) *plots.Figure {
	f, err := c.MarginsFigure()
	check(err)
	return f
}

// Inspect shows one sample of a run: its prompt, tokens and top logits, beside
// those of base, or of the run that it was compared with last. A run By a filter
// is one of its own.
func Inspect(test *Evaluation, index int, base ...*Evaluation) *compare.Inspection {
	reference := baselineOf(test)
	if len(base) > 0 {
		reference = base[0].Run
	}
	in, err := compare.Inspect(test.Run, reference, index)
	check(err)
	return in
}

// Diagnose classifies what went wrong, probes both deployments, and ranks the
// suspects with the evidence for and against each. More comparisons with the
// same base, such as the deployment's at world_size 1, serve as evidence.
func Diagnose(c *Comparison, more ...*Comparison) *diagnose.Diagnosis {
	tell := func(what string) { fmt.Fprintln(os.Stderr, what) }
	d, err := diagnose.Run(host.Context(), c, diagnose.Options{Open: backend.Open, Tell: tell, Extra: more})
	check(err)
	noteDiagnosis(d)
	return d
}

// Isolate strips the deployment's configuration to a minimum, one setting a
// run, switches it back on, and names the setting that causes c's loss. Of
// TensorRT-LLM, what the deployment leaves out is stripped as well. What was
// interrupted goes on from the runs that it has made.
func Isolate(d Deployment, c *Comparison) *diagnose.Isolation {
	i, err := diagnose.Isolate(host.Context(), d, c, diagnose.IsolateOptions{})
	check(err)
	noteIsolation(i)
	return i
}

// Audit compares a quantized checkpoint's weights and scales with the
// checkpoint it was made from. It needs no GPU and runs no engine.
func Audit(model, reference string) *checkpoint.Report {
	r, err := checkpoint.Audit(model, reference)
	check(err)
	return r
}

// SaveReproducer saves a notebook that stands alone: the cells which the last
// comparison needs, or c's, what they need of another machine, and what was
// found. "adkernel verify" executes it and says whether it is still so.
//
//	SaveReproducer("fp8-drop.ipynb")
func SaveReproducer(path string, c ...*Comparison) *reproducer.Saved {
	comparison := Finding().Comparison()
	if len(c) > 0 {
		comparison = c[0]
	}
	found, err := foundBy(comparison)
	check(err)
	saved, err := reproducer.Save(host.Context(), path, found)
	check(err)
	return saved
}

// Finding is what the last comparison found. Reproducers end in it: beside
// the card it holds the numbers that "adkernel verify" compares.
func Finding() *reproducer.Finding {
	c, err := lastComparison()
	check(err)
	f, err := reproducer.Of(c)
	check(err)
	return f
}

// Display shows values below the cell, as its last expression would be: what a
// loop makes, or more than one thing.
//
//	for _, test := range tests {
//		Display(PlotSubjects(Compare(test, base)))
//	}
func Display(values ...any) {
	check(host.Failed(values...))
	for _, v := range values {
		host.Display(host.Show(v))
	}
}

// Demo returns deployments of a small checkpoint that ships with the program,
// so that everything here runs on a laptop.
//
//	d := Demo()
//	base, test := Run(d.BF16, d.Task), Run(d.NVFP4, d.Task)
func Demo() *casebook.Demo {
	d, err := casebook.Open(host.Context())
	check(err)
	return d
}

// Cases lists the cases to practise on, by their symptoms.
func Cases() *Frame {
	var names, symptoms []string
	for _, c := range casebook.Cases() {
		names, symptoms = append(names, c.Name), append(symptoms, c.Symptom)
	}
	return frame.New(frame.Strings("case", names), frame.Strings("symptom", symptoms))
}

// Case returns a deployment that answers worse than its base, and the task
// that shows it. Cases lists the names.
//
//	deploy, base, task := Case("fp8-drop")
func Case(name string) (deploy, base Deployment, t Task) {
	c, err := casebook.Find(host.Context(), name)
	check(err)
	return c.Deploy, c.Base, c.Task
}

// check ends the cell when there is an error.
func check(err error) {
	if err == nil {
		return
	}
	if ctx := host.Context(); ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	panic(eval.Stop{Err: err})
}
