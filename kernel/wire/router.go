package wire

import (
	"errors"
	"log/slog"
	"sync"

	"github.com/go-zeromq/zmq4"
)

// ErrNoPeer means that a message could not be sent: its peer is gone, or does not read.
var ErrNoPeer = errors.New("the peer is gone or does not read")

// A Router receives messages from many peers and answers each of them: the
// shell, control and stdin channels.
type Router struct {
	*socket
	handling sync.Mutex
}

// ListenRouter starts to listen at the endpoint. Peers are served from Serve on.
func ListenRouter(at Endpoint, log *slog.Logger) (*Router, error) {
	s, err := listen(zmq4.Router, maxMessage, at, log)
	if err != nil {
		return nil, err
	}
	return &Router{socket: s}, nil
}

// Serve calls handle for each message that comes, one at a time, and returns
// at once. The first frame is the peer's identity. It runs on the goroutine
// that has read the message: to hand it to another first would make whoever
// waits for the answer wait for one more thread to wake.
func (r *Router) Serve(handle func(frames [][]byte)) {
	r.receive = func(p *peer, frames [][]byte) {
		r.handling.Lock()
		defer r.handling.Unlock()
		handle(append([][]byte{[]byte(p.identity)}, frames...))
	}
	go r.accept()
}

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
