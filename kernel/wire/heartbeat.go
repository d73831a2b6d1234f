package wire

import (
	"log/slog"

	"github.com/go-zeromq/zmq4"
)

// A Heartbeat sends back what it receives, so that a front end knows that the
// kernel lives, whatever it is doing.
type Heartbeat struct{ *socket }

// ListenHeartbeat starts to listen at the endpoint.
func ListenHeartbeat(at Endpoint, log *slog.Logger) (*Heartbeat, error) {
	s, err := listen(zmq4.Rep, maxSignal, at, log)
	if err != nil {
		return nil, err
	}
	s.receive = func(p *peer, frames [][]byte) { p.send(frames) }
	go s.accept()
	return &Heartbeat{s}, nil
}
