// Package host is what a running cell may ask of the process that evaluates
// it: a context that ends when the user interrupts, a place for displays, and
// the cells that ran before. It knows nothing of Jupyter's messages, of how
// cells are evaluated, or of what the cells are about, so that vocabularies
// can depend on it and on nothing else of the kernel.
package host

import (
	"context"
	"sync/atomic"
)

// Bundle is one thing to show, by MIME type. Data holds a string for textual
// types, a []byte for binary ones (encoded as base64 on the wire), and any
// JSON value for +json types. text/plain is always there and stands alone.
type Bundle struct {
	Data     map[string]any
	Metadata map[string]any
}

// Text is the bundle of plain text alone.
func Text(s string) Bundle {
	return Bundle{Data: map[string]any{"text/plain": s}}
}

// Plain returns the bundle's text/plain, or "" when it has none.
func (b Bundle) Plain() string {
	s, _ := b.Data["text/plain"].(string)
	return s
}

// A Bundler shows itself by more than text.
type Bundler interface {
	MimeBundle() Bundle
}

// A Handle is something displayed that can still change.
type Handle interface {
	// Update replaces what is shown, in every place where it is shown.
	Update(Bundle)
}

// A Cell is one cell that ran without an error.
type Cell struct {
	N       int      // execution count
	Source  string   // as the user wrote it
	Defines []string // top-level names it declares, sorted
	Uses    []string // top-level names of earlier cells it mentions, sorted
}

// A Host serves the cell that runs now.
type Host interface {
	// Context is done when the user interrupts the running cell.
	Context() context.Context
	// Display shows b below the running cell.
	Display(b Bundle) Handle
	// Cells lists the cells that ran so far without an error, oldest first.
	Cells() []Cell
	// Running is the cell that runs now, without Defines and Uses, which are
	// known when it has ended. N is 0 when none runs.
	Running() Cell
}

var current atomic.Pointer[Host]

// Current returns the host set last, or the process's terminal.
func Current() Host {
	if h := current.Load(); h != nil {
		return *h
	}
	return terminal
}

// Set makes h the host of this process and returns the one before it.
func Set(h Host) (previous Host) {
	previous = Current()
	current.Store(&h)
	return previous
}

// Context is Current().Context().
func Context() context.Context { return Current().Context() }

// Display is Current().Display(b).
func Display(b Bundle) Handle { return Current().Display(b) }
