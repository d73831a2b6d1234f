package worker

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// A fence's marker in an output. The nonce is random, so that no text which
// a cell prints is taken for one; the length is fixed and below PIPE_BUF, so
// that a pipe never tears it.
const (
	markerStart  = "\x00\x1e"
	markerEnd    = "\x1e\x00"
	nonceLength  = 32
	numberLength = 16
	markerLength = len(markerStart) + nonceLength + numberLength + len(markerEnd)
)

func marker(nonce string, n uint64) string {
	return fmt.Sprintf("%s%s%016x%s", markerStart, nonce, n, markerEnd)
}

// Pipes of a worker, as the kernel numbers them.
const (
	pipeStdout = iota
	pipeStderr
	pipeEvents
	pipes
)

// merger brings what comes through the three pipes into one order. Each pipe
// is read by a goroutine of its own; one that has passed a fence waits there
// until the others have passed it too.
type merger struct {
	mu      sync.Mutex
	changed sync.Cond
	passed  [pipes]uint64 // the last fence that each has passed
}

func newMerger() *merger {
	m := &merger{}
	m.changed.L = &m.mu
	return m
}

// pass says that everything of the pipe up to fence n is delivered.
func (m *merger) pass(pipe int, n uint64) {
	m.mu.Lock()
	m.passed[pipe] = max(n, m.passed[pipe])
	m.changed.Broadcast()
	m.mu.Unlock()
}

// end says that nothing more comes through the pipe.
func (m *merger) end(pipe int) { m.pass(pipe, math.MaxUint64) }

// catchUp waits until all other pipes have passed fence n.
func (m *merger) catchUp(pipe int, n uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.othersPassed(pipe, n) {
		m.changed.Wait()
	}
}

func (m *merger) othersPassed(pipe int, n uint64) bool {
	for other, passed := range m.passed {
		if other != pipe && passed < n {
			return false
		}
	}
	return true
}

// pump reads an output until it ends, and delivers what cells printed: whole
// characters of UTF-8, U+FFFD in place of bytes that are none. Before it
// passes a fence it calls settle.
func (m *merger) pump(pipe int, nonce string, r io.Reader, deliver func(text string), settle func()) {
	defer m.end(pipe)
	var (
		buffer = make([]byte, 64<<10)
		held   []byte // the beginning of a marker or of a character
		passed uint64
	)
	print := func(b []byte) {
		if len(b) > 0 {
			m.catchUp(pipe, passed)
			deliver(strings.ToValidUTF8(string(b), "\uFFFD"))
		}
	}
	for {
		n, err := r.Read(buffer)
		held = append(held, buffer[:n]...)
		for {
			before, fence, after, found := cutMarker(held, nonce)
			if !found {
				break
			}
			print(before)
			settle()
			m.pass(pipe, fence)
			passed, held = fence, after
		}
		if err != nil {
			print(held)
			return
		}
		whole := len(held) - unfinished(held, nonce)
		print(held[:whole])
		held = append(held[:0], held[whole:]...)
	}
}

// cutMarker cuts b around its first whole marker.
func cutMarker(b []byte, nonce string) (before []byte, fence uint64, after []byte, found bool) {
	start := []byte(markerStart + nonce)
	for from := 0; ; {
		i := bytes.Index(b[from:], start)
		if i < 0 || from+i+markerLength > len(b) {
			return nil, 0, nil, false
		}
		i += from
		number := b[i+len(start) : i+len(start)+numberLength]
		fence, err := strconv.ParseUint(string(number), 16, 64)
		if err == nil && bytes.HasPrefix(b[i+len(start)+numberLength:], []byte(markerEnd)) {
			return b[:i], fence, b[i+markerLength:], true
		}
		from = i + 1
	}
}

// unfinished is how many bytes at the end of b may belong to a marker or a
// character of which the rest has not been read.
func unfinished(b []byte, nonce string) int {
	start := []byte(markerStart + nonce)
	for n := min(markerLength-1, len(b)); n > 0; n-- {
		tail := b[len(b)-n:]
		if bytes.HasPrefix(start, tail) || bytes.HasPrefix(tail, start) {
			return n
		}
	}
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		tail := b[len(b)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
