package neighbours

import "syscall"

// ownGroup puts a server into a process group of its own, so that it can be
// killed whole. It does not outlive a test that is killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
