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
// executes them in a session in which nothing ran yet. SIGINT interrupts the
// running cell; the end of ctx interrupts it and ends the console, whose error
// is the cause.
//
// On a terminal a failed cell is shown and the console goes on. Elsewhere it
// ends the console with an error, so that scripts notice.
func Run(ctx context.Context, s *worker.Session, o Options) error {
	stop := interruptOnSignal(s)
	defer stop()
	if IsTerminal(os.Stdin) && IsTerminal(os.Stdout) {
		draws, typed := canDraw(os.Stdin, os.Stdout, os.Getenv)
		if !draws {
			return runPlain(ctx, s, o, typed)
		}
		p := newPrompter(s, o)
		p.feed(typed)
		return p.run(ctx)
	}
	p := newPrinter(os.Stdout, os.Stderr, IsTerminal(os.Stdout))
	return runScript(ctx, s, os.Stdin, p)
}

// interruptOnSignal makes Ctrl-C interrupt the running cell, until stop.
func interruptOnSignal(s *worker.Session) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT)
	go func() {
		for range signals {
			s.Interrupt()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}

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

// IsTerminal says whether f is a terminal.
func IsTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}
