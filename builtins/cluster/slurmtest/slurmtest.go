// Package slurmtest starts a Slurm on the loopback for tests: a controller and
// two nodes, in a folder of its own.
package slurmtest

import (
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:embed slurm.sh
var script []byte

// variable allows tests to start daemons: "make test-slurm" sets it.
const variable = "ADKERNEL_TEST_SLURM"

// A Cluster is a running Slurm. It ends with its test.
type Cluster struct {
	Dir string // its files: run/slurmctld.pid, run/slurmd-n1.pid, log/

	script string
}

// Start starts a cluster and makes it the one that Slurm's commands talk to.
// The test is skipped where it may not be started, or Slurm is missing.
func Start(t testing.TB) *Cluster {
	t.Helper()
	if os.Getenv(variable) == "" {
		t.Skip("make test-slurm runs this, with a Slurm of its own")
	}
	dir, err := os.MkdirTemp("/tmp", "adkernel-slurm-") // not t.TempDir: a socket's path is short
	require.NoError(t, err)
	c := &Cluster{Dir: dir, script: filepath.Join(dir, "slurm.sh")}
	require.NoError(t, os.WriteFile(c.script, script, 0o755))
	_, err = exec.Command(c.script, "up", dir).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		require.Equal(t, 3, exit.ExitCode(), "%s", exit.Stderr)
		t.Skip(strings.TrimSpace(string(exit.Stderr)))
	}
	require.NoError(t, err)
	t.Cleanup(func() {
		exec.Command(c.script, "down", dir).Run()
		if !t.Failed() { // else its logs are worth reading
			os.RemoveAll(dir)
		}
	})
	t.Setenv("SLURM_CONF", filepath.Join(dir, "slurm.conf"))
	return c
}

// Up starts again what of the cluster was killed.
func (c *Cluster) Up(t testing.TB) { c.do(t, "up") }

// Forget restarts the controller without its jobs.
func (c *Cluster) Forget(t testing.TB) { c.do(t, "forget") }

func (c *Cluster) do(t testing.TB, action string) {
	t.Helper()
	out, err := exec.Command(c.script, action, c.Dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
}
