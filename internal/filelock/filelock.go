// Package filelock locks open files, so that processes can tell whether another
// one holds a file: flock(2), whose locks end with their process however it ends.
package filelock

import (
	"os"
	"syscall"
)

// Flock is flock(2), begun again where a signal interrupts it: how is
// syscall.LOCK_SH or LOCK_EX, with LOCK_NB to get EWOULDBLOCK where another
// process holds the file.
func Flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); err != syscall.EINTR {
			return err
		}
	}
}
