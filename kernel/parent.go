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
// Jupyter names that process in JPY_PARENT_PID; without it nobody is watched.
func watchParent(ctx context.Context, stop context.CancelCauseFunc) {
	parent, err := strconv.Atoi(os.Getenv("JPY_PARENT_PID"))
	if err != nil || parent <= 1 {
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
		gone := errors.Is(syscall.Kill(parent, 0), syscall.ESRCH)
		if gone || ours && os.Getppid() != parent {
			stop(errShutdown)
			return
		}
	}
}
