// Package worker is the process that evaluates cells, seen from both ends:
// Main is the process itself, and Session is how a kernel, a notebook runner
// or a console holds one. The process may die of what a cell does; the Session
// outlives it, says what was lost, and replays what can be replayed.
//
// The package knows cells, their output and their displays. It knows nothing
// of Jupyter's messages, and of Go only what eval.Evaluator offers.
package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

// File descriptors that a worker finds open, beside 0, 1 and 2.
const (
	requestsFD = 3
	eventsFD   = 4
)

// Stdio is what the cells of a worker read from and write to. An evaluator
// that hands these to cells, instead of the process's files, keeps the order
// between standard output, standard error and displays exact; what reaches
// descriptors 1 and 2 another way is shown as well, in order of arrival.
type Stdio struct {
	In       io.Reader // asks the front end for lines; host.ErrNoInput where nobody can be asked
	Out, Err io.Writer
}

// Main serves one Session until it closes its end of the pipes. It is called
// by the command that Options.Command names.
func Main(newEvaluator func(Stdio) (eval.Evaluator, error)) error {
	requests, events, err := openPipes()
	if err != nil {
		return err
	}
	in := bufio.NewReader(requests)
	var hello request
	if err := readLine(in, &hello); err != nil {
		return fmt.Errorf("the kernel did not say hello: %w", err)
	}
	out, err := newOutput(hello.Nonce, events)
	if err != nil {
		return err
	}
	w := &worker{out: out, cells: make(chan job, 1), asked: make(chan request), answers: make(chan answer, 8)}
	w.console.worker = w
	w.evaluator, err = newEvaluator(Stdio{
		In:  &w.console,
		Out: stream{out, out.stdout},
		Err: stream{out, out.stderr},
	})
	if err != nil {
		out.send(event{Event: eventRefused, Message: err.Error()})
		return fmt.Errorf("the evaluator does not start: %w", err)
	}
	host.Set(w)
	evaluated := make(chan struct{})
	go func() {
		defer close(evaluated)
		w.evaluateCells()
	}()
	go w.answerAsked()
	go w.watchSignals()
	out.send(event{Event: eventReady})
	w.serve(in)
	// The cell that runs ends as by an interrupt, and ends what it has started.
	close(w.cells)
	w.interrupt(0)
	select {
	case <-evaluated:
	case <-time.After(closeTime):
	}
	return w.evaluator.Close()
}

func openPipes() (requests, events *os.File, err error) {
	for _, fd := range []int{requestsFD, eventsFD} {
		var st syscall.Stat_t
		if err := syscall.Fstat(fd, &st); err != nil || st.Mode&syscall.S_IFMT != syscall.S_IFIFO {
			return nil, nil, fmt.Errorf("descriptor %d is not a pipe: a worker is started by a kernel, not by hand", fd)
		}
		syscall.CloseOnExec(fd) // programs that cells start must not hold them open
		// The runtime polls descriptors that do not block. A read that blocks
		// would hold on to its processor, and to the goroutines woken by what it
		// read last, until the runtime's monitor looks: some milliseconds.
		if err := syscall.SetNonblock(fd, true); err != nil {
			return nil, nil, fmt.Errorf("descriptor %d: %w", fd, err)
		}
	}
	return os.NewFile(requestsFD, "requests"), os.NewFile(eventsFD, "events"), nil
}

// worker is the state of the process. It is also the host of its cells.
type worker struct {
	evaluator eval.Evaluator
	out       *output
	cells     chan job     // at most one at a time: the Session waits for each
	asked     chan request // answered beside cells, by answerAsked when it is free
	console   console
	answers   chan answer // to what console asked
	lineWidth atomic.Int64

	mu      sync.Mutex
	running *job
	done    []host.Cell
	sent    alive // what the kernel has been told is alive
}

// A job is a request that needs the evaluator to itself, with the context
// that an interrupt ends, or eval.ErrOver.
type job struct {
	request
	ctx    context.Context
	cancel context.CancelCauseFunc
	left   *left
}

// serve reads requests until the kernel closes the pipe or breaks it.
func (w *worker) serve(in *bufio.Reader) {
	for {
		var r request
		if err := readLine(in, &r); err != nil {
			return
		}
		switch r.Op {
		case opExecute, opExpression, opRestore:
			w.start(r)
		case opInterrupt:
			w.interrupt(r.ID)
		case opAnswer:
			w.hear(answer{r.ID, r.Source, r.EOF, r.Refused})
		case opComm:
			w.receiveComm(r)
		default:
			select {
			case w.asked <- r:
			default:
				go w.answer(r)
			}
		}
	}
}

// answerAsked answers on a goroutine whose stack has grown: to grow a new one
// is a tenth of what a completion takes.
func (w *worker) answerAsked() {
	for r := range w.asked {
		w.answer(r)
	}
}

// start makes r interruptible from the moment it was read.
func (w *worker) start(r request) {
	ctx, cancel := context.WithCancelCause(context.Background())
	j := job{r, ctx, cancel, &left{}}
	w.mu.Lock()
	w.running = &j
	w.mu.Unlock()
	w.cells <- j
}

// interrupt ends the context of what runs, if it is that request or id is 0.
// An interrupt that comes late must not hit the next cell.
func (w *worker) interrupt(id int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running != nil && (id == 0 || w.running.ID == id) {
		w.running.cancel(nil)
	}
}

// watchSignals treats SIGINT as the kernel's interrupt, so that a user can
// also interrupt with kill.
func (w *worker) watchSignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT)
	for range signals {
		w.interrupt(0)
	}
}

// evaluateCells is the one goroutine on which cells run.
func (w *worker) evaluateCells() {
	for j := range w.cells {
		var rep reply
		switch j.Op {
		case opExecute:
			rep = w.execute(j)
		case opExpression:
			rep = w.expression(j)
		case opRestore:
			rep = w.restore(j)
		}
		w.mu.Lock()
		w.running = nil
		rep.Payload, rep.Reset = j.left.payload, j.left.reset
		if setter, ok := w.evaluator.(eval.Setter); ok && rep.Reset {
			rep.Settings = setter.Settings()
		}
		w.mu.Unlock()
		j.cancel(eval.ErrOver)
		w.out.sendFenced(event{Event: eventReply, ID: j.ID, Reply: &rep})
	}
}

func (w *worker) execute(j job) reply {
	w.lineWidth.Store(int64(j.LineWidth))
	result, err := w.evaluate(j.ctx, j.Cell)
	if err == nil {
		err = failed(result.Values)
	}
	rep := reply{Notes: result.Notes, Defines: result.Defines, Uses: result.Uses}
	if err == nil && len(result.Values) > 0 && !w.hasShown(j, result.Values) {
		rep.Result, err = show(j.ctx, result.Values)
	}
	rep.Error = encodeError(err)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil && !j.Hidden {
		w.done = append(w.done, host.Cell{N: j.Cell.N, Source: j.Cell.Source, Defines: result.Defines, Uses: result.Uses})
	}
	rep.State = w.state()
	return rep
}

// hasShown says whether the values are one that the cell shows as it is.
func (w *worker) hasShown(j job, values []any) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(values) == 1 && j.left.shown != nil && values[0] == j.left.shown
}

// failed is the error that one of the values carries, which ends the cell.
func failed(values []any) *eval.Error {
	err := host.Failed(values...)
	if err == nil {
		return nil
	}
	return &eval.Error{Kind: eval.Failure, Message: err.Error(), Cause: err}
}

// expression evaluates one of a request's user expressions.
func (w *worker) expression(j job) reply {
	result, err := w.evaluate(j.ctx, j.Cell)
	if err == nil && len(result.Values) == 0 {
		err = &eval.Error{Kind: eval.Failure, Message: "the expression has no value"}
	}
	if err == nil {
		err = failed(result.Values)
	}
	var rep reply
	if err == nil {
		rep.Result, err = show(j.ctx, result.Values)
	}
	rep.Error = encodeError(err)
	return rep
}

// show draws values. What their methods say after an interrupt is worth nothing;
// what a cell returns that was interrupted, it means to return.
func show(ctx context.Context, values []any) (*bundle, *eval.Error) {
	before := ctx.Err()
	b := encodeBundle(host.Show(values...))
	if before == nil && ctx.Err() != nil {
		return nil, &eval.Error{Kind: eval.Interrupt, Message: "interrupted while the value was being shown"}
	}
	return b, nil
}

// restore brings back what a worker before this one had declared.
func (w *worker) restore(j job) reply {
	var rep reply
	for _, cell := range j.Declarations {
		if _, err := w.evaluate(j.ctx, cell); err != nil {
			rep.Failed = append(rep.Failed, err.Message)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = j.Done
	rep.State = w.state()
	return rep
}

// evaluate never panics: a fault of the evaluator ends the cell, not the process.
func (w *worker) evaluate(ctx context.Context, cell eval.Cell) (result eval.Result, failure *eval.Error) {
	defer func() {
		if p := recover(); p != nil {
			failure = &eval.Error{Kind: eval.Panic, Message: fmt.Sprintf("fault in the evaluator, not in the cell: %v", p)}
			fmt.Fprintf(os.Stderr, "%s\n%s", failure.Message, debug.Stack())
		}
	}()
	result, err := w.evaluator.Evaluate(ctx, cell)
	if err == nil {
		return result, nil
	}
	if !errors.As(err, &failure) {
		failure = &eval.Error{Kind: eval.Failure, Message: err.Error(), Cause: err}
	}
	return result, failure
}

// state is what the kernel must know in case this process dies: of what is alive,
// only what has changed. w.mu is held.
func (w *worker) state() *state {
	st := &state{Done: len(w.done)}
	var variables []string
	for _, name := range w.evaluator.Names() {
		if name.Kind == "var" {
			variables = append(variables, name.Name)
		}
	}
	if !slices.Equal(variables, w.sent.variables) {
		w.sent.variables = variables
		st.Variables = &variables
	}
	if replayer, ok := w.evaluator.(eval.Replayer); ok {
		declarations := replayer.Declarations()
		if !slices.Equal(declarations, w.sent.declarations) {
			w.sent.declarations = declarations
			st.Declarations = &declarations
		}
	}
	return st
}

// answer serves a request that may run beside a cell.
func (w *worker) answer(r request) {
	var rep reply
	defer func() {
		if p := recover(); p != nil {
			rep = reply{Error: encodeError(&eval.Error{Kind: eval.Failure, Message: fmt.Sprintf("fault in the evaluator: %v", p)})}
		}
		w.out.send(event{Event: eventReply, ID: r.ID, Reply: &rep})
	}()
	switch r.Op {
	case opComplete:
		c := w.evaluator.Complete(r.Source, r.Cursor)
		rep.Completion = &c
	case opInspect:
		if in, ok := w.evaluator.Inspect(r.Source, r.Cursor); ok {
			rep.Inspection = &in
		}
	case opIsComplete:
		c := w.evaluator.IsComplete(r.Source)
		rep.Completeness = &c
	default:
		rep.Error = encodeError(&eval.Error{Kind: eval.Failure, Message: fmt.Sprintf("unknown request %q", r.Op)})
	}
}
