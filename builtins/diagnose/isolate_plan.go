package diagnose

import (
	"cmp"
	"errors"
	"fmt"

	"adkernel/builtins/compare"
	"adkernel/builtins/stats"
	"adkernel/builtins/task"
)

// isolationPower is the probability with which each run of an isolation must
// detect the loss that was observed.
const isolationPower = 0.99

// plan chooses the questions: as many as detect the observed loss, if they are
// among those that the base has answered; else all of the comparison's. They
// are judged as the comparison's are.
func (i *isolator) plan(c *compare.Comparison, samples int) (task.Spec, error) {
	spec := c.Test.Spec().Task
	switch {
	case samples < 0:
		return spec, fmt.Errorf("samples %d: want 1 or more, or 0 for as many as the loss needs", samples)
	case samples > c.N:
		return spec, fmt.Errorf("samples %d: the comparison has %d: compare runs of as many questions first", samples, c.N)
	case spec.Scorer != nil && !spec.Scorer.Live():
		return spec, errors.New("the answers are judged by a function that is not in this session, so those of new runs could not be: Rescore both runs by it, and compare them again")
	}
	if filter := cmp.Or(c.Base.Filter(), c.Test.Filter()); filter != "" && filter != spec.Deciding() {
		spec.Filter = filter
		if _, err := spec.Load(); err != nil { // an import may have another evaluation's
			return spec, err
		}
	}
	design, loss := observed(c)
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

// observed is the design of runs that are to show c's loss again, and that
// loss. Flips that even out are noise, and c's own pairs may hold more of them
// than was assumed; beside them no more than the others can be lost.
func observed(c *compare.Comparison) (design stats.Design, loss float64) {
	design = c.Design
	design.Power = isolationPower
	design.Noise = max(design.Noise, 2*float64(min(c.Pairs.Losses, c.Pairs.Gains))/float64(c.N))
	return design, min(-c.Change.Estimate, 1-design.Noise)
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
