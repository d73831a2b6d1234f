package neighbours

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

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
	socket := filepath.Join(work, "socket")
	p := &process{t: t, log: filepath.Join(work, "log.txt")}
	p.command = func() *exec.Cmd { return exec.Command(python, append([]string{program, "serve", socket}, dirs...)...) }
	p.ready = func() bool {
		_, err := os.Stat(socket)
		return err == nil
	}
	p.Start()
	warm := filepath.Join(work, "python")
	line := fmt.Sprintf("#!/bin/sh\nexec '%s' -IS '%s' run '%s' \"$@\"\n", python, program, socket)
	require.NoError(t, os.WriteFile(warm, []byte(line), 0o755))
	return warm
}
