package diagnose

import (
	"context"
	"fmt"

	"adkernel/builtins/cards"
	"adkernel/kernel/host"
)

// board shows the progress of an isolation in one place: the runs so far, and
// below them the one that is going on. It is the host that this run sees.
type board struct {
	host.Host
	ctx    context.Context
	title  string
	head   string // of the run that is going on
	so     cards.Table
	handle host.Handle
}

func newBoard(ctx context.Context, label string) *board {
	return &board{Host: host.Current(), ctx: ctx, title: "Isolating " + label}
}

func (b *board) Context() context.Context { return b.ctx }

// Display puts the run's progress below the steps.
func (b *board) Display(shown host.Bundle) host.Handle {
	b.Update(shown)
	return b
}

func (b *board) Update(shown host.Bundle) { b.draw(b.head + ": " + shown.Plain()) }

func (b *board) next(i *Isolation, planned int) {
	b.head, b.so = fmt.Sprintf("run %d of %d", len(i.Steps)+len(i.Failed)+1, planned), i.table()
}

// finish leaves one line: the isolation's own card holds the table and says
// more.
func (b *board) finish(i *Isolation) {
	b.so = cards.Table{}
	if len(i.Steps) == 0 {
		b.draw(i.Words)
		return
	}
	line := string(i.Finding)
	if i.Culprit != "" {
		line += ", " + i.Culprit
	}
	b.draw(fmt.Sprintf("ended after %s: %s", i.runs(), line))
}

// stopped says what becomes of the runs of a search that was interrupted.
func (b *board) stopped(i *Isolation) {
	b.so = i.table()
	b.draw(fmt.Sprintf("stopped after %s, from which it goes on when the same is isolated again", i.runs()))
}

// runs counts those that were made.
func (i *Isolation) runs() string {
	if n := len(i.Steps) + len(i.Failed); n != 1 {
		return fmt.Sprintf("%d runs", n)
	}
	return "1 run"
}

// draw shows a line as text, so that a terminal does not repeat the table, and
// the table with the line as HTML.
func (b *board) draw(line string) {
	bundle := progressBundle(b.title, b.so, line)
	if b.handle == nil {
		b.handle = b.Host.Display(bundle)
		return
	}
	b.handle.Update(bundle)
}
