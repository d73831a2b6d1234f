package kernel

import (
	"context"
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"
)

// parentPoll is how often the parent is looked for.
const parentPoll = time.Second

// watchParent stops the kernel when the process that started it is gone.
// Jupyter names that process in JPY_PARENT_PID. Without it nobody is watched,
// nor where there is no such process: the name is that of another machine.
func watchParent(ctx context.Context, stop context.CancelCauseFunc) {
	parent, err := strconv.Atoi(os.Getenv("JPY_PARENT_PID"))
	if err != nil || parent <= 1 || gone(parent) {
		return
	}
	ours := os.Getppid() == parent
	ticker := time.NewTicker(parentPoll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if gone(parent) || ours && os.Getppid() != parent {
			stop(errShutdown)
			return
		}
	}
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
