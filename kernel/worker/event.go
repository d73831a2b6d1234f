package worker

import "adkernel/kernel/host"

// An Event is what a cell shows while it runs: Stream, Display or Update.
type Event interface{ event() }

// Stream is text that a cell printed: valid UTF-8, any number of lines.
type Stream struct {
	Name string // "stdout" or "stderr"
	Text string
}

// Display is something new to show.
type Display struct {
	ID     string // unique, for Updates
	Bundle host.Bundle
}

// Update replaces what the Display of the same ID shows.
type Update struct {
	ID     string
	Bundle host.Bundle
}

func (Stream) event()  {}
func (Display) event() {}
func (Update) event()  {}
