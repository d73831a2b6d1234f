package wire

import (
	"encoding/binary"
	"net"
	"sync"
)

// maxQueued is how many bytes may wait for a peer that does not read, with
// what memory needs beside them. It is more than a cell prints.
const maxQueued = 64 << 20

// peer is one connection: a queue, and a goroutine that writes from it, so
// that nobody waits for a peer that does not read.
type peer struct {
	conn     net.Conn
	identity string
	written  chan struct{} // closed when write has returned

	mu            sync.Mutex
	changed       sync.Cond
	queue         [][][]byte
	queued        int // bytes
	finished      bool
	dead          bool
	behind        bool           // messages were dropped since it read last
	subscriptions map[string]int // of a publisher's peer, counted
}

func newPeer(c net.Conn, identity string, number uint32) *peer {
	if identity == "" {
		// ZeroMQ's own choice for a peer without one: a zero byte and a number.
		identity = string(binary.BigEndian.AppendUint32([]byte{0}, number))
	}
	p := &peer{conn: c, identity: identity, written: make(chan struct{}), subscriptions: map[string]int{}}
	p.changed.L = &p.mu
	return p
}

// send queues a message. It returns false when the peer is gone, or has so
// much to read that this message is dropped.
func (p *peer) send(frames [][]byte) bool {
	n := 0
	for _, f := range frames {
		n += len(f) + frameOverhead
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead || p.finished || p.queued > 0 && p.queued+n > maxQueued {
		return false
	}
	p.behind = false
	p.queue = append(p.queue, frames)
	p.queued += n
	p.changed.Signal()
	return true
}

// fellBehind says whether a message that was dropped is the first one since
// the peer took one.
func (p *peer) fellBehind() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.behind
	p.behind = true
	return !was && !p.dead && !p.finished
}

// write writes what is queued until the peer is finished or dead.
func (p *peer) write() {
	defer close(p.written)
	for {
		batch := p.take()
		if batch == nil {
			return
		}
		var buffers net.Buffers
		for _, frames := range batch {
			buffers = appendFrames(buffers, frames)
		}
		if _, err := buffers.WriteTo(p.conn); err != nil {
			p.kill()
			return
		}
	}
}

// take waits for messages; nil means that there will be none.
func (p *peer) take() [][][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) == 0 && !p.finished && !p.dead {
		p.changed.Wait()
	}
	if p.dead {
		return nil
	}
	batch := p.queue
	p.queue, p.queued = nil, 0
	return batch
}

// finish lets the writer end when all is written.
func (p *peer) finish() {
	p.mu.Lock()
	p.finished = true
	p.changed.Signal()
	p.mu.Unlock()
}

func (p *peer) kill() {
	p.mu.Lock()
	p.dead = true
	p.changed.Signal()
	p.mu.Unlock()
	p.conn.Close()
}
