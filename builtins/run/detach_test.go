package run

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What ends a kernel's descendants, as VS Code does, must find no run among them.
func TestARunIsNoDescendantOfWhatLaunchedIt(t *testing.T) {
	r := launch(t, testSpec(dataset(t, 20), map[string]any{"stall_at": 10}), testOptions(t))
	until(t, r, 10)
	e, err := readExecutor(filepath.Join(r.Dir(), lockFile))
	require.NoError(t, err)
	for pid := e.pid; pid > 1; pid = parentOf(t, pid) {
		require.NotEqual(t, os.Getpid(), pid)
	}
}

func parentOf(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.Command("ps", "-o", "ppid=", "-p", strconv.Itoa(pid)).Output()
	require.NoError(t, err)
	parent, err := strconv.Atoi(strings.TrimSpace(string(out)))
	require.NoError(t, err)
	return parent
}
