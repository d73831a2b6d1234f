package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

// DefaultGrace is how long a cell may take to stop after an interrupt.
const DefaultGrace = 5 * time.Second

// ErrClosed is returned by a Session that was closed.
var ErrClosed = errors.New("the session is closed")

// Options of a Session.
type Options struct {
	Command []string      // program and arguments that call Main
	Dir     string        // working directory; empty: the caller's
	Env     []string      // environment; nil: the caller's
	Grace   time.Duration // between an interrupt and SIGKILL; zero: DefaultGrace
}

// A Session evaluates cells, one after another, in a worker process. All
// methods may be called from any goroutine; Complete, Inspect and IsComplete
// are answered beside a running cell.
type Session struct {
	options Options

	cells sync.Mutex // held while a cell runs

	mu      sync.Mutex
	closed  bool
	process *process
	sources map[int]string // of all cells, by number, for tracebacks
	alive   alive
	notice  string            // of deaths between cells, for the next cell's output
	comms   map[string]string // target of each open comm, by id

	delivery sync.Mutex // one event at a time
	on       func(Event)
}

// alive is what the worker holds, as far as the kernel can know it.
type alive struct {
	declarations []eval.Cell
	variables    []string
	done         []host.Cell
}

// A Request is one cell to execute.
type Request struct {
	N      int // execution count
	Source string
	Hidden bool // is not among host.Cells afterwards

	// Input returns the line that the cell asks for or reads from standard
	// input. Nil means that nobody can be asked, an error that there are no
	// more lines: the cell reads EOF. The context ends with the cell.
	Input func(ctx context.Context, q host.Question) (string, error)

	// MaxText is how many bytes of text the cell may print before the rest is
	// left out, with a note; zero: no limit.
	MaxText int

	// LineWidth is host.LineWidth for the cell; zero: its text is kept.
	LineWidth int

	// Interrupted says whether Session.Interrupt was called for the cell, or is
	// about to be; nil: it was not. It is asked once the cell is on its way: a
	// call before found nothing to interrupt.
	Interrupted func() bool
}

// A Reply is what a cell leaves. One that failed may leave notes and payload,
// too: what ran of it, ran.
type Reply struct {
	Result  *host.Bundle // value of the last expression; nil when there is none
	Notes   []string     // what the user should know, one line each
	Defines []string     // top-level names it declared, sorted
	Uses    []string     // top-level names of earlier cells it mentions, sorted
	Payload []host.Payload
}

// Start starts a worker. It does not wait until the evaluator is ready:
// requests queue up, and an evaluator that does not start fails the first one.
func Start(options Options) (*Session, error) {
	if options.Grace == 0 {
		options.Grace = DefaultGrace
	}
	s := &Session{options: options, sources: map[int]string{}, comms: map[string]string{}}
	s.cells.Lock()
	defer s.cells.Unlock()
	p, err := s.startWorker()
	if err != nil {
		return nil, err
	}
	s.process = p
	return s, nil
}

// beginnings is how many workers may die before one reads a cell.
const beginnings = 4

// Execute runs a cell. While it runs, on receives its events, in order and
// never two at once; what goroutines of the cell show after its end goes there
// too, until the next cell. Everything that the cell showed has been delivered
// when Execute returns. Ending ctx interrupts the cell.
//
// Where a worker has died since the cell before, the cell's output says what was
// lost. A cell under which the worker dies is not run again, unless nothing of
// it had run.
//
// The error of a cell that failed is an *Error; the session goes on. Any other
// error means that no worker could be had.
func (s *Session) Execute(ctx context.Context, r Request, on func(Event)) (Reply, error) {
	s.cells.Lock()
	defer s.cells.Unlock()
	limited := limitText(r.MaxText, on)
	s.deliverTo(limited.event)
	defer limited.end()
	s.mu.Lock()
	s.sources[r.N] = r.Source
	s.mu.Unlock()
	p, rep, err := s.start(ctx, r)
	for n := 1; errors.Is(err, errNotBegun) && n < beginnings; n++ { // the worker died of something else, just now
		p, rep, err = s.start(ctx, r)
	}
	switch {
	case p == nil:
		return Reply{}, err
	case err != nil:
		return Reply{}, s.died(p, err)
	}
	s.note(rep, r)
	left := rep.decode()
	if rep.Reset {
		if err := s.reset(ctx, p, rep.Settings); err != nil {
			return left, err
		}
	}
	if rep.Error != nil {
		if _, err := s.current(); err != nil { // it was interrupted by Close
			return left, err
		}
		return left, s.cellError(rep.Error.decode())
	}
	return left, nil
}

// decode is what the cell leaves.
func (r *reply) decode() Reply {
	left := Reply{Notes: r.Notes, Defines: r.Defines, Uses: r.Uses}
	for _, p := range r.Payload {
		left.Payload = append(left.Payload, p.decode())
	}
	if r.Result != nil {
		b := r.Result.decode()
		left.Result = &b
	}
	return left
}

// start runs a cell on the living worker, and says in its output what was lost
// with those that died between cells. p is nil when no worker could be had.
func (s *Session) start(ctx context.Context, r Request) (p *process, rep *reply, err error) {
	p, err = s.worker(ctx)
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	notice := s.notice
	s.notice = ""
	s.mu.Unlock()
	if notice != "" {
		s.deliver(Stream{Name: "stderr", Text: notice})
	}
	cellCtx, end := context.WithCancel(ctx)
	defer end()
	p.input.Store(&inputAsker{ctx: cellCtx, ask: r.Input})
	cell := request{Op: opExecute, Cell: eval.Cell{N: r.N, Source: r.Source}, Hidden: r.Hidden, LineWidth: r.LineWidth}
	rep, err = p.run(ctx, cell, s.options.Grace, r.Interrupted)
	return p, rep, err
}

// Expression evaluates an expression among what is alive and returns how its
// value is displayed. It is not a cell of the session, and n only names it in
// errors. For interrupted see Request.Interrupted.
func (s *Session) Expression(ctx context.Context, n int, source string, interrupted func() bool) (host.Bundle, error) {
	s.cells.Lock()
	defer s.cells.Unlock()
	p, err := s.worker(ctx)
	if err != nil {
		return host.Bundle{}, err
	}
	p.input.Store(&inputAsker{})
	rep, err := p.run(ctx, request{Op: opExpression, Cell: eval.Cell{N: n, Source: source}}, s.options.Grace, interrupted)
	if err != nil {
		return host.Bundle{}, s.died(p, err)
	}
	if rep.Error != nil {
		e := s.cellError(rep.Error.decode())
		e.Traceback = nil // positions would refer to the cell, not to the expression
		return host.Bundle{}, e
	}
	return rep.Result.decode(), nil
}

// Interrupt asks the running cell to stop, and kills the worker if it has not
// stopped after the grace period. Without a running cell it does nothing.
func (s *Session) Interrupt() {
	s.mu.Lock()
	p := s.process
	s.mu.Unlock()
	if p == nil {
		return
	}
	if id := p.runningID(); id != 0 {
		p.interrupt(id, s.options.Grace)
	}
}

// reset starts a new worker in which nothing is alive but the settings.
func (s *Session) reset(ctx context.Context, old *process, settings []eval.Cell) error {
	old.kill("was restarted")
	s.closeComms()
	p, err := s.startWorker()
	if err != nil {
		return err
	}
	if err := s.put(p); err != nil {
		return err
	}
	old.follow()
	s.mu.Lock()
	s.alive = alive{}
	s.mu.Unlock()
	if len(settings) == 0 {
		return nil
	}
	rep, err := s.run(ctx, p, request{Op: opRestore, Declarations: settings})
	if err != nil {
		return s.died(p, err)
	}
	s.note(rep, Request{})
	for _, failed := range rep.Failed {
		s.deliver(Stream{Name: "stderr", Text: "not brought back: " + failed + "\n"})
	}
	return nil
}

// deliverTo hands events to on from here.
func (s *Session) deliverTo(on func(Event)) {
	s.delivery.Lock()
	defer s.delivery.Unlock()
	s.on = on
}

// Close interrupts the cell that runs, which fails with ErrClosed, and ends the
// worker and what its cells have started.
func (s *Session) Close() error {
	s.mu.Lock()
	closed, p := s.closed, s.process
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	p.close()
	return nil
}

// deliver hands e to the cell that runs or ran last.
func (s *Session) deliver(e Event) {
	if c, ok := e.(Comm); ok {
		s.noteComm(c)
	}
	s.delivery.Lock()
	defer s.delivery.Unlock()
	if s.on != nil {
		s.on(e)
	}
}

// run sends a request that needs the evaluator to itself and waits for its
// end, interrupting it when ctx ends.
func (s *Session) run(ctx context.Context, p *process, r request) (*reply, error) {
	return p.run(ctx, r, s.options.Grace, nil)
}

// current is the worker, dead or alive.
func (s *Session) current() (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	return s.process, nil
}

// note remembers what is alive after a cell.
func (s *Session) note(rep *reply, r Request) {
	if rep.State == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if rep.State.Variables != nil {
		s.alive.variables = *rep.State.Variables
	}
	if rep.State.Declarations != nil {
		s.alive.declarations = *rep.State.Declarations
	}
	if rep.State.Done > len(s.alive.done) {
		s.alive.done = append(s.alive.done, host.Cell{N: r.N, Source: r.Source, Defines: rep.Defines, Uses: rep.Uses})
	}
}
