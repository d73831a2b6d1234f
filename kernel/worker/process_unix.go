//go:build unix && !linux

package worker

import "syscall"

// processAttributes put the worker into a process group of its own, so that
// the terminal's Ctrl-C reaches the kernel alone. The worker ends when the
// kernel's end of the request pipe closes.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
