package kernel

import (
	"context"
	"strings"

	"adkernel/kernel/host"
	"adkernel/kernel/wire"
	"adkernel/kernel/worker"
)

// Comms end in the worker, where cells have set functions for them; the
// kernel passes their messages on.

// commMessage is what front ends are told of a comm.
func commMessage(c worker.Comm) wire.Content {
	attached := wire.Attached{Metadata: c.Metadata, Buffers: c.Buffers}
	switch c.Kind {
	case host.CommOpened:
		return wire.CommOpen{CommID: c.ID, TargetName: c.Target, Data: c.Data, Attached: attached}
	case host.CommClosed:
		return wire.CommClose{CommID: c.ID, Data: c.Data, Attached: attached}
	default:
		return wire.CommMsg{CommID: c.ID, Data: c.Data, Attached: attached}
	}
}

func (r *request) isComm() bool {
	return strings.HasPrefix(r.Header.Type, "comm_") && r.replyType() == ""
}

// replyType is the type of the reply that the request expects, or empty.
func (r *request) replyType() string {
	kind, ok := strings.CutSuffix(r.Header.Type, "_request")
	if !ok {
		return ""
	}
	return kind + "_reply"
}

// serveComm returns what passes a comm's message on, and waits until it has been
// handled or an interrupt has come since this call.
func (s *server) serveComm(ctx context.Context, r *request) (answer func()) {
	var content wire.CommOpen
	if s.malformed(r, &content) {
		return func() {}
	}
	c := worker.Comm{
		Kind: r.Header.Type, ID: content.CommID, Target: content.TargetName,
		Data: content.Data, Metadata: r.Metadata, Buffers: r.Buffers,
	}
	ctx, end := s.waits.until(ctx)
	return func() {
		defer end()
		known, err := s.session.Comm(ctx, c, func(e worker.Event) { s.output.show(r.Message, e) })
		s.output.flush()
		switch {
		case err != nil:
			s.log.Warn("nobody waits for a comm's message any more", "comm", c.ID, "error", err)
			return
		case known:
			return
		}
		s.log.Warn("a message for a comm that nothing serves", "comm", c.ID, "target", c.Target)
		if c.Kind == host.CommOpened {
			s.publish(r.Message, wire.CommClose{CommID: c.ID, Data: []byte("{}")})
		}
	}
}

func (s *server) commInfo(r *request) {
	var content wire.CommInfoRequest
	if s.malformed(r, &content) {
		return
	}
	answer := wire.CommInfoReply{Status: wire.StatusOK, Comms: map[string]wire.CommInfo{}}
	for id, target := range s.session.Comms() {
		if content.TargetName == nil || *content.TargetName == target {
			answer.Comms[id] = wire.CommInfo{TargetName: target}
		}
	}
	s.reply(r, answer)
}
