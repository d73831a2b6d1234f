package worker

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"adkernel/kernel/host"
)

// How a process is asked, and how it asks back.

func (p *process) send(r request) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.write(r)
}

// write needs the lock for writing.
func (p *process) write(r request) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	n, err := p.requests.Write(append(line, '\n'))
	p.written += int64(n)
	return err
}

// A posted request is on its way to the worker, or was when the worker died.
type posted struct {
	id    int
	reply <-chan *reply
	end   int64 // how many bytes of requests the worker has read when it has read this one
}

// post sends r with a new ID. An exclusive request has the evaluator to
// itself, and can be interrupted from here: what is sent later reaches the
// worker later.
func (p *process) post(r request, exclusive bool) posted {
	c := make(chan *reply, 1)
	p.writing.Lock()
	defer p.writing.Unlock()
	p.mu.Lock()
	p.last++
	r.ID = p.last
	p.pending[r.ID] = c
	if exclusive {
		p.running, p.restoring = r.ID, r.Op == opRestore
	}
	p.mu.Unlock()
	if err := p.write(r); err != nil { // the worker died, which the caller sees
		return posted{r.ID, c, math.MaxInt64}
	}
	return posted{r.ID, c, p.written}
}

// run sends r, which has the evaluator to itself, and waits for its reply. The
// end of ctx interrupts it, once it is sent: before, the worker would have
// nothing to interrupt. So does an interrupt that came before, of which
// interrupted tells where it is not nil.
func (p *process) run(ctx context.Context, r request, grace time.Duration, interrupted func() bool) (*reply, error) {
	sent := p.post(r, true)
	if interrupted != nil && interrupted() {
		p.interrupt(sent.id, grace)
	}
	stop := context.AfterFunc(ctx, func() { p.interrupt(sent.id, grace) })
	defer stop()
	rep, err := p.wait(sent.reply)
	if err != nil && r.Op == opExecute && !p.endWanted() && !p.hasRead(sent) {
		return nil, errNotBegun
	}
	if err == nil && r.Op != opRestore {
		p.answered.Store(true)
	}
	return rep, err
}

// endWanted says whether the session ended the process, which takes its cell
// with it in any case.
func (p *process) endWanted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wanted
}

// hasRead says whether a dead process has read a request, and may have run
// something of a cell.
func (p *process) hasRead(r posted) bool {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.written-p.unread >= r.end
}

// runningID is 0 while nothing has the evaluator to itself.
func (p *process) runningID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running
}

func (p *process) wait(c <-chan *reply) (*reply, error) {
	select {
	case rep := <-c:
		return rep, nil
	case <-p.dead:
	}
	select {
	case rep := <-c: // came just before the end
		return rep, nil
	default:
		return nil, errDead
	}
}

// awaitAnswer waits for the reply to what is answered beside cells.
func (p *process) awaitAnswer(ctx context.Context, sent posted) (*reply, error) {
	select {
	case rep := <-sent.reply:
		p.answered.Store(true)
		return rep, nil
	case <-p.dead:
		if !p.hasRead(sent) {
			return nil, errNotBegun
		}
		return nil, errDead
	case <-ctx.Done():
		p.mu.Lock()
		delete(p.pending, sent.id)
		p.mu.Unlock()
		return nil, ctx.Err()
	}
}

// inputAsker answers what a cell reads from standard input.
type inputAsker struct {
	ctx context.Context
	ask func(context.Context, host.Question) (string, error)
}

func (p *process) answerInput(asker *inputAsker, id int, q host.Question) {
	r := request{ID: id, Op: opAnswer, EOF: true, Refused: true}
	if asker != nil && asker.ask != nil {
		line, err := asker.ask(asker.ctx, q)
		r.Source, r.EOF, r.Refused = line, err != nil, false
		if asker.ctx.Err() != nil {
			return // the cell has ended; nobody reads the answer
		}
	}
	_ = p.send(r) // a worker that died reads nothing
}
