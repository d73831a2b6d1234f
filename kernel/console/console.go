// Package console is a session in a terminal, without Jupyter: it reads
// cells, and prints what they show. Without a terminal it runs what it reads
// from standard input and prints results alone.
//
// The package knows lines of text and worker.Session. It does not know how a
// cell is evaluated.
package console

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"adkernel/kernel/host"
	"adkernel/kernel/worker"
)

// Options of a console.
type Options struct {
	Banner  string // first line on a terminal
	History string // file of what was typed; empty: none is kept
}

// Run reads cells from the process's standard input until its end, and
// executes them in a session in which nothing ran yet. The end of ctx interrupts
// the running cell and ends the console, whose error is the cause.
//
// On a terminal a failed cell is shown and the console goes on, and SIGINT
// interrupts the running cell. Elsewhere both end the console with an error, so
// that scripts notice.
func Run(ctx context.Context, s *worker.Session, o Options) error {
	if IsInteractive() {
		draws, typed := canDraw(os.Stdin, os.Stdout, os.Getenv)
		if !draws {
			return runPlain(ctx, s, o, typed)
		}
		p := newPrompter(s, o)
		p.feed(typed)
		return p.run(ctx)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT)
	defer stop()
	p := newPrinter(os.Stdout, os.Stderr, IsTerminal(os.Stdout))
	return runScript(ctx, s, os.Stdin, p)
}

// interrupts is Ctrl-C, which may come before the session can interrupt the cell:
// while the worker starts, or asks whether it is one.
type interrupts struct {
	session *worker.Session
	came    atomic.Bool // since a line was entered
}

// onSignal makes Ctrl-C interrupt, until stop.
func (i *interrupts) onSignal() (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT)
	go func() {
		for range signals {
			i.interrupt()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}

func (i *interrupts) interrupt() {
	i.came.Store(true)
	i.session.Interrupt()
}

// entered is called when a line has been entered: Ctrl-C until then was none of
// its cell's.
func (i *interrupts) entered() { i.came.Store(false) }

// execute runs cell n and prints what it shows. It returns what the cell wants
// to be typed next. The error of a failed cell is printed and returned.
func execute(ctx context.Context, s *worker.Session, p *printer, r worker.Request) (next string, err error) {
	if p.terminal {
		r.LineWidth = p.width()
	}
	reply, err := s.Execute(ctx, r, p.event)
	for _, left := range reply.Payload {
		switch left := left.(type) {
		case *host.Page:
			p.page(left.Bundle)
		case *host.NextInput:
			next = left.Text
		}
	}
	for _, note := range reply.Notes {
		p.note(note)
	}
	if err != nil {
		p.failure(err)
		return next, fmt.Errorf("cell %d failed: %w", r.N, err)
	}
	p.result(r.N, reply.Result)
	return next, nil
}

// IsInteractive says whether somebody types what Run reads, at a terminal.
func IsInteractive() bool { return IsTerminal(os.Stdin) && IsTerminal(os.Stdout) }

// IsTerminal says whether f is a terminal.
func IsTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}
