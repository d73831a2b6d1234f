package neighbours

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// WarmPython is Python for tests that start many engines: one whose programs
// have torch, transformers and the code of the models in dirs imported when they
// start. They compute in one thread each.
func WarmPython(t testing.TB, dirs ...string) string {
	t.Helper()
	python, program := Python(t), script(t, "warm_python.py")
	work, err := os.MkdirTemp("", "warm-python-") // t.TempDir is too long for a socket's name
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(work) })
	socket, log := filepath.Join(work, "socket"), filepath.Join(work, "log.txt")
	out, err := os.Create(log)
	require.NoError(t, err)
	defer out.Close()

	cmd := exec.Command(python, append([]string{program, "serve", socket}, dirs...)...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = out, out, ownGroup()
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	for began := time.Now(); ; {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		select {
		case <-ended:
			text, _ := os.ReadFile(log)
			require.FailNow(t, "Python ended", string(text))
		case <-time.After(100 * time.Millisecond):
		}
		require.Less(t, time.Since(began), patience, "torch and transformers are not imported")
	}
	warm := filepath.Join(work, "python")
	line := fmt.Sprintf("#!/bin/sh\nexec '%s' -IS '%s' run '%s' \"$@\"\n", python, program, socket)
	require.NoError(t, os.WriteFile(warm, []byte(line), 0o755))
	return warm
}
