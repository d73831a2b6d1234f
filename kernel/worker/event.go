package worker

import (
	"encoding/json"

	"adkernel/kernel/host"
)

// An Event is what a cell shows while it runs: Stream, Display, Update, Clear
// or Comm.
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

// Clear removes what the cell has shown.
type Clear struct {
	Wait bool // until it shows something next
}

// Comm is what one side did with a comm: see host.CommEvent. Data and Metadata
// are JSON as it was sent.
type Comm struct {
	Kind     string          `json:"kind"` // host.CommOpened, CommSent, CommClosed
	ID       string          `json:"id"`
	Target   string          `json:"target,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Buffers  [][]byte        `json:"buffers,omitempty"`
}

func (Stream) event()  {}
func (Display) event() {}
func (Update) event()  {}
func (Clear) event()   {}
func (Comm) event()    {}
