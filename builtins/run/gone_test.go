package run

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Somebody removes the directory of a run that is executed, and makes a new
// one of the same name.
func TestARunWhoseDirectoryIsGoneEndsAndLeavesItsSuccessorAlone(t *testing.T) {
	options := testOptions(t)
	options.Name = "same"
	spec := testSpec(dataset(t, 60), map[string]any{"delay": 50})
	r := launch(t, spec, options)
	until(t, r, 5)
	first, err := readState(r.Dir())
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(r.Dir()))
	require.ErrorContains(t, r.Wait(deadline(t)), "no such file or directory")

	spec.Deployment.Args["stall_at"] = 50
	successor := launch(t, spec, options)
	until(t, successor, 3)
	untilGone(t, first.PID)
	state, err := readState(successor.Dir())
	require.NoError(t, err)
	require.Equal(t, Running, state.Status)
	require.NotEqual(t, first.PID, state.PID)
	require.NoError(t, successor.Cancel())
	state, err = successor.State()
	require.NoError(t, err)
	require.Equal(t, Cancelled, state.Status)
}

// untilGone waits for the end of a process that this one started.
func untilGone(t *testing.T, pid int) {
	t.Helper()
	ctx := deadline(t)
	for ctx.Err() == nil {
		if syscall.Kill(pid, 0) != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("process %d goes on", pid)
}
