package kernel

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"adkernel/kernel/wire"
)

// shells are the main shell and its subshells (Jupyter Enhancement Proposal
// 91). Each has a queue, and a goroutine that answers what waits in it. Cells
// run one at a time, whatever shell they come by; everything else of a
// subshell is answered beside them, and what evaluates nothing of the main
// shell, too, once they have kept it waiting.
type shells struct {
	answer  func(*request)
	main    queue
	comms   queue // of the main shell, that came while a cell of it ran
	beside  queue // of the main shell: what a cell has kept waiting that evaluates nothing
	serving sync.WaitGroup

	moving sync.Mutex // held while requests of the main shell enter a queue, or another

	mu      sync.Mutex
	sub     map[string]*queue
	ids     []string // of sub, oldest first
	deleted []*queue // that still answer what came before
	closed  bool
}

// start begins to answer what waits in the main shell.
func (s *shells) start() {
	s.sub = map[string]*queue{}
	s.serve(&s.main, func(r *request) {
		if r.isComm() { // those that came while a cell ran come first
			s.comms.awaitEmpty()
		}
		s.answer(r)
	})
	s.serve(&s.comms, s.answer)
	s.serve(&s.beside, s.answer)
}

func (s *shells) serve(q *queue, answer func(*request)) {
	s.serving.Go(func() {
		for r := q.next(); r != nil; r = q.next() {
			answer(r)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.deleted = slices.DeleteFunc(s.deleted, func(other *queue) bool { return other == q })
	})
}

// add returns false when there is no such subshell, or the kernel ends. Messages of comms do not
// wait for a cell that runs in the main shell, which may wait for them; behind
// one that has not begun, for long.
func (s *shells) add(r *request) bool {
	if r.Header.SubshellID == "" {
		s.moving.Lock()
		defer s.moving.Unlock()
		if r.isComm() && s.main.runsCell() {
			return s.comms.add(r)
		}
		added := s.main.add(r)
		if added && r.behind && (r.isComm() || r.evaluatesNothing()) {
			time.AfterFunc(keptWaiting, func() { s.overtake(r) })
		}
		return added
	}
	s.mu.Lock()
	q := s.sub[r.Header.SubshellID]
	s.mu.Unlock()
	return q != nil && q.add(r)
}

// keptWaiting is how long what evaluates nothing waits for the cells before it,
// whose names it may be about, and is then answered beside them: a cell may run
// for hours, a completion that takes a second is not shown, and a page that is
// loaded again waits for kernel_info.
const keptWaiting = 200 * time.Millisecond

func (s *shells) overtake(r *request) {
	s.moving.Lock()
	defer s.moving.Unlock()
	taken, waits := s.main.take(r)
	for _, t := range taken {
		if t.isComm() {
			s.comms.add(t)
		} else {
			s.beside.add(t)
		}
	}
	if waits {
		time.AfterFunc(keptWaiting, func() { s.overtake(r) })
	}
}

func (r *request) evaluatesNothing() bool {
	switch r.Header.Type {
	case "complete_request", "inspect_request", "is_complete_request", "history_request", "comm_info_request", "kernel_info_request":
		return true
	}
	return false
}

func (s *shells) create() string {
	id, q := uuid.NewString(), &queue{}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.sub[id] = q
		s.ids = append(s.ids, id)
		s.serve(q, s.answer)
	}
	return id
}

func (s *shells) delete(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.sub[id]
	if q != nil {
		delete(s.sub, id)
		s.ids = slices.DeleteFunc(s.ids, func(other string) bool { return other == id })
		s.deleted = append(s.deleted, q)
		q.delete()
	}
	return q != nil
}

func (s *shells) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.ids...)
}

// interrupted notes an interrupt in every shell.
func (s *shells) interrupted(by *request) {
	for _, q := range s.all() {
		q.interrupted(by)
	}
}

// cellEnds is called before anybody is told that a cell of the shell of q has
// ended: an interrupt from then on is that of a cell which has waited for it.
func (s *shells) cellEnds(q *queue) {
	for _, other := range s.all() {
		if other != q {
			other.otherEnds()
		}
	}
}

// close lets what waits be answered.
func (s *shells) close() {
	s.moving.Lock() // what is on its way between queues arrives
	defer s.moving.Unlock()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, q := range s.all() {
		q.close()
	}
}

// wait waits until what was being answered is.
func (s *shells) wait() { s.serving.Wait() }

func (s *shells) all() []*queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(slices.Collect(maps.Values(s.sub)), s.deleted, []*queue{&s.main, &s.comms, &s.beside})
}

// route hands a request of the shell channel to its shell.
func (s *server) route(ctx context.Context, r *request) {
	switch {
	case s.shells.add(r):
	case ctx.Err() != nil:
		s.serveShell(ctx, r)
	default:
		s.busy(r, func() { s.refuseSubshell(r) })
	}
}

// refuseSubshell answers what is for a subshell that does not exist.
func (s *server) refuseSubshell(r *request) {
	failure := unknownSubshell(r.Header.SubshellID)
	s.log.Warn("refused a request", "type", r.Header.Type, "error", failure.Value)
	if reply := r.replyType(); reply != "" {
		s.reply(r, wire.ErrorReply{Type: reply, Status: wire.StatusError, Failure: failure})
	}
}

func unknownSubshell(id string) wire.Failure {
	return wire.Failure{Name: "UnknownSubshellError", Value: "there is no subshell " + id, Traceback: []string{}}
}

func (s *server) deleteSubshell(r *request) {
	var content wire.DeleteSubshellRequest
	if s.malformed(r, &content) {
		return
	}
	answer := wire.DeleteSubshellReply{Status: wire.StatusOK}
	if !s.shells.delete(content.SubshellID) {
		failure := unknownSubshell(content.SubshellID)
		answer = wire.DeleteSubshellReply{Status: wire.StatusError, Failure: &failure}
	}
	s.reply(r, answer)
}

// waits are what ends with an interrupt although no cell runs.
type waits struct {
	mu     sync.Mutex
	ctx    context.Context
	cancel context.CancelFunc
}

// until returns a context that ends with ctx or with the next interrupt.
func (p *waits) until(ctx context.Context) (context.Context, context.CancelFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil {
		p.ctx, p.cancel = context.WithCancel(context.Background())
	}
	both, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(p.ctx, cancel)
	return both, func() { stop(); cancel() }
}

func (p *waits) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx != nil {
		p.cancel()
		p.ctx = nil
	}
}
