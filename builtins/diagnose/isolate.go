package diagnose

import (
	"context"
	"errors"
	"fmt"

	"adkernel/builtins/compare"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/builtins/stats"
	"adkernel/builtins/task"
	"adkernel/kernel/host"
)

// isolationPower is the probability with which each run of an isolation must
// detect the loss that was observed.
const isolationPower = 0.99

// IsolateOptions say how the runs of an isolation are made.
type IsolateOptions struct {
	Run run.Options // where runs are kept and how their processes start; Name is not used

	// Samples is how many questions each run answers; 0 takes as many as detect
	// the observed loss with power .99, at most those of the comparison.
	Samples int
}

// An Isolation is what stripping a configuration and switching it back on has
// shown.
type Isolation struct {
	Deployment engine.Deployment
	Comparison *compare.Comparison // whose loss is isolated
	N          int                 // questions of each run
	Power      stats.Plan          // with which each run detects the observed loss
	Steps      []Step
	Finding    Finding
	Culprit    string // the component, when the finding is one
	Words      string // the finding in a sentence that stands alone
}

// A Finding is the outcome of an isolation.
type Finding string

// The findings.
const (
	NoLossHere     Finding = "no loss at this n"
	OneComponent   Finding = "one component"
	SomeComponents Finding = "several components"
	Interaction    Finding = "an interaction"
	CorePath       Finding = "core path"
	Quantization   Finding = "quantization"
)

// A Step is one run: a configuration compared with the base.
type Step struct {
	Name       string
	Phase      string // "as deployed", "strip", "switch on", "unquantized"
	Comparison *compare.Comparison
	Lost       bool // significantly below the base
}

// Isolate finds the component of d's configuration with which the loss that c
// shows comes and goes. It strips the configuration to a minimum, one
// component a run, each on top of the ones before; then it switches each on by
// itself. A quantized model is also replaced by the base's, in the identical
// configuration. Progress is shown on the host.
func Isolate(ctx context.Context, d engine.Deployment, c *compare.Comparison, o IsolateOptions) (*Isolation, error) {
	if c.Verdict.Outcome != compare.RealLoss {
		return &Isolation{Deployment: d, Comparison: c, N: c.N, Finding: NoLossHere, Words: "There is no loss to isolate, and nothing was run. " + c.Verdict.Words}, nil
	}
	info := c.Test.Spec().Engine
	quantized := info != nil && info.Quant != ""
	axes, err := axesOf(d, quantized)
	if err != nil {
		return nil, fmt.Errorf("isolate: %w", err)
	}
	i := &isolator{options: o.Run, base: c.Base, out: &Isolation{Deployment: d, Comparison: c}}
	if i.task, err = i.plan(c, o.Samples); err != nil {
		return nil, fmt.Errorf("isolate %s: %w", d.Label(), err)
	}
	i.planned = 1 + len(axes)
	i.board = newBoard(ctx, d.Label())
	defer i.cancelAhead()
	if err := i.search(d, axes, quantized); err != nil {
		return nil, fmt.Errorf("isolate %s: %w", d.Label(), err)
	}
	i.board.finish(i.out)
	return i.out, nil
}

// isolator makes the runs of one isolation.
type isolator struct {
	options run.Options
	base    *run.Run
	task    task.Spec
	board   *board
	planned int // runs, as far as known
	out     *Isolation

	ahead map[string]*run.Run // launched before their turn, by the step's name
}

// plan chooses the questions: as many as detect the observed loss, if they are
// among those that the base has answered; else all of the comparison's.
func (i *isolator) plan(c *compare.Comparison, samples int) (task.Spec, error) {
	spec := c.Test.Spec().Task
	design := c.Design
	design.Power = isolationPower
	loss := min(-c.Change.Estimate, 1-design.Noise) // beside noise flips no more can be lost
	n := samples
	if n == 0 {
		plan, err := design.Samples(loss)
		switch {
		case errors.Is(err, stats.ErrUnreachable):
			plan.N = c.N
		case err != nil:
			return spec, err
		}
		n = plan.N
	}
	i.out.N = c.N
	if n < c.N {
		smaller := spec
		smaller.Samples = n
		covered, count, err := i.covers(smaller)
		if err != nil {
			return spec, err
		}
		if covered && count < c.N {
			spec, i.out.N = smaller, count
		}
	}
	plan, err := design.At(i.out.N, loss)
	i.out.Power = plan
	return spec, err
}

// covers reports whether the base has answered every question of spec, and
// how many these are.
func (i *isolator) covers(spec task.Spec) (bool, int, error) {
	evaluation, err := spec.Load()
	if err != nil {
		return false, 0, err
	}
	samples, err := i.base.Samples()
	if err != nil {
		return false, 0, err
	}
	type question struct {
		subject string
		number  int
	}
	answered := map[question]bool{}
	for _, s := range samples {
		answered[question{s.Subject, s.Question}] = true
	}
	for _, q := range evaluation.Questions {
		if !answered[question{q.Subject, q.Index}] {
			return false, 0, nil
		}
	}
	return true, len(evaluation.Questions), nil
}

// search makes the runs and words what they show.
func (i *isolator) search(d engine.Deployment, axes []axis, quantized bool) error {
	if err := i.launchAhead(stripped(d, axes)); err != nil {
		return err
	}
	deployed, err := i.step("as deployed", "as deployed", d)
	if err != nil {
		return err
	}
	if !deployed.Lost {
		i.conclude(NoLossHere, "", "No loss at this n: as deployed, %s, where the comparison had shown %s; ask for more Samples", outcomeOf(deployed), points.words(i.out.Comparison.Change.Estimate))
		return nil
	}
	minimum, last := d, deployed
	for _, a := range axes {
		minimum = a.strip(minimum)
		if last, err = i.step("strip to "+a.off, "strip", minimum); err != nil {
			return err
		}
	}
	if last.Lost {
		return i.searchCore(d, last, quantized)
	}
	return i.switchOn(d, last, axes)
}

// searchCore follows a loss that is there without any component.
func (i *isolator) searchCore(d engine.Deployment, minimum Step, quantized bool) error {
	const core = "Core path: still wrong at the minimum"
	if quantized && d.Model != i.base.Spec().Deployment.Model {
		i.planned++
		d.Model = i.base.Spec().Deployment.Model
		unquantized, err := i.step("unquantized model, identical configuration", "unquantized", d)
		if err != nil {
			return err
		}
		if !unquantized.Lost {
			how, so := ", with fake quantization", "the scales or the weights as loaded, and not the kernels"
			if why := noFakeQuantization(d); why != "" {
				how, so = "", "the scales, the weights as loaded or the kernels, which are not told apart: "+why
			}
			i.conclude(Quantization, "", "Quantization: the unquantized model passes with the identical configuration (%s), and the quantized one is still wrong at the minimum%s (%s). So it is %s",
				outcomeOf(unquantized), how, outcomeOf(minimum), so)
			return nil
		}
		i.conclude(CorePath, "", "%s (%s), and so is the unquantized model in the identical configuration (%s)", core, outcomeOf(minimum), outcomeOf(unquantized))
		return nil
	}
	left := "weight loading, attention or the KV cache"
	if why := noFakeQuantization(d); quantized && why != "" {
		left = "weight loading, low-precision kernels, attention or the KV cache; " + why
	}
	i.conclude(CorePath, "", "%s (%s): %s", core, outcomeOf(minimum), left)
	return nil
}

// switchOn runs d with one component at a time; with none, the step least
// shows no loss.
func (i *isolator) switchOn(d engine.Deployment, least Step, axes []axis) error {
	i.planned += len(axes)
	var alone []engine.Deployment
	for at, a := range axes {
		one := d
		for other, b := range axes {
			if other != at {
				one = b.strip(one)
			}
		}
		one.Name = "only " + a.name
		alone = append(alone, one)
	}
	if err := i.launchAhead(alone); err != nil {
		return err
	}
	var culprits []string
	for at, a := range axes {
		s, err := i.step(alone[at].Name, "switch on", alone[at])
		if err != nil {
			return err
		}
		if s.Lost {
			culprits = append(culprits, a.name)
		}
	}
	switch len(culprits) {
	case 0:
		i.conclude(Interaction, "", "An interaction: stripping everything recovers the accuracy, but no component alone takes it away. Switch them on in pairs")
	case 1:
		i.conclude(OneComponent, culprits[0], "%s: with it alone the loss is there, and with everything stripped it is not (%s)", culprits[0], outcomeOf(least))
	default:
		i.conclude(SomeComponents, culprits[0], "Each of %s alone takes accuracy away", join(culprits))
	}
	return nil
}

// step runs d on the questions and compares it with the base.
func (i *isolator) step(name, phase string, d engine.Deployment) (Step, error) {
	d.Name = name
	options := i.options
	options.Name = ""
	r, err := i.ahead[name], error(nil)
	delete(i.ahead, name)
	if r == nil {
		r, err = run.Launch(i.board.Context(), run.Spec{Deployment: d, Task: i.task}, options)
	}
	if err != nil {
		return Step{}, err
	}
	i.board.next(i.out, i.planned)
	if err := r.Follow(i.board); err != nil {
		return Step{}, fmt.Errorf("%s: %w", name, err)
	}
	c, err := compare.Runs(r, i.base)
	if err != nil {
		return Step{}, err
	}
	s := Step{Name: name, Phase: phase, Comparison: c, Lost: c.Verdict.Outcome == compare.RealLoss}
	i.out.Steps = append(i.out.Steps, s)
	return s, nil
}

func (i *isolator) conclude(f Finding, culprit, format string, args ...any) {
	i.out.Finding, i.out.Culprit, i.out.Words = f, culprit, fmt.Sprintf(format, args...)+"."
}

func outcomeOf(s Step) string {
	return fmt.Sprintf("%s, one-sided exact McNemar %s, n = %d", points.words(s.Comparison.Change.Estimate), stats.FormatP(s.Comparison.Loss.P), s.Comparison.N)
}

// board shows the progress of an isolation in one place: the runs so far, and
// below them the one that is going on. It is the host that this run sees.
type board struct {
	host.Host
	ctx    context.Context
	title  string
	head   string // of the run that is going on
	so     stepTable
	handle host.Handle
}

func newBoard(ctx context.Context, label string) *board {
	return &board{Host: host.Current(), ctx: ctx, title: "Isolating " + label}
}

func (b *board) Context() context.Context { return b.ctx }

// Display puts the run's progress below the steps.
func (b *board) Display(shown host.Bundle) host.Handle {
	b.Update(shown)
	return b
}

func (b *board) Update(shown host.Bundle) { b.draw(b.head + ": " + shown.Plain()) }

func (b *board) next(i *Isolation, planned int) {
	b.head, b.so = fmt.Sprintf("run %d of %d", len(i.Steps)+1, planned), i.table()
}

// finish leaves one line: the isolation's own card holds the table.
func (b *board) finish(i *Isolation) {
	b.so = stepTable{}
	b.draw(i.Words)
}

// draw shows a line as text, so that a terminal does not repeat the table, and
// the table with the line as HTML.
func (b *board) draw(line string) {
	bundle := progressBundle(b.title, b.so, line)
	if b.handle == nil {
		b.handle = b.Host.Display(bundle)
		return
	}
	b.handle.Update(bundle)
}
