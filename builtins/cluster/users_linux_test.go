package cluster

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUsersShareTheQueue has two users beside each other, in a folder that is
// neither's. Where fs.protected_regular is set, as most distributions do, the
// kernel guards their files in it from each other.
func TestUsersShareTheQueue(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be two other users")
	}
	machine(t, 1)
	shared := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(shared), 0o755))
	require.NoError(t, os.Chmod(shared, 0o777|os.ModeSticky))
	program := filepath.Join(t.TempDir(), "program")
	copyProgram(t, program)
	t.Setenv(queueVariable, shared)
	const alice, bob = 64001, 64002
	holdAs := func(user uint32, who string) *holder {
		cmd := exec.Command(program, "hold", "1", who)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
		return holdBy(t, cmd)
	}

	first := holdAs(alice, "first")
	first.until(t, "got: GPU-000")
	second := holdAs(bob, "second")
	second.until(t, "wait: waiting for 1 GPU: 0 of 1 free (the others have first)\n")
	first.end(t)
	second.until(t, "got: GPU-000")

	// One who waits is killed, and leaves a ticket that nobody else can remove.
	killed := holdAs(alice, strings.Repeat("a long name ", 20))
	killed.until(t, "the others have second")
	killed.end(t)
	third := holdAs(bob, "third")
	third.until(t, "the others have second")
	fourth := holdAs(alice, "fourth")
	fourth.until(t, "1 ahead in the queue")
	second.end(t)
	third.until(t, "got: GPU-000")
	third.end(t)
	fourth.until(t, "got: GPU-000")
}

// copyProgram copies this program to where every user can execute it.
func copyProgram(t *testing.T, path string) {
	t.Helper()
	from, err := os.Open(os.Args[0])
	require.NoError(t, err)
	defer from.Close()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	require.NoError(t, err)
	_, err = io.Copy(to, from)
	require.NoError(t, err)
	require.NoError(t, to.Close())
	for dir := filepath.Dir(path); dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		require.NoError(t, err)
		if info.Mode()&0o001 == 0 {
			t.Skipf("other users cannot enter %s", dir)
		}
	}
}
