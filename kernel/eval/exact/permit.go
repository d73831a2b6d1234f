package exact

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"adkernel/kernel/eval"
)

// A permit stands for one cell's right to go on, or for one of a goroutine
// that a cell started. Loops and calls look at its flag; what blocks waits for
// done as well.
type permit struct {
	ctx    context.Context // of the cell; nil for others
	cell   *permit         // of the cell that started it, itself for a cell's; nil: none did
	known  atomic.Bool     // how the cell ends: it has run, or one of its goroutines panicked
	flag   atomic.Int32    // not 0: poll has something to do
	done   chan struct{}
	reason atomic.Pointer[panicking] // why it ended, nil for an interrupt
	nested atomic.Int32              // calls of cells inside native code or deferred calls
	over   atomic.Bool               // the cell has returned: callbacks that it left belong to the one that runs now
	steps  atomic.Int64              // what is left of a step budget
	budget int64
}

const (
	flagInterrupt = 1 << iota
	flagBudget
	flagPause
)

func background() *permit { return &permit{done: make(chan struct{})} }

// withContext returns a permit that ends when ctx is done, unless that is
// because the cell is over, and what releases it.
func withContext(ctx context.Context, steps int64) (*permit, func()) {
	t := background()
	t.ctx, t.cell = ctx, t
	if steps > 0 {
		t.budget = steps
		t.steps.Store(steps)
		t.flag.Store(flagBudget)
	}
	stop := context.AfterFunc(ctx, t.heed)
	return t, func() {
		stop()
		t.over.Store(true)
	}
}

// end takes the permit away, for the reason p; nil is an interrupt. Only the
// first reason counts: first says whether it was this one.
func (t *permit) end(p *panicking) (first bool) {
	if t.flag.Or(flagInterrupt)&flagInterrupt != 0 {
		return false
	}
	t.reason.Store(p)
	close(t.done)
	return true
}

// settle says that it is known how the cell ends, and whether it was not
// before: a panic in a goroutine is the cell's error, or is told beside it.
func (t *permit) settle() bool { return t.known.CompareAndSwap(false, true) }

// heed ends the permit when its cell was interrupted.
func (t *permit) heed() {
	if t.ctx != nil && t.ctx.Err() != nil && !errors.Is(context.Cause(t.ctx), eval.ErrOver) {
		t.end(nil)
	}
}

// ended says whether the permit has been taken away.
func (t *permit) ended() bool { return t.flag.Load()&flagInterrupt != 0 }

// why is what to raise when the permit has ended.
func (t *permit) why() *panicking {
	<-t.done // the reason is there
	if p := t.reason.Load(); p != nil {
		return &panicking{kill: p.kill, val: p.val}
	}
	return &panicking{kill: killInterrupt}
}

// poll is called where the flag is not 0; false means that the cell ends, and
// m.raised is set.
func (t *permit) poll(m *machine) bool {
	flags := t.flag.Load()
	if flags&flagPause != 0 {
		m.rt.memory.wait()
		flags = t.flag.Load()
	}
	switch {
	case flags&flagInterrupt != 0:
		m.raise(t.why())
	case flags&flagBudget != 0 && t.steps.Add(-1) < 0:
		m.raise(&panicking{kill: killInterrupt, val: budgetError{t.budget}})
	default:
		return true
	}
	return false
}

// budgetError is what a cell ends with that makes more steps than it may.
type budgetError struct{ steps int64 }

func (e budgetError) Error() string {
	return fmt.Sprintf("stopped after %d calls and loop iterations", e.steps)
}

// cleanupTime is how long the deferred calls of an interrupted cell may take.
const cleanupTime = time.Second

// cleanup is a permit for one deferred call of a cell that was ended.
func cleanup() (t *permit, release func()) {
	t = background()
	timer := time.AfterFunc(cleanupTime, func() { t.end(nil) })
	return t, func() { timer.Stop() }
}
