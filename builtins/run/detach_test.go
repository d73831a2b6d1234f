package run

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What ends a kernel's descendants, as VS Code does, must find no run among them.
func TestARunIsNoDescendantOfWhatLaunchedIt(t *testing.T) {
	r := launch(t, testSpec(dataset(t, 20), map[string]any{"stall_at": 10}), testOptions(t))
	until(t, r, 10)
	e, err := readExecutor(filepath.Join(r.Dir(), lockFile))
	require.NoError(t, err)
	require.Eventually(t, func() bool { // the process that started the run's has ended
		for pid := e.pid; pid > 1; pid = parentOf(t, pid) {
			if pid == os.Getpid() {
				return false
			}
		}
		return true
	}, time.Minute, 10*time.Millisecond)
}

// Another descriptor would not be closed with the run, and would go to the
// programs that an engine starts.
func TestARunsProcessHoldsItsLockOnce(t *testing.T) {
	r := launch(t, testSpec(dataset(t, 20), map[string]any{"stall_at": 10}), testOptions(t))
	until(t, r, 10)
	path := filepath.Join(r.Dir(), lockFile)
	e, err := readExecutor(path)
	require.NoError(t, err)
	open, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", e.pid))
	require.NoError(t, err)
	if open == nil {
		t.Skip("needs /proc")
	}
	held := 0
	for _, descriptor := range open {
		if file, err := os.Readlink(descriptor); err == nil && file == path {
			held++
		}
	}
	require.Equal(t, 1, held)
}

func parentOf(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.Command("ps", "-o", "ppid=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return 0 // it has just ended
	}
	parent, err := strconv.Atoi(strings.TrimSpace(string(out)))
	require.NoError(t, err)
	return parent
}
