package wire

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
)

// Framing of ZMTP 3.0 (https://rfc.zeromq.org/spec/23/): a byte of flags, the
// length in one byte or in eight, the body.
const (
	flagMore    = 1
	flagLong    = 2
	shortHeader = 2
	longHeader  = 9
	maxShort    = 255
	greeting    = 64 // bytes that precede the first frame
)

// Limits of what a peer may send at once. zmq4 allocates what a header
// announces, so they are checked before it sees the header.
const (
	maxHandshake  = 64 << 10
	maxMessage    = 256 << 20
	maxSignal     = 64 << 10 // where peers have little to say: iopub and the heartbeat
	frameOverhead = 64       // that memory needs for each frame beside its bytes
)

// appendFrames appends the bytes of a message.
func appendFrames(to net.Buffers, frames [][]byte) net.Buffers {
	for i, body := range frames {
		var flags byte
		if i < len(frames)-1 {
			flags = flagMore
		}
		if len(body) > maxShort {
			header := binary.BigEndian.AppendUint64([]byte{flags | flagLong}, uint64(len(body)))
			to = append(to, header, body)
		} else {
			to = append(to, []byte{flags, byte(len(body))}, body)
		}
	}
	return to
}

// limitedConn follows the frames of what is read, and fails when a message
// is longer than the limit. It reads ahead: zmq4 asks for each header, which
// is of two bytes mostly, and each body by itself.
type limitedConn struct {
	net.Conn
	ahead   *bufio.Reader
	limit   uint64
	skip    uint64 // bytes of the greeting or of a body still to come
	header  []byte // the part of a header that came
	message uint64 // length of the message so far
}

func newLimitedConn(c net.Conn) *limitedConn {
	return &limitedConn{Conn: c, ahead: bufio.NewReader(c), limit: maxHandshake, skip: greeting}
}

func (c *limitedConn) Read(p []byte) (int, error) {
	n, err := c.ahead.Read(p)
	if follow := c.follow(p[:n]); follow != nil {
		return 0, follow
	}
	return n, err
}

func (c *limitedConn) follow(b []byte) error {
	for len(b) > 0 {
		if c.skip > 0 {
			n := min(c.skip, uint64(len(b)))
			c.skip -= n
			b = b[n:]
			continue
		}
		c.header = append(c.header, b[0])
		b = b[1:]
		flags := c.header[0]
		switch {
		case flags&flagLong == 0 && len(c.header) == shortHeader:
			c.skip = uint64(c.header[1])
		case flags&flagLong != 0 && len(c.header) == longHeader:
			c.skip = binary.BigEndian.Uint64(c.header[1:])
		default:
			continue
		}
		c.header = c.header[:0]
		if c.skip > c.limit || c.message+c.skip+frameOverhead > c.limit {
			return fmt.Errorf("a message longer than %d bytes", c.limit)
		}
		c.message += c.skip + frameOverhead
		if flags&flagMore == 0 {
			c.message = 0
		}
	}
	return nil
}
