package exact

import (
	"context"
	"sync/atomic"
)

// A permit stands for one cell's right to go on. Loops and calls look at its
// flag; what blocks waits for done as well.
type permit struct {
	flag   atomic.Int32 // not 0: poll has something to do
	done   chan struct{}
	nested atomic.Int32 // calls of cells inside native code or deferred calls
	taken  atomic.Bool  // the interrupt has been noticed
	steps  atomic.Int64 // what is left of a step budget
	budget bool
}

const (
	flagInterrupt = 1 << iota
	flagBudget
)

func background() *permit { return &permit{done: make(chan struct{})} }

// withContext returns a permit that ends when ctx is done, and what releases it.
func withContext(ctx context.Context, steps int64) (*permit, func()) {
	t := background()
	if steps > 0 {
		t.budget = true
		t.steps.Store(steps)
		t.flag.Store(flagBudget)
	}
	stop := context.AfterFunc(ctx, t.interrupt)
	return t, func() { stop() }
}

func (t *permit) interrupt() {
	if t.flag.Or(flagInterrupt)&flagInterrupt == 0 {
		close(t.done)
	}
}

// poll is called where the flag is not 0; false means that the cell ends, and
// m.raised is set.
func (t *permit) poll(m *machine) bool {
	flags := t.flag.Load()
	if flags&flagBudget != 0 && t.steps.Add(-1) < 0 || flags&flagInterrupt != 0 {
		m.raise(&panicking{kill: killInterrupt})
		return false
	}
	return true
}
