package worker

import (
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"adkernel/internal/pattern"
)

// When the Go runtime crashes, it prints why and the stacks of the evaluator,
// which tell nothing about cells. The reason belongs into the cell's error,
// the stacks into the log, and neither into the cell's output.
const (
	crashTime  = 5 * time.Second // that a process may take to die of a crash: stacks can be deep
	crashBytes = 1 << 20         // of what it prints; more is shown
)

// crashStart finds where the runtime begins to print.
var crashStart = pattern.New(`(?m)^(panic: |fatal error: |runtime: |unexpected fault address |SIG[A-Z]+: )`)

// exitCrashed is the exit status of a crash of the Go runtime.
const exitCrashed = 2

func crashed(st *os.ProcessState) bool {
	if st == nil {
		return false
	}
	ws, ok := st.Sys().(syscall.WaitStatus)
	return st.ExitCode() == exitCrashed || ok && ws.Signaled() && ws.Signal() != syscall.SIGKILL
}

// crashFilter passes on what is printed to standard error. What looks like a
// crash it holds back, until it is clear that the process lives on.
type crashFilter struct {
	deliver func(text string)

	mu    sync.Mutex
	held  strings.Builder
	timer *time.Timer // runs while text is held
	kept  bool        // the process is dead: what is held is not passed on
}

func (c *crashFilter) add(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer == nil {
		at := crashStart().FindStringIndex(text)
		if at == nil {
			c.deliver(text)
			return
		}
		if at[0] > 0 {
			c.deliver(text[:at[0]])
		}
		text = text[at[0]:]
		c.timer = time.AfterFunc(crashTime, c.release)
	}
	c.held.WriteString(text)
	if c.held.Len() > crashBytes {
		c.releaseLocked()
	}
}

// release passes on what is held.
func (c *crashFilter) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.releaseLocked()
}

func (c *crashFilter) releaseLocked() {
	if c.timer == nil || c.kept {
		return
	}
	c.timer.Stop()
	c.timer = nil
	c.deliver(c.held.String())
	c.held.Reset()
}

// keep says that what is held was a crash: it is not passed on, to cells that
// run in the next process least of all.
func (c *crashFilter) keep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = true
	if c.timer != nil {
		c.timer.Stop()
	}
}

// text is what is held.
func (c *crashFilter) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held.String()
}

// message is the runtime's reason for a crash, in one line, or empty.
func (c *crashFilter) message() string {
	for line := range strings.Lines(c.text()) {
		for _, prefix := range []string{"panic: ", "fatal error: ", "SIG"} {
			if strings.HasPrefix(line, prefix) {
				return strings.TrimSpace(line)
			}
		}
	}
	return ""
}
