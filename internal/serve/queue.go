package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"

	"adkernel/builtins/engine"
)

var errClosed = errors.New("the server is shutting down")

// maxQueued is how many sequences may wait or be computed; more are told to
// come again.
const maxQueued = 4096

// A queue hands sequences to the engine from one goroutine. They join those
// that are computed already.
type queue struct {
	engine engine.Steerable
	limit  int // of sequences that wait or are computed
	log    func(format string, a ...any)
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan struct{}

	mu      sync.Mutex
	waiting []*answer
	open    map[*answer]bool // waiting or computed
	closed  bool
	wake    chan struct{} // holds one
	ids     int
}

func newQueue(e engine.Steerable, log func(format string, a ...any)) *queue {
	if log == nil {
		log = func(string, ...any) {}
	}
	q := &queue{engine: e, limit: maxQueued, log: log, ended: make(chan struct{}), open: map[*answer]bool{}, wake: make(chan struct{}, 1)}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	go q.work()
	return q
}

// add queues the sequences of one request, all or none.
func (q *queue) add(answers []*answer) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return errClosed
	}
	if len(q.open)+len(answers) > q.limit {
		return &apiError{Status: http.StatusTooManyRequests, Kind: "rate_limit_error", Code: "rate_limit_exceeded",
			Message: fmt.Sprintf("%d sequences wait or are computed, and no more than %d may: try again later", len(q.open), q.limit)}
	}
	for _, a := range answers {
		q.open[a] = true
	}
	q.waiting = append(q.waiting, answers...)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return nil
}

// take returns what waits, as the engine takes it. Sequences whose client has
// gone are dropped.
func (q *queue) take() []engine.Steered {
	q.mu.Lock()
	waiting := q.waiting
	q.waiting = nil
	var out []engine.Steered
	var gone []*answer
	for _, a := range waiting {
		if a.ctx.Err() != nil {
			gone = append(gone, a)
			continue
		}
		q.ids++
		r := a.steered()
		r.ID, r.Done = q.ids, func() { q.finish(a, nil) }
		out = append(out, r)
	}
	q.mu.Unlock()
	for _, a := range gone {
		q.finish(a, context.Cause(a.ctx))
	}
	return out
}

func (q *queue) finish(a *answer, err error) {
	q.mu.Lock()
	delete(q.open, a)
	q.mu.Unlock()
	a.end(err)
}

// work computes until the queue is closed. An error or a panic of the engine
// ends the sequences that are open, and no more.
func (q *queue) work() {
	defer close(q.ended)
	for {
		select {
		case <-q.ctx.Done():
			q.fail(errClosed)
			return
		case <-q.wake:
		}
		if requests := q.take(); len(requests) > 0 {
			if err := q.compute(requests); err != nil {
				q.fail(err)
			}
		}
	}
}

func (q *queue) compute(requests []engine.Steered) (err error) {
	defer func() {
		if p := recover(); p != nil {
			q.log("the engine panicked: %v\n%s", p, debug.Stack())
			err = fmt.Errorf("the engine panicked: %v", p)
		}
	}()
	err = q.engine.Steer(q.ctx, requests, q.take)
	if q.ctx.Err() != nil {
		return errClosed
	}
	return err
}

// fail ends all open sequences.
func (q *queue) fail(err error) {
	q.mu.Lock()
	open := q.open
	q.open, q.waiting = map[*answer]bool{}, nil
	q.mu.Unlock()
	for a := range open {
		a.end(err)
	}
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.cancel()
	<-q.ended
}
