package diagnose

import (
	"fmt"
	"strings"

	"adkernel/builtins/compare"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// A failedRun is the error of a configuration in which the model does not run.
type failedRun struct{ name, why string }

func (f *failedRun) Error() string { return f.name + ": " + f.why }

// reason is the first line of a run's error, without the names of the run and
// its deployment, and shortened.
func reason(text, deployment string) string {
	const longest = 300
	if _, why, ok := strings.Cut(text, "deployment "+deployment+": "); ok {
		text = why
	}
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return text
}

// step runs d on the questions and compares it with the base. Its error is a
// failedRun where the engine gave up on a configuration that is not the
// deployed one.
func (i *isolator) step(name, phase string, d engine.Deployment) (Step, error) {
	d.Name = name
	r, err := i.ahead[name], error(nil)
	delete(i.ahead, name)
	if r == nil {
		r = i.left(d)
	}
	if r == nil {
		r, err = i.launch(d)
	}
	if err != nil {
		return Step{}, err
	}
	i.board.next(i.out, i.planned)
	err = r.Follow(i.board)
	if _, taken := i.kept[r.Dir()]; err != nil && taken && i.board.Context().Err() == nil { // what could not be resumed may be another run by now
		if r, err = i.launch(d); err != nil {
			return Step{}, err
		}
		err = r.Follow(i.board)
	}
	if err != nil {
		state, broken := r.State()
		if i.deployed == nil || broken != nil || state.Status != run.Failed || i.board.Context().Err() != nil {
			return Step{}, fmt.Errorf("%s: %w", name, err)
		}
		why := reason(state.Error, name)
		i.out.Failed = append(i.out.Failed, FailedStep{name, phase, why, r.Dir()})
		return Step{}, &failedRun{name, why}
	}
	if err := i.sameEngine(r); err != nil {
		return Step{}, err
	}
	s := Step{Name: name, Phase: phase, Kept: i.kept[r.Dir()]}
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

// launch starts a run of d, under its name, as one of this search.
func (i *isolator) launch(d engine.Deployment) (*run.Run, error) {
	options := i.options
	options.Name = ""
	r, err := run.Launch(i.board.Context(), run.Spec{Deployment: d, Task: i.task}, options)
	if r != nil {
		i.mark(r)
	}
	return r, err
}
