package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Death says that the worker died, and what went with it.
type Death struct {
	Reason   string   // how, as in "was killed"
	Lost     []string // variables that were alive
	Replayed int      // cells whose imports, types and functions were brought back
	Failed   []string // why others were not, one line each
	Crash    string   // what the Go runtime printed when it crashed, if it did
	NotBegun bool     // nothing of the cell had run
}

func (d *Death) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the worker %s; a new one was started", d.Reason)
	if d.Replayed > 0 {
		b.WriteString(" and has the imports, types and functions of before")
	}
	if len(d.Lost) > 0 {
		fmt.Fprintf(&b, "; lost variables: %s", strings.Join(slices.Sorted(slices.Values(d.Lost)), ", "))
	}
	if d.NotBegun {
		b.WriteString("; nothing of the cell has run")
	}
	for _, failed := range d.Failed {
		fmt.Fprintf(&b, "\nnot brought back: %s", failed)
	}
	return b.String()
}

// worker returns the living process, a new one where the last has died.
func (s *Session) worker(ctx context.Context) (*process, error) {
	p, err := s.current()
	if err != nil {
		return nil, err
	}
	reason := p.deathReason()
	if reason == "" {
		return p, nil
	}
	if err := s.reviveBetweenCells(ctx, p, reason); err != nil {
		return nil, err
	}
	return s.current()
}

// reviveBetweenCells is revive where no cell says what was lost: the next does.
func (s *Session) reviveBetweenCells(ctx context.Context, died *process, reason string) error {
	death, err := s.revive(ctx, died, reason)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notice += death.Error() + "\n"
	return nil
}

// startWorker starts a process, and what replaces it when it dies. s.cells is
// held.
func (s *Session) startWorker() (*process, error) {
	p, err := startProcess(s.options, s.deliver)
	if err == nil {
		go s.follow(p)
	}
	return p, err
}

// follow replaces a process that dies between cells, which closes its comms and
// lets questions about code be answered. One that has been of no use is left
// dead, as the next one would die as well: the next cell says why.
func (s *Session) follow(p *process) {
	<-p.dead
	s.cells.Lock()
	defer s.cells.Unlock()
	defer p.follow()
	if now, err := s.current(); err != nil || now != p {
		return // it died under a cell, or was to end
	}
	s.closeComms()
	if p.wasOfUse() {
		// The next cell tries again, and its error says what this one does.
		_ = s.reviveBetweenCells(context.Background(), p, p.deathReason())
	}
}

// followed waits until it is decided what follows a process that died, and says
// whether something does.
func (s *Session) followed(ctx context.Context, died *process) bool {
	select {
	case <-died.followed:
	case <-ctx.Done():
		return false
	}
	p, err := s.current()
	return err != nil || p != died
}

// put makes p the worker, unless the session is closed.
func (s *Session) put(p *process) error {
	s.mu.Lock()
	if !s.closed {
		defer s.mu.Unlock()
		s.process = p
		return nil
	}
	s.mu.Unlock()
	p.close()
	return ErrClosed
}

// died starts a new worker in place of one that died under a cell.
func (s *Session) died(p *process, cause error) error {
	if _, err := s.current(); err != nil {
		return err
	}
	reason := p.deathReason()
	if reason == "" {
		return cause
	}
	// The interrupt that ended the cell must not end its rescue.
	death, err := s.revive(context.Background(), p, reason)
	if err != nil {
		return err
	}
	death.NotBegun = errors.Is(cause, errNotBegun)
	return deathError(death)
}

// revive starts a new worker in place of one that died, and replays
// declarations in it.
func (s *Session) revive(ctx context.Context, died *process, reason string) (*Death, error) {
	defer died.follow()
	p, err := s.startWorker()
	if err != nil {
		return nil, fmt.Errorf("the worker %s, and a new one does not start: %w", reason, err)
	}
	if err := s.put(p); err != nil {
		return nil, err
	}
	s.mu.Lock()
	was := s.alive
	s.mu.Unlock()
	s.closeComms()

	death := &Death{Reason: reason, Lost: was.variables, Crash: died.crash.text()}
	if len(was.declarations) == 0 && len(was.done) == 0 {
		s.mu.Lock()
		s.alive.variables = nil
		s.mu.Unlock()
		return death, nil
	}
	rep, err := s.run(ctx, p, request{Op: opRestore, Declarations: was.declarations, Done: was.done})
	if err != nil {
		return nil, fmt.Errorf("the worker %s, and so did a new one: it %s", reason, p.deathReason())
	}
	death.Failed, death.Replayed = rep.Failed, len(was.declarations)-len(rep.Failed)
	s.mu.Lock()
	s.alive.variables = nil
	if rep.State != nil && rep.State.Variables != nil {
		s.alive.variables = *rep.State.Variables
	}
	s.mu.Unlock()
	return death, nil
}

func deathError(d *Death) *Error {
	text := d.Error()
	return &Error{Name: "WorkerDied", Value: text, Cause: d, Traceback: []string{headline("WorkerDied", text)}}
}

// follow says that it is decided what follows the process.
func (p *process) follow() { p.following.Do(func() { close(p.followed) }) }

// longLife is how long a process lives that would not die at once again.
const longLife = 10 * time.Second

// wasOfUse says whether it is worth to start another process like this one.
func (p *process) wasOfUse() bool { return p.answered.Load() || time.Since(p.started) > longLife }

// deathReason is empty while the process lives.
func (p *process) deathReason() string {
	select {
	case <-p.dead:
	default:
		return ""
	}
	reason := p.reasonSoFar()
	if crash := p.crash.message(); crash != "" {
		return reason + " (" + crash + ")"
	}
	return reason
}

func describeExit(st *os.ProcessState, err error) string {
	if st == nil {
		return fmt.Sprintf("ended: %v", err)
	}
	ws, ok := st.Sys().(syscall.WaitStatus)
	switch {
	case ok && ws.Signaled() && ws.Signal() == syscall.SIGKILL:
		return "was killed by SIGKILL, as happens when memory runs out"
	case ok && ws.Signaled():
		return fmt.Sprintf("died of signal %d (%v)", ws.Signal(), ws.Signal())
	default:
		return fmt.Sprintf("ended with status %d", st.ExitCode())
	}
}
