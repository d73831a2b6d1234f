package run

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"adkernel/builtins/task"
)

// By returns the run as one of its task's filters judges it ("strict-match" or
// "flexible-extract" of GSM8K): the same answers, of which others may be right.
func (r *Run) By(filter string) (*Run, error) {
	spec := r.Spec()
	if spec.Task.Scorer != nil {
		return nil, fmt.Errorf("run %s is judged by a function: it has no filters", r.Name())
	}
	other, err := Attach(r.dir)
	if err != nil {
		return nil, err
	}
	samples, err := other.Samples()
	if err != nil {
		return nil, err
	}
	names := FiltersOf(pointers(samples))
	if slices.Contains(names, filter) {
		other.filter = filter
		return other, nil
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("run %s: its answers are not judged by filters", r.Name())
	}
	return nil, fmt.Errorf("run %s: filter %q: there are %q", r.Name(), filter, names)
}

// FiltersOf lists the filters that judged every one of the samples, in order.
func FiltersOf(samples iter.Seq[*Sample]) []string {
	var names []string
	first := true
	for s := range samples {
		var here []string
		for _, v := range s.Verdicts {
			if first || slices.Contains(names, v.Filter) {
				here = append(here, v.Filter)
			}
		}
		names, first = here, false
	}
	return names
}

// JudgedBy says what decides that an answer is right, where a task leaves a
// choice: "filter strict-match", "metric acc_norm", or "a function" with the
// beginning of its text's hash; "" else, and for acc and exact_match, by which
// ranked choices and outputs are judged when nothing is said. Runs that are
// judged differently cannot be compared.
func (r *Run) JudgedBy() string {
	spec := r.Spec()
	switch filter := r.Filter(); {
	case spec.Task.Scorer != nil:
		return "a function (" + spec.Task.Scorer.Hash()[:12] + ")"
	case spec.metric() != "" && spec.metric() != task.Acc && spec.metric() != task.ExactMatch:
		return "metric " + spec.metric()
	case filter != "":
		return "filter " + filter
	}
	return ""
}

// Filter is the filter by which the run's answers count as right: that of By,
// or its task's; "" where there is none, or a function judges.
func (r *Run) Filter() string {
	spec := r.Spec()
	filter := r.filter
	switch {
	case spec.Task.Scorer != nil:
		return ""
	case filter == "" && spec.Import != nil:
		filter = spec.Import.Filter
	case filter == "":
		filter = spec.Task.Deciding()
	}
	if filter == "none" {
		return "" // as lm-eval names that there is none
	}
	return filter
}

// metric decides which of ranked choices is the answer; "" where that is not
// said.
func (s Spec) metric() string {
	if s.Import != nil {
		return s.Import.Metric
	}
	return s.Task.Metric
}

// Rescore judges the run's finished answers by another function, and stores
// its text and verdicts. A nil scorer goes back to the rule of the run's task,
// where the run began with it. A run that some process executes is refused
// (ErrExecuting). Another session that has the run judged by another function
// gets an error when it reads the samples next, and stores no verdicts.
func (r *Run) Rescore(scorer *task.Scorer) error {
	if err := r.setScorer(scorer); err != nil {
		return err
	}
	_, err := r.Samples()
	return err
}

func (r *Run) setScorer(scorer *task.Scorer) error {
	held, err := lock(r.dir)
	if err != nil {
		return err
	}
	defer held.Close()
	r.verdicts.mu.Lock()
	defer r.verdicts.mu.Unlock()
	stored, err := lockVerdicts(r.dir)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	defer stored.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	spec, err := readSpec(r.dir)
	if err != nil {
		return err
	}
	if err := r.records.advance(); err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	state, err := readState(r.dir)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	state.Correct, state.Unjudged = r.records.correct, r.records.unjudged
	if scorer != nil {
		state.Correct, state.Unjudged = 0, state.Done
	} else if r.records.waiting > 0 {
		return fmt.Errorf("run %s: the rule of its task never judged %d of its answers: name a function", r.Name(), r.records.waiting)
	}
	spec.Task.Scorer = scorer
	if spec.Task.Filter != "" && scorer != nil {
		return errors.New("the filter has no effect where a function judges: Rescore a run without one")
	}
	if err := os.Remove(filepath.Join(r.dir, verdictsFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := writeSpec(r.dir, spec); err != nil {
		return err
	}
	if err := writeState(r.dir, state); err != nil {
		return err
	}
	r.spec, r.scorer, r.verdicts.known, r.verdicts.info, r.verdicts.spec, r.verdicts.listed = spec, scorer, nil, nil, nil, false
	return nil
}

func pointers(samples []Sample) iter.Seq[*Sample] {
	return func(yield func(*Sample) bool) {
		for i := range samples {
			if !yield(&samples[i]) {
				return
			}
		}
	}
}
