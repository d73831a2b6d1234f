package kernel

import (
	"sync"

	"adkernel/kernel/wire"
)

// states tells all front ends on what the kernel works. They, and the servers
// that end idle kernels, take the state that came last for the kernel's. Where
// something was answered beside a request of the main shell, such as a cell, the
// busy of that is said once more.
type states struct {
	publish func(parent *wire.Message, content wire.Content)

	mu   sync.Mutex
	main *wire.Message // the main shell's request that is being answered
}

func (s *states) busy(m *wire.Message, main bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say(m, "busy")
	if main {
		s.main = m
	}
}

func (s *states) idle(m *wire.Message, main bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say(m, "idle")
	if main {
		s.main = nil
	} else if s.main != nil {
		s.say(s.main, "busy")
	}
}

func (s *states) say(m *wire.Message, state string) {
	s.publish(m, wire.Status{ExecutionState: state})
}
