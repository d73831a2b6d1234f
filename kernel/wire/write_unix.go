//go:build unix

package wire

import (
	"bytes"
	"net"
	"syscall"
)

// writeNow writes as much of a message as the connection takes without
// waiting, and returns the rest, nil when there is none. An error shows when
// the rest is written.
func writeNow(c net.Conn, frames [][]byte) (rest []byte) {
	rest = bytes.Join(appendFrames(nil, frames), nil)
	raw, ok := c.(syscall.Conn)
	if !ok {
		return rest
	}
	descriptor, err := raw.SyscallConn()
	if err != nil {
		return rest
	}
	written := 0
	_ = descriptor.Write(func(fd uintptr) bool {
		n, err := syscall.Write(int(fd), rest)
		if err == nil {
			written = n
		}
		return true // whatever came of it: never wait here
	})
	if rest = rest[written:]; len(rest) == 0 {
		return nil
	}
	return rest
}
