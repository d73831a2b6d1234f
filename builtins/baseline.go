package builtins

import (
	"sync"

	"adkernel/builtins/run"
)

// judgedRun identifies a run and what decides that its answers are right: by
// another filter it says something else.
type judgedRun struct{ dir, by string }

func judgedAs(e *Evaluation) judgedRun { return judgedRun{e.Dir(), e.JudgedBy()} }

// baselines maps a judgedRun to the run that it was compared with last, which
// Inspect shows beside it.
var baselines sync.Map

func remember(test, base *Evaluation) { baselines.Store(judgedAs(test), base.Run) }

// baselineOf returns nil when test, judged as it is, was not compared with
// anything yet.
func baselineOf(test *Evaluation) *run.Run {
	base, ok := baselines.Load(judgedAs(test))
	if !ok {
		return nil
	}
	return base.(*run.Run)
}
