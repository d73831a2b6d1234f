package run

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// A run's process is nobody's child. Front ends end a kernel together with all
// its descendants (VS Code does when a notebook is closed or its kernel
// restarted), and a run outlives the kernel. So the process that is started for
// a run starts the one that executes it, hands on what it has, and ends.

const (
	// lockVariable names the file descriptor of the run's lock, which the parent took.
	lockVariable = "ADKERNEL_RUN_LOCK"
	// endVariable names that of a pipe whose other end the parent reads: it sees
	// that nobody executes the run any more.
	endVariable = "ADKERNEL_RUN_END"
	// detachVariable is set where another process is to execute the run.
	detachVariable = "ADKERNEL_RUN_DETACH"
)

// detachment is the environment of a process that is started for a run, with the
// lock and the pipe as its first extra files.
func detachment() []string {
	return append(os.Environ(), lockVariable+"=3", endVariable+"=4", detachVariable+"=1")
}

// detach starts this program again in a session of its own and reports whether
// it does, and this process is to end. Where it cannot be started, this process
// executes the run itself.
func detach() bool {
	if os.Getenv(detachVariable) == "" {
		return false
	}
	os.Unsetenv(detachVariable)
	program, err := os.Executable()
	if err != nil {
		return false
	}
	cmd := exec.Command(program, os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var inheritance []int
	for _, variable := range []string{lockVariable, endVariable} {
		descriptor, err := inherited(variable)
		if err != nil {
			return false
		}
		// A copy: the descriptor itself is needed where nothing is started.
		duplicate, err := syscall.Dup(descriptor)
		if err != nil {
			return false
		}
		syscall.CloseOnExec(duplicate)
		f := os.NewFile(uintptr(duplicate), variable)
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
		inheritance = append(inheritance, descriptor)
	}
	if err := cmd.Start(); err != nil {
		return false
	}
	for _, descriptor := range inheritance { // the lock is the other's, however long this process takes to end
		syscall.Close(descriptor)
	}
	return true
}

// inherited is the file descriptor that a variable names. Programs that this
// process starts do not get it.
func inherited(variable string) (int, error) {
	value := os.Getenv(variable)
	descriptor, err := strconv.Atoi(value)
	if err != nil || descriptor < 3 {
		return 0, fmt.Errorf("%s=%q is not a file descriptor", variable, value)
	}
	syscall.CloseOnExec(descriptor)
	return descriptor, nil
}
