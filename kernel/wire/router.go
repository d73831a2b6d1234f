package wire

import (
	"errors"
	"log/slog"

	"github.com/go-zeromq/zmq4"
)

// ErrNoPeer means that a message could not be sent: its peer is gone, or does not read.
var ErrNoPeer = errors.New("the peer is gone or does not read")

// inbox is how many messages may wait in a Router before its peers have to.
const inbox = 64

// A Router receives messages from many peers and answers each of them: the
// shell, control and stdin channels.
type Router struct {
	*socket
	messages chan [][]byte
}

// ListenRouter starts to listen at the endpoint.
func ListenRouter(at Endpoint, log *slog.Logger) (*Router, error) {
	s, err := listen(zmq4.Router, maxMessage, at, log)
	if err != nil {
		return nil, err
	}
	r := &Router{socket: s, messages: make(chan [][]byte, inbox)}
	s.receive = func(p *peer, frames [][]byte) {
		select {
		case r.messages <- append([][]byte{[]byte(p.identity)}, frames...):
		case <-s.done:
		}
	}
	go s.accept()
	return r, nil
}

// Messages are those received; the first frame of each is its peer's identity.
// The channel is never closed.
func (r *Router) Messages() <-chan [][]byte { return r.messages }

// Send sends a message to the peer whose identity is the first frame.
func (r *Router) Send(frames [][]byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for p := range r.peers {
		if p.identity == string(frames[0]) && p.send(frames[1:]) {
			return nil
		}
	}
	return ErrNoPeer
}
