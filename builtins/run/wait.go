package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	pollEvery   = 50 * time.Millisecond
	cancelGrace = 10 * time.Second // from SIGTERM to SIGKILL
)

// Wait returns when no process works on the run any more: nil when it is
// done, and otherwise why it is not. It returns ctx's error, and leaves the
// run alone, when ctx is done first.
func (r *Run) Wait(ctx context.Context) error {
	return r.poll(ctx, pollEvery, nil)
}

// poll calls tick (if any) now and then until the run has ended. The end of a
// process that this one started is seen at once.
func (r *Run) poll(ctx context.Context, every time.Duration, tick func()) error {
	r.mu.Lock()
	gone := r.gone
	r.mu.Unlock()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		state, err := r.stateWithin(ctx)
		if err != nil {
			return err
		}
		if state.Status.Ended() {
			return r.outcome(state)
		}
		if tick != nil {
			tick()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-gone:
			gone = nil // once: another process may execute the run by now
		case <-ticker.C:
		}
	}
}

// stateWithin is State, or ctx's error where that is done first: a cluster or a
// machine that does not answer keeps State waiting.
func (r *Run) stateWithin(ctx context.Context) (State, error) {
	if r.spec.Deployment.On == nil {
		return r.State()
	}
	type answer struct {
		state State
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		state, err := r.State()
		answers <- answer{state, err}
	}()
	select {
	case a := <-answers:
		return a.state, a.err
	case <-ctx.Done():
		return State{}, context.Cause(ctx)
	}
}

// outcome is why a run that ended is not done, or nil.
func (r *Run) outcome(state State) error {
	switch state.Status {
	case Done:
		return r.complete(state)
	case Failed:
		return errors.New(state.Error)
	case Cancelled:
		return fmt.Errorf("run %s: cancelled after %d of %d samples; it can be resumed", r.Name(), state.Done, state.Total)
	}
	text := fmt.Sprintf("run %s: its process was killed; what it finished is kept, and it can be resumed", r.Name())
	if last := r.lastLog(); last != "" {
		text += "; last line of " + logFile + ": " + last
	}
	return errors.New(text)
}

// complete is an error when records of a run that is done were lost or damaged
// since.
func (r *Run) complete(state State) error {
	done, _, _, err := r.counted()
	if err != nil {
		return err
	}
	return r.lost(state, done)
}

// lost is an error when there are fewer records than the run had finished when
// it was done.
func (r *Run) lost(state State, records int) error {
	if state.Status != Done || records == state.Done {
		return nil
	}
	return fmt.Errorf("run %s: %s has records of %d of the %d samples that it finished; resume the run to compute the others again, or import it again", r.Name(), filepath.Join(r.dir, samplesFile), records, state.Done)
}

// lastLog is the last line of log.txt, shortened.
func (r *Run) lastLog() string {
	f, err := os.Open(filepath.Join(r.dir, logFile))
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	tail := make([]byte, min(info.Size(), 400))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return ""
	}
	tail = bytes.TrimSpace(tail)
	return string(tail[bytes.LastIndexByte(tail, '\n')+1:])
}

// Cancel ends the run's process, which keeps the finished samples, and
// returns when it is gone. A run that no process works on stays as it is. A
// process of another machine, which shares the directory, is refused by name,
// unless the run is On it.
func (r *Run) Cancel() error {
	if on, ok := r.elsewhere(); ok {
		return r.cancelOn(on)
	}
	state, err := r.State()
	if err != nil || state.Status.Ended() {
		return err
	}
	if _, ok := r.spec.slurm(); ok {
		return r.cancelJob()
	}
	if err := r.signal(syscall.SIGTERM); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), cancelGrace)
	defer stop()
	r.Wait(ctx)
	if ctx.Err() != nil {
		if err := r.signal(syscall.SIGKILL); err != nil {
			return err
		}
	}
	return r.cancelled()
}

// cancelled records that the run was cancelled, where its process, which is
// ended, has not recorded how: it was killed, or had not begun.
func (r *Run) cancelled() error {
	if state, err := readState(r.dir); err != nil || state.Status.Ended() {
		return err
	}
	held, err := lock(r.dir)
	for deadline := time.Now().Add(cancelGrace); errors.Is(err, ErrExecuting) && time.Now().Before(deadline); {
		// A process that has much memory takes a while to go.
		if state, read := readState(r.dir); read == nil && state.Status.Ended() {
			return nil
		}
		held, err = lock(r.dir)
	}
	if err != nil {
		return fmt.Errorf("run %s: its process does not end: %w", r.Name(), err)
	}
	defer held.Close()
	state, err := readState(r.dir)
	if err != nil || state.Status.Ended() {
		return err
	}
	r.count(&state)
	state.Status, state.PID, state.Host, state.Doing, state.Finished = Cancelled, 0, "", "", time.Now()
	return writeLastState(r.dir, state)
}

// count fills in what a state says of the finished samples.
func (r *Run) count(state *State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.records.advance(); err == nil {
		state.Done, state.Correct, state.Unjudged = len(r.records.places), r.records.correct, r.records.unjudged
	}
}

// signTime bounds how long a process that takes the lock may take to sign.
const signTime = 5 * time.Second

// signal sends a signal to the process that holds the run's lock.
func (r *Run) signal(sig syscall.Signal) error {
	for deadline := time.Now().Add(signTime); ; time.Sleep(pollEvery / 10) {
		if held, err := lockHeld(r.dir); err != nil || !held {
			return err // it ended by itself
		}
		e, err := readExecutor(filepath.Join(r.dir, lockFile))
		if err != nil && time.Now().Before(deadline) {
			continue // its process is being started
		}
		if err != nil {
			return fmt.Errorf("run %s: %w", r.Name(), err)
		}
		if e.elsewhere() {
			return fmt.Errorf("run %s: %s executes it, which cannot be ended from %s: cancel it on %s", r.Name(), e, hostname(), e.host)
		}
		if err := syscall.Kill(e.pid, sig); err != nil && err != syscall.ESRCH {
			return fmt.Errorf("run %s: %s: %w", r.Name(), e, err)
		}
		return nil
	}
}
