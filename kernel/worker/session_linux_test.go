package worker

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestAQuestionThatADyingWorkerHasNotReadGoesToTheNext(t *testing.T) {
	s := start(t, Options{})
	for range 20 {
		_, _, err := execute(t, s, 1, "var x")
		require.NoError(t, err)
		p := processOf(s)
		pid := p.cmd.Process.Pid
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
		require.NoError(t, unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil))
		time.AfterFunc(time.Millisecond, p.killGroup)
		c, err := s.IsComplete(t.Context(), "for {")()
		require.NoError(t, err)
		require.Equal(t, "incomplete", c.Status)
		require.NotSame(t, p, processOf(s))
	}
}
