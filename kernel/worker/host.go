package worker

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"

	"github.com/google/uuid"

	"adkernel/kernel/host"
)

// Context implements host.Host. Between cells nothing can be interrupted.
func (w *worker) Context() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return context.Background()
	}
	return w.running.ctx
}

// runningJob is nil between cells.
func (w *worker) runningJob() *job {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running
}

// Cells implements host.Host.
func (w *worker) Cells() []host.Cell {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.done)
}

// Running implements host.Host.
func (w *worker) Running() host.Cell {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		return host.Cell{}
	}
	return host.Cell{N: w.running.Cell.N, Source: w.running.Cell.Source}
}

// LineWidth is host.LineWidth. What is drawn between cells is for the front end
// of the cell before.
func (w *worker) LineWidth() int { return int(w.lineWidth.Load()) }

// Display implements host.Host.
func (w *worker) Display(b host.Bundle) host.Handle {
	w.Shown(nil)
	d := handle{w.out, uuid.NewString()}
	d.out.sendFenced(event{Event: eventDisplay, Display: d.id, Bundle: encodeBundle(b)})
	return d
}

// Shown is host.Shown; nil: the last display shows something else.
func (w *worker) Shown(v any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running != nil {
		w.running.left.shown = v
	}
}

type handle struct {
	out *output
	id  string
}

// Update implements host.Handle.
func (d handle) Update(b host.Bundle) {
	d.out.sendFenced(event{Event: eventUpdate, Display: d.id, Bundle: encodeBundle(b)})
}

// console is the standard input of cells: each line is asked of the front end.
type console struct {
	worker *worker

	asking sync.Mutex // one question at a time
	asked  int        // number of the question asked last

	reading sync.Mutex
	cell    *job   // that has read
	rest    []byte // of the line that it has begun to read
}

type answer struct {
	question int
	line     string
	eof      bool
	refused  bool // nobody can be asked
}

// Read implements io.Reader. What a cell has not read of a line is lost with
// it: the next cell asks anew.
func (c *console) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if cell := c.worker.runningJob(); cell != c.cell {
		c.cell, c.rest = cell, nil
	}
	if len(c.rest) == 0 {
		a, err := c.ask(host.Question{})
		switch {
		case err != nil:
			return 0, err
		case a.refused:
			return 0, host.ErrNoInput
		case a.eof:
			return 0, io.EOF
		}
		c.rest = append(bytes.TrimRight([]byte(a.line), "\n"), '\n')
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *console) ask(q host.Question) (answer, error) {
	cell := c.worker.runningJob()
	if cell == nil { // a goroutine that has outlived its cell: nobody would know what is asked
		return answer{eof: true, refused: true}, nil
	}
	ctx := cell.ctx
	c.asking.Lock()
	defer c.asking.Unlock()
	c.asked++
	if !c.worker.sendWhileRunning(cell, event{Event: eventInput, ID: c.asked, Question: q}) {
		return answer{}, context.Canceled
	}
	for {
		select {
		case a := <-c.worker.answers:
			if a.question != c.asked {
				continue // to a question of a cell that was interrupted
			}
			return a, nil
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
	}
}

// sendWhileRunning sends what must reach the kernel before the reply to the cell;
// false: the cell has ended, or was interrupted.
func (w *worker) sendWhileRunning(cell *job, e event) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running != cell || cell.ctx.Err() != nil {
		return false
	}
	w.out.sendFenced(e)
	return true
}

// hear passes an answer on; one that nobody waits for may get lost.
func (w *worker) hear(a answer) {
	select {
	case w.answers <- a:
	default:
	}
}
