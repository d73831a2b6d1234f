package console

import (
	"context"
	"os"

	"golang.org/x/sys/unix"
)

// line is a line of input, or why there is none. A read that blocks cannot be
// woken: when ctx ends, it is left behind, and the terminal is as it was
// before it.
func line(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	in := int(os.Stdin.Fd())
	was, noTerminal := unix.IoctlGetTermios(in, getTermios)
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		if noTerminal == nil {
			_ = unix.IoctlSetTermios(in, setTermios, was) // it could be read a moment ago
		}
		return "", context.Cause(ctx)
	}
}
