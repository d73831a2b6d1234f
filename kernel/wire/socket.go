package wire

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
)

// The sockets below are built on zmq4's Conn, which speaks ZMTP 3.0 over one
// connection, and not on its Socket types, in which one silent, stalled or
// malformed peer stops all the others (zmq4 v0.17).

const (
	handshakeTime = 10 * time.Second // that a new peer may take
	acceptPause   = 20 * time.Millisecond

	// A channel holds so many descriptors at most, whatever connects to it:
	// the kernel needs some itself. A peer in the handshake gives way to a
	// newer one, so that those which stay silent keep nobody out.
	maxPeers   = 512
	maxPending = 64
)

// socket accepts peers and reads from them, each on a goroutine of its own.
type socket struct {
	kind     zmq4.SocketType
	limit    uint64 // of a message that a peer sends, in bytes
	listener net.Listener
	log      *slog.Logger
	receive  func(*peer, [][]byte) // called for each message of a peer, in order

	mu      sync.Mutex
	closed  bool
	peers   map[*peer]bool
	pending []net.Conn // in the handshake, oldest first
	count   uint32     // of peers so far, for identities
}

func listen(kind zmq4.SocketType, limit uint64, at Endpoint, log *slog.Logger) (*socket, error) {
	if at.Network == "unix" {
		removeStale(at.Address)
	}
	l, err := net.Listen(at.Network, at.Address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
	return &socket{kind: kind, limit: limit, listener: l, log: log, peers: map[*peer]bool{}}, nil
}

// removeStale removes a socket file that nobody listens on.
func removeStale(path string) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return
	}
	_ = os.Remove(path) // if this fails, listening fails too and says why
}

// accept serves peers until the socket is closed.
func (s *socket) accept() {
	for {
		c, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.log.Warn("cannot accept a connection", "error", err)
			time.Sleep(acceptPause) // out of descriptors, most likely
			continue
		}
		// Noted here, where the order is that of arrival: of goroutines that
		// start, the oldest may be the last.
		if !s.enter(c) {
			c.Close()
			return
		}
		go s.serve(c)
	}
}

// serve reads from one peer. Whatever it sends costs that peer alone.
func (s *socket) serve(c net.Conn) {
	defer c.Close()
	defer s.leave(c)
	_ = c.SetDeadline(time.Now().Add(handshakeTime))
	limited := newLimitedConn(c)
	var conn *zmq4.Conn
	err := unbroken(func() (err error) {
		conn, err = zmq4.Open(limited, null.Security(), s.kind, nil, true, nil)
		return err
	})
	if err != nil {
		s.log.Debug("dropped a peer in the handshake", "error", err)
		return
	}
	limited.limit = s.limit
	_ = c.SetDeadline(time.Time{})
	s.leave(c)
	p := s.add(conn, c)
	if p == nil {
		return
	}
	defer s.remove(p)
	for {
		var m zmq4.Msg
		err := unbroken(func() (err error) {
			m, err = conn.RecvMsg()
			return err
		})
		if err != nil {
			return
		}
		if m.Type == zmq4.UsrMsg {
			s.receive(p, m.Frames)
		}
	}
}

// unbroken makes an error of a panic: zmq4 indexes into what is malformed
// without looking.
func unbroken(read func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("malformed: %v", p)
		}
	}()
	return read()
}

// enter notes a peer that begins the handshake, unless the socket is closed.
func (s *socket) enter(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.pending = append(s.pending, c)
	if len(s.pending) > maxPending {
		s.pending[0].Close()
		s.pending = s.pending[1:]
	}
	return true
}

// leave notes that it is over with the handshake; a second time it does nothing.
func (s *socket) leave(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.pending, c); i >= 0 {
		s.pending = slices.Delete(s.pending, i, i+1)
	}
}

// add returns nil when the socket is closed or serves as many peers as it can.
func (s *socket) add(conn *zmq4.Conn, c net.Conn) *peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.count++
	p := newPeer(c, conn.Peer.Meta["Identity"], s.count)
	for other := range s.peers {
		if other.identity == p.identity { // it has reconnected
			delete(s.peers, other)
			other.kill()
		}
	}
	if len(s.peers) >= maxPeers {
		s.log.Warn("refused a connection: too many are open", "open", len(s.peers), "address", s.listener.Addr())
		return nil
	}
	s.peers[p] = true
	go p.write()
	return p
}

func (s *socket) remove(p *peer) {
	s.mu.Lock()
	delete(s.peers, p)
	s.mu.Unlock()
	p.kill()
}

// Close stops listening, and waits at most for the linger time until
// everything that was sent is on its way.
func (s *socket) Close(linger time.Duration) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	var peers []*peer
	for p := range s.peers {
		peers = append(peers, p)
	}
	for _, c := range s.pending {
		c.Close()
	}
	s.mu.Unlock()
	s.listener.Close()
	for _, p := range peers {
		p.finish()
	}
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for _, p := range peers {
		select {
		case <-p.written:
		case <-timer.C:
			timer.Reset(0)
		}
		p.kill()
	}
}
