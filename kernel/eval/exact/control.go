package exact

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"path"
	"reflect"
	goruntime "runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"adkernel/kernel/eval"
)

// begin makes tok the permit of the cell that runs. What an earlier cell left
// behind, such as a func that native code calls, belongs to this one now.
func (rt *runtime) begin(tok *permit, release func()) {
	if rt.release != nil {
		rt.release()
	}
	rt.release = release
	rt.current.Store(tok)
	rt.looking.Lock()
	rt.running.Store(tok)
	rt.looking.Unlock()
	rt.passing.Store(nil) // native code may have recovered it
	if rt.stdin != nil {
		rt.stdin.told.Store(false)
	}
	rt.watch()
}

// finish ends the cell. Methods of its values, which are called to show them,
// still run under its permit, unless that has been taken away.
func (rt *runtime) finish(tok *permit) {
	rt.running.Store(nil)
	if tok.ended() || tok.budget > 0 {
		tok.over.Store(true)
		rt.current.Store(background())
	}
}

// permitFor is the permit of a callback that was made under tok.
func (rt *runtime) permitFor(tok *permit) *permit {
	if tok.over.Load() {
		return rt.current.Load()
	}
	return tok
}

// patience is how long an interrupted cell may stay in a native call before it
// is left behind there.
const patience = 10 * time.Millisecond

// run calls functions one after the other, on a goroutine of their own, so
// that runtime.Goexit ends that.
func (e *evaluator) run(ctx context.Context, tok *permit, entries []*function) error {
	done := make(chan *panicking, 1)
	m := e.rt.newMachine(tok)
	go func() {
		ended := &panicking{kill: killGoexit}
		defer func() {
			if r := recover(); r != nil {
				ended = fault(r)
			}
			done <- ended
		}()
		for _, fn := range entries {
			if !m.call(fn, nil, nil, nil, nil, nil, nil) {
				ended = m.raised
				return
			}
		}
		ended = nil
	}()
	p, left := m.await(tok, done)
	if !tok.settle() && p == nil {
		p = tok.why()
	}
	if left != "" {
		e.rt.left.Add(1)
		go func() {
			<-done
			e.rt.left.Add(-1)
		}()
	}
	if p == nil {
		m.free()
		return nil
	}
	if stop, ok := p.val.(eval.Stop); ok && p.kill == killNone {
		if ctx.Err() != nil {
			return interrupted()
		}
		return &eval.Error{Kind: eval.Failure, Message: stop.Error(), Cause: stop.Err, Earlier: e.rt.overtaken(p)}
	}
	err := e.rt.problem(p)
	if left != "" {
		err.Message += "; " + left + " goes on in the background"
	}
	return err
}

// await waits for the end of the calls on m. When the permit is taken away
// while m is in native code that does not return, it says what is left behind;
// that goroutine ends as soon as the native call returns.
func (m *machine) await(tok *permit, done <-chan *panicking) (p *panicking, left string) {
	select {
	case p = <-done:
		return p, ""
	case <-tok.done:
	}
	tick := time.NewTicker(patience)
	defer tick.Stop()
	var before *function
	for {
		select {
		case p = <-done:
			return p, ""
		case <-tick.C:
			in := m.outside.Load()
			if in != nil && in == before {
				m.rt.parallel.Store(true)
				return tok.why(), in.name
			}
			before = in
		}
	}
}

// fault is what a cell ends with when the evaluator itself panicked with r.
func fault(r any) *panicking {
	err := fmt.Errorf("fault in the evaluator, not in the cell: %v", r)
	fmt.Fprintf(os.Stderr, "%s\n%s", err, debug.Stack())
	return &panicking{kill: killRefuse, val: err}
}

// leave ends a callback that raised a panic: it goes on through native code to
// the machine that called that. Where native code has started the goroutine,
// nobody would recover, and the process would end: then the goroutine ends. args
// are what native code called with.
func (m *machine) leave(args ...reflect.Value) {
	if m.raised.kill == killExit {
		m.tok.end(m.raised) // also where native code recovers
	}
	by := calledBy()
	switch by {
	case byNative:
		if p := m.raised; p.kill != killGoexit {
			m.rt.died(m.tok, p, 0)
		}
		goruntime.Goexit()
	case byServer:
		switch p := m.raised; p.kill {
		case killNone:
			m.rt.logServed(p, args)
		case killGoexit:
		default:
			m.rt.died(m.tok, p, 0)
		}
		panic(http.ErrAbortHandler)
	case byMachine, byHostOfMachine:
		if m.raised.kill == killGoexit {
			goruntime.Goexit()
		}
	}
	if p := m.raised; p.kill == killNone && (by == byHost || by == byHostOfMachine) {
		panic(told{m.rt.problem(p), p})
	}
	panic(m.leaving())
}

// endsCell ends the running cell with what one of its goroutines, under tok,
// panicked with, for which Go's runtime would end the program: the cell may wait
// for that goroutine, or go on without what it was to do. False: the cell that
// started the goroutine has ended. os.Exit ends any.
func (rt *runtime) endsCell(tok *permit, p *panicking, err *eval.Error) bool {
	cell := rt.running.Load()
	switch {
	case cell == nil:
		return false
	case p.kill == killExit:
		cell.end(p)
		return true
	}
	return cell == tok.cell && cell.settle() && cell.end(&panicking{kill: killOther, val: err})
}

// told is a cell's panic in the hands of the program around the evaluator: it
// says what it was, and where in the cells (display.Failure).
type told struct {
	problem *eval.Error
	p       *panicking
}

func (t told) Error() string  { return t.problem.Message }
func (t told) Unwrap() error  { return t.problem.Cause }
func (t told) Places() string { return t.problem.Places() }

// logServed writes what net/http logs when a handler panics, with the cells'
// calls in place of those of the evaluator.
func (rt *runtime) logServed(p *panicking, args []reflect.Value) {
	print, client := log.Printf, "a request"
	for _, a := range args {
		r, ok := a.Interface().(*http.Request)
		if !ok {
			continue
		}
		client = r.RemoteAddr
		if s, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && s.ErrorLog != nil {
			print = s.ErrorLog.Printf
		}
	}
	err := rt.problem(p)
	print("http: panic serving %s: %s\n%s", client, err.Message, strings.TrimSuffix(err.Places(), "\n"))
}

// caller says who is below a callback on its goroutine's stack.
type caller int

const (
	byMachine       caller = iota // calls of cells, which recover
	byHost                        // the program around the evaluator, which recovers
	byHostOfMachine               // the same, called by a cell
	byServer                      // net/http, which recovers, too
	byNative                      // nothing that recovers
)

var (
	own        = strings.TrimSuffix(goruntime.FuncForPC(callersPC()).Name(), ".callersPC")
	evaluators = path.Dir(own) + "/" // with the wrappers through which native code calls methods of cells
)

func callersPC() uintptr {
	pc, _, _, _ := goruntime.Caller(0)
	return pc
}

// calledBy looks at the stack of this goroutine. It is not fast, and is asked
// only when a callback panics.
func calledBy() caller {
	module, _, _ := strings.Cut(own, "/")
	pcs := make([]uintptr, 64)
	result := byNative
	for skip := 2; ; skip += len(pcs) {
		n := goruntime.Callers(skip, pcs)
		frames := goruntime.CallersFrames(pcs[:n])
		for {
			f, more := frames.Next()
			switch {
			case strings.HasPrefix(f.Function, own+".(*machine).") && !strings.HasPrefix(f.Function, own+".(*machine).leave"):
				if result == byHost {
					return byHostOfMachine
				}
				return byMachine
			case strings.HasPrefix(f.Function, evaluators):
			case f.Function == "net/http.(*conn).serve":
				return byServer
			case strings.HasPrefix(f.Function, module+"/"), f.Function == "testing.tRunner":
				result = byHost
			}
			if !more {
				break
			}
		}
		if n < len(pcs) {
			return result
		}
	}
}

// goroutines are the permits of those that cells started and that run.
type goroutines struct {
	mu  sync.Mutex
	all map[*permit]struct{}
}

func (g *goroutines) add(t *permit) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all == nil {
		g.all = map[*permit]struct{}{}
	}
	g.all[t] = struct{}{}
}

func (g *goroutines) any() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.all) > 0
}

func (g *goroutines) remove(t *permit) {
	t.over.Store(true)
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.all, t)
}

// each calls f for every permit.
func (g *goroutines) each(f func(t *permit)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for t := range g.all {
		f(t)
	}
}

// end takes all permits away.
func (g *goroutines) end(p *panicking) { g.each(func(t *permit) { t.end(p) }) }
