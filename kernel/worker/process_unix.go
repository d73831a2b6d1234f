//go:build unix && !linux

package worker

import (
	"os"
	"syscall"
)

// processAttributes put the worker into a session of its own, so that
// the terminal's Ctrl-C reaches the kernel alone. The worker ends when the
// kernel's end of the request pipe closes.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true}
}

// killSession does nothing: this system has no list of a session's processes.
// A worker that ends by itself ends the programs of its cell.
func killSession(int) {}

// unread is how many bytes are known to wait in a pipe. Seen from the end that
// writes, this system does not say.
func unread(*os.File) int64 { return 0 }
