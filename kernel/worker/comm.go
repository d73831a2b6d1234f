package worker

import (
	"context"
	"errors"
	"maps"
	"slices"

	"adkernel/kernel/host"
)

// Comm hands the worker what the front end did with a comm, and waits until
// the functions that cells have set for it have returned. known is false when
// there is no such comm, or nothing that serves its target. It is answered
// beside a running cell; where none runs, on receives what the functions show.
//
// Messages reach the worker in the order of the calls. An interrupt is the end
// of ctx: the functions go on, nobody waits for them any more.
func (s *Session) Comm(ctx context.Context, c Comm, on func(Event)) (known bool, err error) {
	if s.cells.TryLock() {
		defer s.cells.Unlock()
		limited := limitText(DefaultMaxText, on)
		// What the functions leave running belongs to them: on stays.
		s.deliverTo(limited.event)
		defer limited.end()
	}
	_, listed := s.Comms()[c.ID]
	switch c.Kind {
	case host.CommOpened:
		// Before its function runs, which may close it, or wait until nobody
		// waits for it any more; and where the worker dies, or has died, the
		// front end is told of the end of what is listed.
		s.noteComm(c)
	case host.CommClosed:
		defer s.noteComm(c)
	}
	p, err := s.current()
	if err != nil {
		return false, err
	}
	rep, err := p.awaitAnswer(ctx, p.post(request{Op: opComm, Comm: &c}, false))
	switch {
	case errors.Is(err, errNotBegun): // nor does a new worker serve what a dead one did
		rep = &reply{}
	case err != nil:
		return false, err
	case rep.Error != nil:
		return false, rep.Error.decode()
	}
	if !rep.Known && c.Kind == host.CommOpened && !listed {
		s.noteComm(Comm{Kind: host.CommClosed, ID: c.ID})
	}
	return rep.Known, nil
}

// Comms lists the open comms: their targets by their ids.
func (s *Session) Comms() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.comms)
}

func (s *Session) noteComm(c Comm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c.Kind {
	case host.CommOpened:
		s.comms[c.ID] = c.Target
	case host.CommClosed:
		delete(s.comms, c.ID)
	}
}

// closeComms tells the front end that the comms have gone with their worker.
func (s *Session) closeComms() {
	for _, id := range slices.Sorted(maps.Keys(s.Comms())) {
		s.deliver(Comm{Kind: host.CommClosed, ID: id, Data: []byte("{}")})
	}
}
