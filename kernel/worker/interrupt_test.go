package worker

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// interruptWhenWaiting interrupts as soon as the cell has printed something.
func interruptWhenWaiting(s *Session, source string) error {
	r := newRecorder()
	go func() {
		<-r.seen
		s.Interrupt()
	}()
	_, err := s.Execute(context.Background(), Request{N: 2, Source: source}, r.add)
	return err
}

func TestAnInterruptStopsTheCellAndKeepsTheState(t *testing.T) {
	s := start(t, Options{})
	_, _, err := execute(t, s, 1, "func f")
	require.NoError(t, err)
	s.Interrupt() // without a running cell: nothing
	err = interruptWhenWaiting(s, "wait")
	require.ErrorContains(t, err, "KeyboardInterrupt")
	_, _, err = execute(t, s, 3, "call f")
	require.NoError(t, err)
}

func TestAnInterruptWhileAValueIsShownIsTheCells(t *testing.T) {
	s := start(t, Options{})
	err := interruptWhenWaiting(s, "var x\nslow")
	require.ErrorContains(t, err, "KeyboardInterrupt: interrupted while the value was being shown")
	require.Equal(t, []string{"x"}, s.alive.variables, "what ran, ran")
}

func TestACellThatIgnoresTheInterruptIsKilledAfterTheGracePeriod(t *testing.T) {
	s := start(t, Options{Grace: time.Millisecond})
	err := interruptWhenWaiting(s, "deaf")
	require.ErrorContains(t, err, "did not stop within 1ms of the interrupt and was killed")
	_, _, err = execute(t, s, 3, "print on")
	require.NoError(t, err)
}

// A pipe holds less than the cell: who sends it waits for the worker to read.
func TestAnInterruptDoesNotWaitForAWorkerThatReadsNothing(t *testing.T) {
	s := start(t, Options{Grace: 50 * time.Millisecond})
	_, _, err := execute(t, s, 1, "func f")
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(processOf(s).cmd.Process.Pid, syscall.SIGSTOP))
	p, ended := processOf(s), make(chan error)
	go func() {
		_, err := s.Execute(context.Background(), Request{N: 2, Source: strings.Repeat("print a\n", 1<<17)}, func(Event) {})
		ended <- err
	}()
	require.Eventually(t, func() bool { return p.runningID() != 0 }, time.Minute, time.Millisecond)
	s.Interrupt()
	require.ErrorContains(t, <-ended, "did not stop within 50ms of the interrupt and was killed")
	_, _, err = execute(t, s, 3, "call f")
	require.NoError(t, err)
}

func TestAnInterruptBeforeTheCellIsOnItsWayEndsIt(t *testing.T) {
	s := start(t, Options{})
	_, err := s.Execute(t.Context(), Request{N: 1, Source: "wait", Interrupted: func() bool { return true }}, func(Event) {})
	require.ErrorContains(t, err, "KeyboardInterrupt")
	_, _, err = execute(t, s, 2, "print on")
	require.NoError(t, err)
}

func TestEndingTheContextInterrupts(t *testing.T) {
	s := start(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Execute(ctx, Request{N: 1, Source: "wait"}, func(Event) { cancel() })
	require.ErrorContains(t, err, "KeyboardInterrupt")
}

// However an interrupt falls together with a cell's start or end, it stops that
// cell or comes too late for it, and leaves the next one alone.
func TestAnInterruptIsNeitherLostNorLate(t *testing.T) {
	s := start(t, Options{})
	for n := range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		if n%2 == 0 {
			cancel()
		}
		go cancel()
		_, err := s.Execute(ctx, Request{N: n, Source: "wait"}, func(Event) {})
		require.ErrorContains(t, err, "KeyboardInterrupt")
		ctx, cancel = context.WithCancel(t.Context())
		_, err = s.Execute(ctx, Request{N: n, Source: "print a"}, func(Event) { go cancel() })
		if err != nil {
			require.ErrorContains(t, err, "KeyboardInterrupt")
		}
		cancel()
		_, _, err = execute(t, s, n, "print b")
		require.NoError(t, err)
	}
}

func TestCloseInterruptsTheCellThatRuns(t *testing.T) {
	s := start(t, Options{})
	r := newRecorder()
	ended := make(chan error)
	go func() {
		_, err := s.Execute(context.Background(), Request{N: 1, Source: "last words"}, r.add)
		ended <- err
	}()
	<-r.seen
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-ended, ErrClosed)
	require.Equal(t, []string{"stdout: waiting\nwords\n"}, r.lines())
}

func TestAnInterruptEndsAnExpressionAlsoBeforeItIsOnItsWay(t *testing.T) {
	s := start(t, Options{})
	_, err := s.Expression(t.Context(), 1, "wait", func() bool { return true })
	require.ErrorContains(t, err, "KeyboardInterrupt")
}

// interruptTheRescue kills the worker between cells, and interrupts the next one
// while it brings back what was declared.
func interruptTheRescue(t *testing.T, s *Session) {
	_, _, err := execute(t, s, 1, "func slow\nfunc f")
	require.NoError(t, err)
	processOf(s).killGroup()
	require.Eventually(t, func() bool { p := processOf(s); return p.restores(p.runningID()) }, 10*time.Second, time.Millisecond)
	s.Interrupt()
}

func TestAnInterruptDoesNotCostWhatIsBroughtBackJustNow(t *testing.T) {
	s := start(t, Options{})
	interruptTheRescue(t, s)
	_, _, err := execute(t, s, 2, "call slow\ncall f")
	require.NoError(t, err)
}

func TestAnInterruptEndsARescueThatDoesNotEnd(t *testing.T) {
	s := start(t, Options{Grace: 300 * time.Millisecond})
	interruptTheRescue(t, s)
	_, shown, err := execute(t, s, 2, "call f")
	require.NoError(t, err)
	require.Len(t, shown, 1)
	require.Contains(t, shown[0], "not brought back: interrupted")
}
