package diagnose

import (
	"context"
	"fmt"

	"adkernel/builtins/compare"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/builtins/stats"
	"adkernel/builtins/task"
)

// IsolateOptions say how the runs of an isolation are made.
type IsolateOptions struct {
	Run run.Options // where runs are kept and how their processes start; Name is not used

	// Samples is how many questions each run answers; 0 takes as many as detect
	// the observed loss with power .99. More than the comparison has are refused:
	// the base has not answered them.
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
	Underpowered   Finding = "underpowered" // a run shows neither the loss nor that it is gone
)

// A Step is one run: a configuration compared with the base, and with the run
// as deployed. A step that is neither Lost nor Recovered says nothing: that no
// loss shows does not mean that there is none.
type Step struct {
	Name       string
	Phase      string // "as deployed", "strip", "switch on", "unquantized"
	Comparison *compare.Comparison
	Lost       bool // significantly below the base
	Recovered  bool // not Lost, and the run as deployed is significantly below it

	// Deployed compares the run as deployed with this one; nil where that is not
	// asked: of the run as deployed, and of a step that is Lost.
	Deployed *compare.Comparison
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

	deployed *run.Run            // as deployed, once it is done
	ahead    map[string]*run.Run // launched before their turn, by the step's name
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
		i.conclude(NoLossHere, "", "No loss at this n: as deployed, %s, where the comparison had shown %s; %s", outcomeOf(deployed), points.words(i.out.Comparison.Change.Estimate), i.more())
		return nil
	}
	minimum, last := d, deployed
	for _, a := range axes {
		minimum = a.strip(minimum)
		if last, err = i.step("strip to "+a.off, "strip", minimum); err != nil {
			return err
		}
	}
	switch {
	case last.Lost:
		return i.searchCore(d, last, quantized)
	case !last.Recovered:
		i.undecided("with everything stripped", last)
		return nil
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
		if unquantized.Recovered {
			how, so := ", with fake quantization", "the scales or the weights as loaded, and not the kernels"
			if why := noFakeQuantization(d); why != "" {
				how, so = "", "the scales, the weights as loaded or the kernels, which are not told apart: "+why
			}
			i.conclude(Quantization, "", "Quantization: the unquantized model passes with the identical configuration (%s), and the quantized one is still wrong at the minimum%s (%s). So it is %s",
				outcomeOf(unquantized), how, outcomeOf(minimum), so)
			return nil
		}
		if !unquantized.Lost {
			i.undecided("with the unquantized model in the identical configuration", unquantized)
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

// switchOn runs d with one component at a time; with none, the step least has
// recovered.
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
	var culprits, unclear []string
	var last Step
	for at, a := range axes {
		s, err := i.step(alone[at].Name, "switch on", alone[at])
		switch {
		case err != nil:
			return err
		case s.Lost:
			culprits = append(culprits, a.name)
		case !s.Recovered:
			unclear, last = append(unclear, a.name), s
		}
	}
	open := ""
	if len(unclear) > 0 {
		open = fmt.Sprintf(". Whether %s alone does too, %d questions do not tell", join(unclear), i.out.N)
	}
	switch {
	case len(culprits) == 1:
		i.conclude(OneComponent, culprits[0], "%s: with it alone the loss is there, and with everything stripped it is not (%s)%s", culprits[0], outcomeOf(least), open)
	case len(culprits) > 1:
		i.conclude(SomeComponents, culprits[0], "Each of %s alone takes accuracy away%s", join(culprits), open)
	case len(unclear) > 0:
		i.undecided("stripping everything recovers the accuracy, but with "+unclear[len(unclear)-1]+" alone", last)
	default:
		i.conclude(Interaction, "", "An interaction: stripping everything recovers the accuracy, but no component alone takes it away. Switch them on in pairs")
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
	s := Step{Name: name, Phase: phase}
	if s.Comparison, err = compare.Runs(r, i.base); err != nil {
		return Step{}, err
	}
	s.Lost = s.Comparison.Verdict.Outcome == compare.RealLoss
	switch {
	case i.deployed == nil:
		i.deployed = r
	case !s.Lost:
		if s.Deployed, err = compare.Runs(i.deployed, r); err != nil {
			return Step{}, err
		}
		s.Recovered = s.Deployed.Verdict.Outcome == compare.RealLoss
	}
	i.out.Steps = append(i.out.Steps, s)
	return s, nil
}

// undecided concludes that too few questions were asked for a step that shows
// neither the loss nor that it is gone.
func (i *isolator) undecided(where string, s Step) {
	i.conclude(Underpowered, "", "Underpowered: %s, no loss shows against the base (%s), and as deployed none shows against that run either (%s). These questions detect the observed loss with power %s: %s",
		where, outcomeOf(s), lossOf(s.Deployed), atLeast(i.out.Power.Power), i.more())
}

// more says how to ask more questions.
func (i *isolator) more() string {
	if all := i.out.Comparison.N; i.out.N < all {
		return fmt.Sprintf("ask for more Samples, %d at most", all)
	}
	return "compare runs of more questions first"
}

func (i *isolator) conclude(f Finding, culprit, format string, args ...any) {
	i.out.Finding, i.out.Culprit, i.out.Words = f, culprit, fmt.Sprintf(format, args...)+"."
}

func outcomeOf(s Step) string { return lossOf(s.Comparison) }

func lossOf(c *compare.Comparison) string {
	return fmt.Sprintf("%s, one-sided exact McNemar %s, n = %d", points.words(c.Change.Estimate), stats.FormatP(c.Loss.P), c.N)
}
