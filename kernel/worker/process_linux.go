package worker

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// processAttributes put the worker into a session of its own, so that the
// terminal's Ctrl-C reaches the kernel alone, and killSession what cells have
// started; and let it die with the kernel.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// killSession ends what is left of the session of a worker that has ended: what
// its cells started in process groups of their own.
func killSession(worker int) {
	killed := map[int]bool{}
	for more := true; more; { // some may have started others meanwhile
		more = false
		for _, pid := range members(worker) {
			if !killed[pid] {
				more, killed[pid] = true, true
				_ = syscall.Kill(pid, syscall.SIGKILL) // has ended itself, or changed its user
			}
		}
	}
}

// afterName is where a process's session stands behind its name in /proc.
const afterName = 3

// members are the processes of a session.
func members(session int) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil { // is not mounted: there is no other list
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil { // has ended
			continue
		}
		// The second field, a name in parentheses, may hold anything.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > afterName && fields[afterName] == strconv.Itoa(session) {
			pids = append(pids, pid)
		}
	}
	return pids
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
