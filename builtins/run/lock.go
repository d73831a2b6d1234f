package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"adkernel/internal/filelock"
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
		if err = filelock.Flock(f, syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EWOULDBLOCK {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err == nil {
		return f, nil
	}
	f.Close()
	if err == syscall.EWOULDBLOCK {
		by := ""
		if e, err := readExecutor(path); err == nil {
			by = ", " + e.String()
		}
		return nil, fmt.Errorf("%w: %s%s; attach to it, or cancel it first", ErrExecuting, dir, by)
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
	err = filelock.Flock(f, syscall.LOCK_SH|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK {
		return true, nil
	}
	return false, err
}

// An executor is the process that holds a run's lock, as it signed for it. On
// file systems that machines share it may be another machine's.
type executor struct {
	pid  int
	host string // "" where an earlier version signed
}

// sign writes who executes the run into the lock file, for messages and
// signals: the process with the given id of this machine; 0 is one that is not
// there yet. The record has a fixed width, so that a reader never finds the file
// empty while a later process signs over an earlier one.
func sign(f *os.File, pid int) error {
	_, err := f.WriteAt(fmt.Appendf(nil, "%-19d %-255s\n", pid, hostname()), 0)
	return err
}

// readExecutor returns who signed the lock file at path last.
func readExecutor(path string) (executor, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return executor{}, err
	}
	line, _, _ := strings.Cut(string(text), "\n") // an earlier version signs over the beginning
	pid, host, _ := strings.Cut(strings.TrimSpace(line), " ")
	e := executor{host: strings.TrimSpace(host)}
	if e.pid, err = strconv.Atoi(pid); err != nil || e.pid <= 1 {
		return executor{}, fmt.Errorf("%s: names no process: %q", path, text)
	}
	return e, nil
}

// elsewhere reports whether the process is another machine's, where its id
// means another process or none.
func (e executor) elsewhere() bool { return e.host != "" && e.host != hostname() }

func (e executor) String() string {
	if e.elsewhere() {
		return fmt.Sprintf("process %d on %s", e.pid, e.host)
	}
	return fmt.Sprintf("process %d", e.pid)
}

// hostname is this machine's name, "" when it has none.
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
