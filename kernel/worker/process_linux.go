package worker

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// processAttributes put the worker into a process group of its own, so that
// the terminal's Ctrl-C reaches the kernel alone, and let it die with the kernel.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// unread is how many bytes wait in a pipe, seen from the end that writes.
func unread(pipe *os.File) int64 {
	n := 0
	c, err := pipe.SyscallConn()
	if err == nil {
		err = c.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	}
	if err != nil { // closed: nobody is to read it
		return 0
	}
	return int64(n)
}
