//go:build unix && !linux

package neighbours

import "syscall"

// ownGroup puts a server into a process group of its own, so that it can be
// killed whole.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
