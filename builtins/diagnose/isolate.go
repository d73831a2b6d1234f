package diagnose

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	Failed     []FailedStep
	Fixed      []Fixed // what could not be stripped
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
	Incomplete     Finding = "incomplete"   // what would tell could not be run
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

	Kept bool // the run is of a search that was interrupted before

	// Deployed compares the run as deployed with this one; nil where that is not
	// asked: of the run as deployed, and of a step that is Lost.
	Deployed *compare.Comparison
}

// A FailedStep is a configuration in which the model does not run: an engine may
// have no plain form of a component for this model, or none beside another one.
type FailedStep struct {
	Name, Phase, Why, Dir string
}

// Fixed is a component that could not be stripped.
type Fixed struct {
	Name, Why string
}

// Isolate finds the component of d's configuration with which the loss that c
// shows comes and goes. It strips the configuration to a minimum, one
// component a run, each on top of the ones before; then it switches each on by
// itself, with those that it needs. Of TensorRT-LLM, what d leaves out is
// stripped as well, by the values that its engine has recorded. A quantized
// model is also replaced by the base's, in the identical configuration. A
// component without which the model does not run is left as it is, and named; of
// a server nothing can be stripped.
// Progress is shown on the host. A search that was interrupted goes on, with the
// runs that it has finished, when the same is isolated again; one that has ended
// is made anew.
func Isolate(ctx context.Context, d engine.Deployment, c *compare.Comparison, o IsolateOptions) (*Isolation, error) {
	if c.Verdict.Outcome != compare.RealLoss {
		return &Isolation{Deployment: d, Comparison: c, N: c.N, Finding: NoLossHere, Words: "There is no loss to isolate, and nothing was run. " + c.Verdict.Words}, nil
	}
	if d.URL != "" {
		return &Isolation{Deployment: d, Comparison: c, N: c.N, Finding: Incomplete, Words: "Nothing can be stripped from here, and nothing was run: how " + d.URL + " serves the model is set where it is started. Next: " + anew + "."}, nil
	}
	i := &isolator{options: o.Run, base: c.Base, out: &Isolation{Deployment: d, Comparison: c},
		id: searchID{c.Test.Dir(), c.Base.Dir()}, kept: map[string]bool{}}
	info := recordFor(d, c.Test)
	if err := i.read(d, info); err != nil {
		return nil, fmt.Errorf("isolate: %w", err)
	}
	var err error
	if i.task, err = i.plan(c, o.Samples); err != nil {
		return nil, fmt.Errorf("isolate %s: %w", d.Label(), err)
	}
	i.before = i.marked()
	i.board = newBoard(ctx, d.Label())
	defer i.cancelAhead()
	if err := i.search(d, info != nil); err != nil {
		if ctx.Err() != nil {
			i.board.stopped(i.out)
		}
		return nil, fmt.Errorf("isolate %s: %w", d.Label(), err)
	}
	i.unmark()
	i.board.finish(i.out)
	return i.out, nil
}

// anew says how a server's configuration is stripped, of which a deployment with
// its URL says nothing.
const anew = "start it anew with one component less at a time (one rank, eager, no prefix caching or chunked prefill, a cache that is not quantized, the unquantized checkpoint), and Compare each run with the base"

// isolator makes the runs of one isolation.
type isolator struct {
	options run.Options
	base    *run.Run
	task    task.Spec
	board   *board
	planned int // runs, as far as known
	out     *Isolation

	axes      []axis
	quantized bool

	deployed *run.Run            // as deployed, once it is done
	ahead    map[string]*run.Run // launched before their turn, by the step's name

	id     searchID
	before []string        // directories of runs that an interrupted search has left
	kept   map[string]bool // those of them that this one has taken up: true where an engine was loaded before
	engine string          // and its version
}

// read finds what can be stripped from d, by the record of its engine.
func (i *isolator) read(d engine.Deployment, info *engine.Info) (err error) {
	i.quantized = info != nil && info.Quant != ""
	i.axes, i.out.Fixed, err = axesOf(d, info, i.quantized)
	i.planned = 1 + len(i.axes)
	return err
}

// search makes the runs and words what they show. Where it is not known what the
// engine loads, as with an import, the run as deployed says it.
func (i *isolator) search(d engine.Deployment, known bool) error {
	if known {
		if err := i.launchAhead(stripped(d, i.axes)); err != nil {
			return err
		}
	}
	deployed, err := i.step("as deployed", "as deployed", d)
	if err != nil {
		return err
	}
	if !deployed.Lost {
		i.conclude(NoLossHere, "", "No loss at this n: as deployed, %s, where the comparison had shown %s; %s", outcomeOf(deployed), points.words(i.out.Comparison.Change.Estimate), i.more())
		return nil
	}
	if !known {
		if err := i.read(d, i.deployed.Spec().Engine); err != nil {
			return err
		}
		if err := i.launchAhead(stripped(d, i.axes)[1:]); err != nil {
			return err
		}
	}
	last, err := i.strip(d, deployed)
	switch {
	case err != nil:
		return err
	case last.Lost:
		return i.searchCore(d, last)
	case !last.Recovered:
		i.undecided("with everything stripped", last)
		return nil
	}
	return i.switchOn(d, last)
}

// strip takes one component after the other from d, and returns the last step.
// Those without which the model does not run are left, and no axes any more.
func (i *isolator) strip(d engine.Deployment, last Step) (Step, error) {
	var able []axis
	for at, a := range i.axes {
		less := a.strip(d)
		s, err := i.step(stripTo(a), "strip", less)
		if failed := new(failedRun); errors.As(err, &failed) {
			i.out.Fixed = append(i.out.Fixed, Fixed{a.long(), failed.why})
			i.cancelAhead() // they are without it, too
			if err := i.launchAhead(stripped(d, i.axes[at+1:])[1:]); err != nil {
				return Step{}, err
			}
			continue
		}
		if err != nil {
			return Step{}, err
		}
		d, last, able = less, s, append(able, a)
	}
	for at := range able {
		able[at].needs = slices.DeleteFunc(able[at].needs, func(needed axis) bool {
			return !slices.ContainsFunc(able, func(a axis) bool { return a.id == needed.id })
		})
	}
	i.axes = able
	return last, nil
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
