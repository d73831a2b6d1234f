package worker

import (
	"context"
	"encoding/json"
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
	_, err = p.requests.Write(append(line, '\n'))
	return err
}

// post sends r with a new ID; its reply will come through the channel. An
// exclusive request has the evaluator to itself, and can be interrupted from
// here: what is sent later reaches the worker later.
func (p *process) post(r request, exclusive bool) (<-chan *reply, int) {
	c := make(chan *reply, 1)
	p.writing.Lock()
	defer p.writing.Unlock()
	p.mu.Lock()
	p.last++
	r.ID = p.last
	p.pending[r.ID] = c
	if exclusive {
		p.running = r.ID
	}
	p.mu.Unlock()
	_ = p.write(r) // fails when the worker died, which the caller sees
	return c, r.ID
}

// run sends r, which has the evaluator to itself, and waits for its reply. The
// end of ctx interrupts it, once it is sent: before, the worker would have
// nothing to interrupt.
func (p *process) run(ctx context.Context, r request, grace time.Duration) (*reply, error) {
	c, id := p.post(r, true)
	stop := context.AfterFunc(ctx, func() { p.interrupt(id, grace) })
	defer stop()
	rep, err := p.wait(c)
	if err != nil && r.Op == opExecute && !p.hasBegun(id) {
		return nil, errNotBegun
	}
	return rep, err
}

// hasBegun says whether a dead process may have run something of a cell. One
// whose end the session wanted takes its cell with it in any case.
func (p *process) hasBegun(id int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wanted || p.begun == id
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

// ask sends r, which is answered beside cells.
func (p *process) ask(ctx context.Context, r request) (*reply, error) {
	c, id := p.post(r, false)
	select {
	case rep := <-c:
		return rep, nil
	case <-p.dead:
		return nil, errDead
	case <-ctx.Done():
		p.mu.Lock()
		delete(p.pending, id)
		p.mu.Unlock()
		return nil, ctx.Err()
	}
}

// inputAsker answers what a cell reads from standard input.
type inputAsker struct {
	ctx context.Context
	ask func(context.Context, host.Question) (string, error)
}

func (p *process) answerInput(id int, q host.Question) {
	r := request{ID: id, Op: opAnswer, EOF: true, Refused: true}
	if asker := p.input.Load(); asker != nil && asker.ask != nil {
		line, err := asker.ask(asker.ctx, q)
		r.Source, r.EOF, r.Refused = line, err != nil, false
		if asker.ctx.Err() != nil {
			return // the cell has ended; nobody reads the answer
		}
	}
	_ = p.send(r) // a worker that died reads nothing
}
