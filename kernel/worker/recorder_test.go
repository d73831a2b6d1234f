package worker

import (
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorder keeps what cells show, streams of the same name joined.
type recorder struct {
	mu     sync.Mutex
	events []Event
	seen   chan struct{} // receives once for each event
}

func newRecorder() *recorder { return &recorder{seen: make(chan struct{}, 1<<20)} }

func (r *recorder) add(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.seen <- struct{}{} }()
	if s, ok := e.(Stream); ok && len(r.events) > 0 {
		if last, ok := r.events[len(r.events)-1].(Stream); ok && last.Name == s.Name {
			r.events[len(r.events)-1] = Stream{s.Name, last.Text + s.Text}
			return
		}
	}
	r.events = append(r.events, e)
}

// lines renders the events, without the displays' random ids.
func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, e := range r.events {
		switch e := e.(type) {
		case Stream:
			lines = append(lines, e.Name+": "+e.Text)
		case Display:
			lines = append(lines, "display: "+e.Bundle.Plain())
		case Update:
			lines = append(lines, "update: "+e.Bundle.Plain())
		}
	}
	return lines
}

func start(t *testing.T, options Options) *Session {
	t.Helper()
	if options.Command == nil {
		options.Command = []string{os.Args[0], "worker"}
	}
	s, err := Start(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// processOf is the worker, dead or alive.
func processOf(s *Session) *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

// execute runs a cell and returns what it showed.
func execute(t *testing.T, s *Session, n int, source string) (Reply, []string, error) {
	t.Helper()
	r := newRecorder()
	reply, err := s.Execute(t.Context(), Request{N: n, Source: source}, r.add)
	return reply, r.lines(), err
}
