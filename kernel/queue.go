package kernel

import "sync"

// queue holds the requests of the shell channel that wait for their turn.
// A cell that fails aborts the cells that wait, but nothing that was sent
// after the interrupt which made it fail.
type queue struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []*request
	closed  bool

	marked bool // an interrupt came under the running cell,
	behind int  // when so many waited
}

func (q *queue) add(r *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, r)
	q.signal()
}

// next waits for a request; nil means that the queue is closed.
func (q *queue) next() *request {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.closed {
		q.changed.L = &q.mu
		q.changed.Wait()
	}
	if q.closed {
		return nil
	}
	r := q.waiting[0]
	q.waiting = q.waiting[1:]
	q.marked = false
	return r
}

// interrupted remembers what waits now.
func (q *queue) interrupted() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.marked {
		q.marked, q.behind = true, len(q.waiting)
	}
}

// wasInterrupted says whether an interrupt came since next returned.
func (q *queue) wasInterrupted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.marked
}

// abort marks the cells that wait behind one that failed.
func (q *queue) abort() {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.waiting)
	if q.marked {
		n = q.behind
	}
	for _, r := range q.waiting[:n] {
		r.aborted = r.Header.Type == "execute_request"
	}
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

func (q *queue) signal() {
	q.changed.L = &q.mu
	q.changed.Broadcast()
}
