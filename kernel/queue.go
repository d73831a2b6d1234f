package kernel

import (
	"slices"
	"sync"
	"time"
)

// inFlight is how much longer than a cell an interrupt may be under way: it
// comes through another socket, often one that must be opened first.
const inFlight = time.Second

// queue holds the requests of the shell channel that wait for their turn.
// A cell that fails aborts the cells that wait, but nothing that was sent
// after the interrupt which made it fail.
type queue struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []*request
	closed  bool
	deleted bool // there is no such shell any more

	running   *request // what next returned last, until it is called again
	interrupt *request // came under the running cell
}

// add returns false when the shell has been deleted, or the kernel ends.
func (q *queue) add(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.deleted || q.closed {
		return false
	}
	r.queue, r.behind = q, q.running != nil || len(q.waiting) > 0
	q.waiting = append(q.waiting, r)
	q.signal()
	return true
}

// next waits for a request; nil means that there will be none.
func (q *queue) next() *request {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running = nil
	q.signal() // to awaitEmpty
	for len(q.waiting) == 0 && !q.closed && !q.deleted {
		q.changed.L = &q.mu
		q.changed.Wait()
	}
	if len(q.waiting) == 0 {
		return nil
	}
	r := q.waiting[0]
	q.waiting = q.waiting[1:]
	q.running, q.interrupt = r, nil
	return r
}

// runsCell says whether a cell runs, and no comm's message waits behind it.
func (q *queue) runsCell() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.running != nil && q.running.Header.Type == "execute_request" &&
		!slices.ContainsFunc(q.waiting, (*request).isComm)
}

// take takes r out of what waits, if a cell runs, and with a comm's message those
// before it, whose order is kept; waits says whether r still does.
func (q *queue) take(r *request) (taken []*request, waits bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, r)
	if q.closed {
		return nil, false
	}
	if i < 0 || q.running == nil || q.running.Header.Type != "execute_request" {
		return nil, i >= 0
	}
	var left []*request
	for j, other := range q.waiting {
		if j == i || j < i && r.isComm() && other.isComm() {
			taken = append(taken, other)
		} else {
			left = append(left, other)
		}
	}
	q.waiting = left
	return taken, false
}

// awaitEmpty waits until nothing runs or waits any more, or the queue is closed.
func (q *queue) awaitEmpty() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for (q.running != nil || len(q.waiting) > 0) && !q.closed {
		q.changed.L = &q.mu
		q.changed.Wait()
	}
}

// interrupted remembers the first interrupt under the running cell.
func (q *queue) interrupted(by *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.interrupt == nil {
		q.interrupt = by
	}
}

// otherEnds is called when a cell of another shell ends, for which the one here
// may wait: an interrupt until then was the other's.
func (q *queue) otherEnds() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.interrupt = nil
}

// wasInterrupted says whether an interrupt came since the running cell could begin.
func (q *queue) wasInterrupted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.interrupt != nil
}

// abort marks the cells that wait behind one that failed.
func (q *queue) abort() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.waiting {
		if r.Header.Type == "execute_request" && (q.interrupt == nil || !r.sentAfter(q.interrupt)) {
			r.aborted = true
		}
	}
}

// sentAfter compares when requests came. Where the other may have been
// overtaken on its way, it compares when they were sent; the clocks of two
// senders are not trusted any further.
func (r *request) sentAfter(other *request) bool {
	if !r.received.Before(other.received) {
		return true
	}
	if other.received.Sub(r.received) > inFlight {
		return false
	}
	sent, err := time.Parse(time.RFC3339, r.Header.Date)
	if err != nil {
		return false
	}
	otherSent, err := time.Parse(time.RFC3339, other.Header.Date)
	return err == nil && sent.After(otherSent)
}

// close lets what waits be answered, and takes nothing more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

// delete is close of a subshell alone.
func (q *queue) delete() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.deleted = true
	q.signal()
}

func (q *queue) signal() {
	q.changed.L = &q.mu
	q.changed.Broadcast()
}
