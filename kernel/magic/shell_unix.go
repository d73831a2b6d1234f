//go:build unix && !linux

package magic

import "syscall"

func programAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
