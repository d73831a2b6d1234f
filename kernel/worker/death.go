package worker

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// Death says that the worker died, and what went with it.
type Death struct {
	Reason   string   // how, as in "was killed"
	Lost     []string // variables that were alive
	Replayed int      // cells whose imports, types and functions were brought back
	Failed   []string // why others were not, one line each
	Crash    string   // what the Go runtime printed when it crashed, if it did
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
	for _, failed := range d.Failed {
		fmt.Fprintf(&b, "\nnot brought back: %s", failed)
	}
	return b.String()
}

// worker returns the living process. Where the last one died between cells it
// starts a new one, and the notice says so.
func (s *Session) worker(ctx context.Context) (p *process, notice string, err error) {
	s.mu.Lock()
	p, closed := s.process, s.closed
	s.mu.Unlock()
	if closed {
		return nil, "", ErrClosed
	}
	reason := p.deathReason()
	if reason == "" {
		return p, "", nil
	}
	death, err := s.revive(ctx, p, reason)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process, death.Error(), nil
}

// died starts a new worker in place of one that died under a cell.
func (s *Session) died(p *process, cause error) error {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return ErrClosed
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
	return deathError(death)
}

// revive starts a new worker in place of one that died, and replays
// declarations in it.
func (s *Session) revive(ctx context.Context, died *process, reason string) (*Death, error) {
	p, err := startProcess(s.options, s.deliver)
	if err != nil {
		return nil, fmt.Errorf("the worker %s, and a new one does not start: %w", reason, err)
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		p.close()
		return nil, ErrClosed
	}
	s.process = p
	was := s.alive
	s.alive.variables = nil
	s.mu.Unlock()
	s.closeComms()

	death := &Death{Reason: reason, Lost: was.variables, Crash: died.crash.text()}
	if len(was.declarations) == 0 && len(was.done) == 0 {
		return death, nil
	}
	rep, err := s.run(ctx, p, request{Op: opRestore, Declarations: was.declarations, Done: was.done})
	if err != nil {
		return nil, fmt.Errorf("the worker %s, and so did a new one: it %s", reason, p.deathReason())
	}
	death.Failed, death.Replayed = rep.Failed, len(was.declarations)-len(rep.Failed)
	s.mu.Lock()
	s.alive.declarations = was.declarations
	if rep.State != nil {
		s.alive.variables = rep.State.Variables
	}
	s.mu.Unlock()
	return death, nil
}

func deathError(d *Death) *Error {
	text := d.Error()
	return &Error{Name: "WorkerDied", Value: text, Cause: d, Traceback: []string{headline("WorkerDied", text)}}
}

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
