package neighbours

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is for how long a process may load: vLLM takes two minutes on two
// idle processors, and several times that on busy ones.
const patience = 20 * time.Minute

// A process is a program that others are asked of while a test runs.
type process struct {
	t       testing.TB
	command func() *exec.Cmd
	ready   func() bool
	log     string // file of what it says

	cmd   *exec.Cmd
	ended chan struct{}
}

// Start starts the process, again after Kill, and returns when it is ready.
func (p *process) Start() {
	p.t.Helper()
	log, err := os.OpenFile(p.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	require.NoError(p.t, err)
	defer log.Close()
	p.cmd, p.ended = p.command(), make(chan struct{})
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = ownGroup()
	began := time.Now()
	require.NoError(p.t, p.cmd.Start())
	go func(cmd *exec.Cmd, ended chan struct{}) {
		cmd.Wait()
		close(ended)
	}(p.cmd, p.ended)
	p.t.Cleanup(p.Kill)
	for !p.ready() {
		select {
		case <-p.ended:
			require.FailNow(p.t, p.cmd.Path+" ended", p.tail())
		case <-time.After(500 * time.Millisecond):
		}
		if time.Since(began) > patience {
			require.FailNow(p.t, p.cmd.Path+" is not ready after "+patience.String(), p.tail())
		}
	}
	p.t.Logf("%s was ready after %s", p.cmd.Path, time.Since(began).Round(time.Second))
}

// Kill ends the process as kill -9 does, with those that it started.
func (p *process) Kill() {
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

// tail is the end of what the process said.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}
