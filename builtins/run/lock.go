package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const lockFile = "lock"

// ErrExecuting is the reason why a run that some process executes cannot be
// executed or resumed by another.
var ErrExecuting = errors.New("another process executes this run")

// lock takes the run's lock for the process that executes it. The lock
// belongs to the open file: it goes with the descriptor to a child process,
// and is free when the last process that holds the descriptor is gone,
// however it ended.
func lock(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	// A reader that looks whether the lock is held holds it itself for
	// microseconds, hence the second chances.
	for range 50 {
		if err = flock(f, syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EWOULDBLOCK {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err == nil {
		return f, nil
	}
	f.Close()
	if err == syscall.EWOULDBLOCK {
		return nil, fmt.Errorf("%w: %s%s; attach to it, or cancel it first", ErrExecuting, dir, holder(path))
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// lockHeld reports whether a process executes the run in dir.
func lockHeld(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = flock(f, syscall.LOCK_SH|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK {
		return true, nil
	}
	return false, err
}

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); err != syscall.EINTR {
			return err
		}
	}
}

// sign writes the executing process's id into the lock file, for messages and
// signals. The record has a fixed width, so that a reader never finds the file
// empty while a later process signs over an earlier one.
func sign(f *os.File, pid int) error {
	_, err := f.WriteAt(fmt.Appendf(nil, "%-19d\n", pid), 0)
	return err
}

func holder(path string) string {
	text, err := os.ReadFile(path)
	pid := strings.TrimSpace(string(text))
	if err != nil || pid == "" {
		return ""
	}
	return ", process " + pid
}
