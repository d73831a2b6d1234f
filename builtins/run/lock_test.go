package run

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// bystander is a process of this machine that has nothing to do with a run.
func bystander(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

func TestAProcessOfAnotherMachineIsNotSignalled(t *testing.T) {
	options := testOptions(t)
	r := launch(t, testSpec(dataset(t, 20), map[string]any{"stall_at": 10}), options)
	until(t, r, 10)
	path := filepath.Join(r.Dir(), lockFile)
	mine, err := os.ReadFile(path)
	require.NoError(t, err)
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, hostname(), state.Host)

	// As another machine would have signed, whose process has the number of one
	// of this machine's.
	other := bystander(t)
	writeLock := func(text string) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		require.NoError(t, err)
		defer f.Close()
		_, err = f.WriteAt([]byte(text), 0)
		require.NoError(t, err)
	}
	writeLock(fmt.Sprintf("%-19d %-255s\n", other.Process.Pid, "login1"))
	where := fmt.Sprintf("process %d on login1", other.Process.Pid)
	require.EqualError(t, r.Cancel(), fmt.Sprintf("run %s: %s executes it, which cannot be ended from %s: cancel it on login1", r.Name(), where, hostname()))
	require.ErrorContains(t, r.Resume(t.Context(), options), where)
	require.NoError(t, other.Process.Signal(syscall.Signal(0)))
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(other.Process.Pid, &status, syscall.WNOHANG, nil)
	require.NoError(t, err)
	require.Zero(t, pid, "the bystander was ended: %v", status)

	writeLock(string(mine))
	require.NoError(t, r.Cancel())
	state, err = r.State()
	require.NoError(t, err)
	require.Equal(t, Cancelled, state.Status)
	require.Empty(t, state.Host)
}

func TestTheLockFileNamesAProcess(t *testing.T) {
	for text, want := range map[string]executor{
		"4711               \n":           {pid: 4711}, // of earlier versions
		"4711                node-7  \n":  {pid: 4711, host: "node-7"},
		"4711               \nnode-7  \n": {pid: 4711},
	} {
		path := filepath.Join(t.TempDir(), lockFile)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		got, err := readExecutor(path)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, want.host != "", got.elsewhere())
	}
	for _, text := range []string{"", "\n", "1\n", "-5 here\n", "here 5\n"} {
		path := filepath.Join(t.TempDir(), lockFile)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		_, err := readExecutor(path)
		require.ErrorContains(t, err, "names no process")
	}
}
