package builtins

import (
	"sync"

	"adkernel/builtins/run"
)

// baselines maps the directory of a run to the run that it was compared with
// last, which Inspect shows beside it.
var baselines sync.Map

func remember(test, base *Evaluation) { baselines.Store(test.Dir(), base.Run) }

// baselineOf returns nil when test was not compared with anything yet.
func baselineOf(test *Evaluation) *run.Run {
	base, ok := baselines.Load(test.Dir())
	if !ok {
		return nil
	}
	return base.(*run.Run)
}
