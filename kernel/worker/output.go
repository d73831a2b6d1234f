package worker

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// output is the worker's end of the three pipes to the kernel: what cells
// print, and events, with the fences that keep them in order.
type output struct {
	nonce          string
	stdout, stderr *os.File // duplicates of descriptors 1 and 2, which cells may close

	mu     sync.Mutex
	events *os.File
	fence  uint64
	last   *os.File // the one written last
}

func newOutput(nonce string, events *os.File) (*output, error) {
	stdout, err := duplicate(syscall.Stdout)
	if err != nil {
		return nil, err
	}
	stderr, err := duplicate(syscall.Stderr)
	if err != nil {
		return nil, err
	}
	return &output{nonce: nonce, stdout: stdout, stderr: stderr, events: events}, nil
}

func duplicate(fd int) (*os.File, error) {
	d, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, eventsFD+1)
	if err != nil {
		return nil, fmt.Errorf("cannot duplicate descriptor %d: %w", fd, err)
	}
	return os.NewFile(uintptr(d), fmt.Sprintf("duplicate of %d", fd)), nil
}

// send writes an event that has no place in the order of output.
func (o *output) send(e event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.write(e)
}

// sendFenced writes an event after all that was printed before it.
func (o *output) sendFenced(e event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writeFenced(e)
}

func (o *output) writeFenced(e event) {
	o.fence++
	e.Fence = o.fence
	m := []byte(marker(o.nonce, o.fence))
	// A write that fails means that the kernel is gone; serve ends with it.
	_, _ = o.stdout.Write(m)
	_, _ = o.stderr.Write(m)
	o.last = nil
	o.write(e)
}

func (o *output) write(e event) {
	line, err := json.Marshal(e)
	if err != nil {
		return // events hold nothing that cannot be encoded: encodeBundle saw to it
	}
	_, _ = o.events.Write(append(line, '\n'))
}

// stream is one of a cell's two outputs.
type stream struct {
	out  *output
	file *os.File
}

func (s stream) Write(p []byte) (int, error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.out.last != nil && s.out.last != s.file {
		s.out.writeFenced(event{Event: eventFence})
	}
	s.out.last = s.file
	return s.file.Write(p)
}
