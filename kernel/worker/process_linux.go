package worker

import "syscall"

// processAttributes put the worker into a process group of its own, so that
// the terminal's Ctrl-C reaches the kernel alone, and let it die with the kernel.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
