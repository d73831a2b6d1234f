package worker

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/display"
	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

// recorder keeps what cells show, streams of the same name joined.
type recorder struct {
	mu     sync.Mutex
	events []Event
	seen   chan struct{} // receives once for each event
}

func newRecorder() *recorder { return &recorder{seen: make(chan struct{}, 1<<20)} }

func (r *recorder) add(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.seen <- struct{}{} }()
	if s, ok := e.(Stream); ok && len(r.events) > 0 {
		if last, ok := r.events[len(r.events)-1].(Stream); ok && last.Name == s.Name {
			r.events[len(r.events)-1] = Stream{s.Name, last.Text + s.Text}
			return
		}
	}
	r.events = append(r.events, e)
}

// lines renders the events, without the displays' random ids.
func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, e := range r.events {
		switch e := e.(type) {
		case Stream:
			lines = append(lines, e.Name+": "+e.Text)
		case Display:
			lines = append(lines, "display: "+e.Bundle.Plain())
		case Update:
			lines = append(lines, "update: "+e.Bundle.Plain())
		}
	}
	return lines
}

func start(t *testing.T, options Options) *Session {
	t.Helper()
	options.Command = []string{os.Args[0], "worker"}
	s, err := Start(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// processOf is the worker, dead or alive.
func processOf(s *Session) *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

// execute runs a cell and returns what it showed.
func execute(t *testing.T, s *Session, n int, source string) (Reply, []string, error) {
	t.Helper()
	r := newRecorder()
	reply, err := s.Execute(t.Context(), Request{N: n, Source: source}, r.add)
	return reply, r.lines(), err
}

func TestOutputAndDisplaysKeepTheirOrder(t *testing.T) {
	s := start(t, Options{})
	for range 20 {
		_, shown, err := execute(t, s, 1, "print a\neprint b\nprint c\ndisplay d\nnative e\nprint f\neprint g")
		require.NoError(t, err)
		require.Equal(t, []string{
			"stdout: a\n", "stderr: b\n", "stdout: c\n", "display: d", "update: d, updated", "stdout: e\nf\n", "stderr: g\n",
		}, shown)
	}
}

func TestAllOutputArrivesBeforeTheCellEnds(t *testing.T) {
	s := start(t, Options{})
	_, shown, err := execute(t, s, 1, "flood")
	require.NoError(t, err)
	require.Len(t, shown, 1)
	lines := strings.Split(strings.TrimSuffix(strings.TrimPrefix(shown[0], "stdout: "), "\n"), "\n")
	require.Len(t, lines, 100_000)
	require.Equal(t, "line 99999", lines[99_999])
}

func TestOutputOfProgramsThatACellStartsIsShown(t *testing.T) {
	s := start(t, Options{})
	_, shown, err := execute(t, s, 1, "program echo out; echo err >&2; printf '\\303\\251\\377'")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"stdout: out\né\uFFFD", "stderr: err\n"}, mergeByStream(shown))
}

// mergeByStream forgets the order between the streams, which is that of
// arrival where a program writes past the worker.
func mergeByStream(shown []string) []string {
	byName := map[string]string{}
	for _, line := range shown {
		name, text, _ := strings.Cut(line, ": ")
		byName[name] += text
	}
	var merged []string
	for name, text := range byName {
		merged = append(merged, name+": "+text)
	}
	return merged
}

func TestCharactersAreNeverSplit(t *testing.T) {
	s := start(t, Options{})
	_, shown, err := execute(t, s, 1, "torn")
	require.NoError(t, err)
	require.Equal(t, []string{"stdout: é\n"}, shown)
}

func TestOutputAfterACellGoesToIt(t *testing.T) {
	s := start(t, Options{})
	r := newRecorder()
	_, err := s.Execute(t.Context(), Request{N: 1, Source: "later text"}, r.add)
	require.NoError(t, err)
	<-r.seen
	require.Equal(t, []string{"stdout: text\n"}, r.lines())
}

func TestResultsAreShownAndErrorsPointIntoTheCell(t *testing.T) {
	s := start(t, Options{})
	reply, _, err := execute(t, s, 1, "var x\nvalue 1\nvalue 2")
	require.NoError(t, err)
	require.Equal(t, "1 2", reply.Result.Plain())
	require.Equal(t, []string{"x"}, reply.Defines)

	_, shown, err := execute(t, s, 2, "print a\n\tcall g")
	require.Equal(t, []string{"stdout: a\n"}, shown)
	var failure *Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, "CompileError", failure.Name)
	require.Equal(t, "In[2]:2:6: undefined: g", failure.Value)
	require.Equal(t, []string{
		"\x1b[36mIn[2]:2:6\x1b[0m: \x1b[31mCompileError\x1b[0m: undefined: g",
		"\x1b[32m      1\x1b[0m print a",
		"\x1b[32m-->   2\x1b[0m \tcall g",
		"        \t    \x1b[31m^\x1b[0m",
	}, failure.Traceback)

	_, _, err = execute(t, s, 3, "panic index out of range")
	require.ErrorAs(t, err, &failure)
	require.Equal(t, "Panic", failure.Name)
	require.Equal(t, "\x1b[36mIn[3]:1:1\x1b[0m in f", failure.Traceback[1])
}

func TestACellThatFailsLeavesItsNotesAndPages(t *testing.T) {
	s := start(t, Options{})
	reply, _, err := execute(t, s, 1, "note f goes on with the older g\npage what len does\npanic no")
	require.ErrorContains(t, err, "Panic: no")
	require.Equal(t, []string{"f goes on with the older g"}, reply.Notes)
	require.Len(t, reply.Payload, 1)
	require.Equal(t, "what len does", reply.Payload[0].(*host.Page).Bundle.Plain())
	require.Nil(t, reply.Result)
}

func TestAFaultOfTheEvaluatorEndsTheCellAlone(t *testing.T) {
	s := start(t, Options{})
	_, _, err := execute(t, s, 1, "fault nil map")
	require.ErrorContains(t, err, "fault in the evaluator, not in the cell: nil map")
	_, shown, err := execute(t, s, 2, "print alive")
	require.NoError(t, err)
	require.Equal(t, []string{"stdout: alive\n"}, shown)
}

func TestADeadWorkerIsReplacedAndSaysWhatWasLost(t *testing.T) {
	for name, test := range map[string]struct{ command, reason string }{
		"killed":  {"kill", "was killed by SIGKILL"},
		"exited":  {"exit", "ended with status 3"},
		"garbled": {"garble", "its events cannot be read: invalid character"},
		"crashed": {"crash no such map", "ended with status 2 (panic: no such map"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			_, _, err := execute(t, s, 1, "func f\nvar x\nvar a")
			require.NoError(t, err)
			_, shown, err := execute(t, s, 2, "print before\n"+test.command)
			var failure *Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, "WorkerDied", failure.Name)
			require.Contains(t, failure.Value, test.reason)
			require.Contains(t, failure.Value, "a new one was started and has the imports, types and functions of before; lost variables: a, x")
			require.Equal(t, []string{"stdout: before\n"}, shown, "a crash prints its stacks elsewhere")

			_, shown, err = execute(t, s, 3, "call f\ncells")
			require.NoError(t, err, "functions are brought back")
			require.Equal(t, []string{"stdout: In[1] defines [f x a]\n"}, shown)
		})
	}
}

func TestAWorkerThatDiesBetweenCellsIsReplacedAndTheNextSaysSo(t *testing.T) {
	s := start(t, Options{})
	_, _, err := execute(t, s, 1, "var x\nfunc f\nserve willing")
	require.NoError(t, err)
	r := newRecorder()
	_, err = s.Comm(t.Context(), opening("willing"), r.add)
	require.NoError(t, err)
	p := processOf(s)
	p.killGroup()
	<-p.followed
	require.Equal(t, []string{"c"}, r.closings(), "at once")
	require.Empty(t, s.Comms())

	c, err := s.Complete(t.Context(), "abc", 2)
	require.NoError(t, err)
	require.Equal(t, "ab!", c.Items[0].Text)
	_, err = s.Expression(t.Context(), 2, "value 7")
	require.NoError(t, err)
	_, shown, err := execute(t, s, 2, "call f\nprint on")
	require.NoError(t, err)
	require.Len(t, shown, 2)
	require.Contains(t, shown[0], "stderr: the worker was killed by SIGKILL")
	require.Contains(t, shown[0], "lost variables: x")
	require.Equal(t, "stdout: on\n", shown[1])
	_, shown, err = execute(t, s, 3, "print on")
	require.NoError(t, err)
	require.Equal(t, []string{"stdout: on\n"}, shown, "it is said once")
}

func TestAWorkerThatDiesAtItsStartIsNotReplacedForEver(t *testing.T) {
	s := start(t, Options{Env: append(os.Environ(), "FAKE_REFUSES=1")})
	p := processOf(s)
	<-p.followed
	require.Same(t, p, processOf(s))
	_, err := s.Complete(t.Context(), "abc", 2)
	require.Error(t, err)
	require.Same(t, p, processOf(s))
}

// Whoever kills a worker, the next cell runs.
func TestACellSentWhileTheWorkerIsBeingKilledRuns(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	s := start(t, Options{})
	_, _, err := execute(t, s, 1, "func f")
	require.NoError(t, err)
	for n := range rounds {
		_, _, err := execute(t, s, 2, "var x")
		require.NoError(t, err)
		p := processOf(s)
		p.killGroup() // nobody waits until it is dead
		_, shown, err := execute(t, s, 3, "call f\nprint on")
		require.NoError(t, err, n)
		require.Len(t, shown, 2, n)
		require.Contains(t, shown[0], "lost variables: x")
		require.Equal(t, "stdout: on\n", shown[1])
	}
}

// A cell that may have begun is not run twice.
func TestRandomKills(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 30
	}
	s := start(t, Options{})
	ended, fellow := 0, make(chan struct{})
	random := rand.New(rand.NewPCG(1, 2))
	pauses := make([]time.Duration, rounds)
	for i := range pauses {
		pauses[i] = time.Duration(random.IntN(20_000)) * time.Microsecond
	}
	go func() {
		defer close(fellow)
		for _, pause := range pauses {
			time.Sleep(pause)
			p := processOf(s)
			p.killGroup()
		}
	}()
	for n := 1; ; n++ {
		_, shown, err := execute(t, s, n, "print one\nprint two")
		text := strings.Join(shown, "")
		require.LessOrEqual(t, strings.Count(text, "one\n"), 1, text)
		if err == nil {
			require.Contains(t, text, "one\ntwo\n")
		} else {
			require.ErrorContains(t, err, "the worker ")
			ended++
		}
		select {
		case <-fellow:
		default:
			continue
		}
		break
	}
	_, _, err := execute(t, s, 0, "print on")
	require.NoError(t, err)
	t.Logf("%d of %d kills met a cell", ended, rounds)
}

func TestAnEvaluatorThatDoesNotStartIsReportedByTheCell(t *testing.T) {
	s := start(t, Options{Env: append(os.Environ(), "FAKE_REFUSES=1")})
	for n := range 3 {
		_, _, err := execute(t, s, n, "print a")
		require.ErrorContains(t, err, "does not start: no symbols")
	}
}

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

func TestWhatIsShownIsLimited(t *testing.T) {
	s := start(t, Options{})
	reply, _, err := execute(t, s, 1, "big")
	require.NoError(t, err)
	text := reply.Result.Plain()
	require.Less(t, len(text), display.MaxText+1000)
	_, text, _ = strings.Cut(text, "\n")
	require.Equal(t, `… 15,728,704 more bytes
application/json is not shown: it has 16.0 MiB, and 16.0 MiB is the most (write it to a file)
image/png is not shown: it has 16.0 MiB, and 16.0 MiB is the most (write it to a file)
text/html is not shown: it has 16.0 MiB, and 16.0 MiB is the most (write it to a file)`, text)
	delete(reply.Result.Data, "text/plain")
	require.Equal(t, map[string]any{"text/markdown": "small"}, reply.Result.Data)

	_, _, err = execute(t, s, 2, "panic long")
	var failure *Error
	require.ErrorAs(t, err, &failure)
	require.LessOrEqual(t, len(failure.Value), display.MaxText)
	require.Less(t, len(strings.Join(failure.Traceback, "")), display.MaxText+1000)
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

func TestQuestionsAreAnsweredBesideARunningCell(t *testing.T) {
	s := start(t, Options{})
	asked := make(chan error)
	r := newRecorder()
	go func() {
		<-r.seen
		c, err := s.Complete(t.Context(), "abc", 2)
		if err == nil && c.Items[0].Text != "ab!" {
			err = fmt.Errorf("wrong completion %v", c)
		}
		if _, ok, inspectErr := s.Inspect(t.Context(), "abc", 2); err == nil && (!ok || inspectErr != nil) {
			err = fmt.Errorf("not found: %w", inspectErr)
		}
		if c, completeErr := s.IsComplete(t.Context(), "for {"); err == nil && c != (eval.Completeness{Status: "incomplete", Indent: "\t"}) {
			err = fmt.Errorf("wrong completeness %v: %w", c, completeErr)
		}
		s.Interrupt()
		asked <- err
	}()
	_, err := s.Execute(t.Context(), Request{N: 1, Source: "wait"}, r.add)
	require.ErrorContains(t, err, "KeyboardInterrupt")
	require.NoError(t, <-asked)
}

func TestCellsReadLinesFromTheFrontEnd(t *testing.T) {
	s := start(t, Options{})
	r := newRecorder()
	lines := []string{"one", "two"}
	input := func(context.Context, host.Question) (string, error) {
		line := lines[0]
		lines = lines[1:]
		return line, nil
	}
	_, err := s.Execute(t.Context(), Request{N: 1, Source: "read\nread", Input: input}, r.add)
	require.NoError(t, err)
	require.Equal(t, []string{"stdout: read \"one\", <nil>\nread \"two\", <nil>\n"}, r.lines())

	_, shown, err := execute(t, s, 2, "read")
	require.NoError(t, err)
	require.Equal(t, []string{"stdout: read \"\", " + host.ErrNoInput.Error() + "\n"}, shown)

	end := func(context.Context, host.Question) (string, error) { return "", io.EOF }
	r = newRecorder()
	_, err = s.Execute(t.Context(), Request{N: 3, Source: "read", Input: end}, r.add)
	require.NoError(t, err)
	require.Equal(t, []string{"stdout: read \"\", EOF\n"}, r.lines())
}

func TestHiddenCellsAreNotAmongTheCells(t *testing.T) {
	s := start(t, Options{})
	_, err := s.Execute(t.Context(), Request{N: 1, Source: "var x", Hidden: true}, func(Event) {})
	require.NoError(t, err)
	_, shown, err := execute(t, s, 2, "cells")
	require.NoError(t, err)
	require.Empty(t, shown)
}

func TestExpressions(t *testing.T) {
	s := start(t, Options{})
	b, err := s.Expression(t.Context(), 1, "value 7")
	require.NoError(t, err)
	require.Equal(t, "7", b.Plain())
	_, err = s.Expression(t.Context(), 1, "call g")
	require.ErrorContains(t, err, "undefined: g")
	_, err = s.Expression(t.Context(), 1, "print a")
	require.ErrorContains(t, err, "no value")
}

func TestAResetForgetsEverything(t *testing.T) {
	s := start(t, Options{})
	_, _, err := execute(t, s, 1, "func f\nvar x\nreset")
	require.NoError(t, err)
	_, shown, err := execute(t, s, 1, "cells\nprint new\ncall f")
	require.ErrorContains(t, err, "undefined: f")
	require.Equal(t, []string{"stdout: new\n"}, shown)
}

func TestAClosedSessionSaysSo(t *testing.T) {
	s := start(t, Options{})
	require.NoError(t, s.Close())
	_, _, err := execute(t, s, 1, "print a")
	require.ErrorIs(t, err, ErrClosed)
	_, err = s.Complete(t.Context(), "", 0)
	require.ErrorIs(t, err, ErrClosed)
}

func TestProgramsEndWithTheirWorker(t *testing.T) {
	for name, end := range map[string]func(*Session, *process){
		"closed": func(s *Session, _ *process) { require.NoError(t, s.Close()) },
		"killed": func(_ *Session, p *process) { p.killGroup() },
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			p, r := processOf(s), newRecorder()
			ended := make(chan error)
			go func() {
				// In a group of its own, as %%bash has it, with a program of its own.
				_, err := s.Execute(context.Background(), Request{N: 1, Source: `group sleep 1000 & echo $! $$; wait`}, r.add)
				ended <- err
			}()
			<-r.seen
			pids := strings.Fields(strings.TrimPrefix(r.lines()[0], "stdout: "))
			require.Len(t, pids, 2)
			end(s, p)
			require.Error(t, <-ended)
			for _, pid := range pids {
				n, err := strconv.Atoi(pid)
				require.NoError(t, err)
				require.Eventually(t, func() bool { return !runs(n) }, time.Minute, time.Millisecond)
			}
		})
	}
}

// runs says whether a process has not ended yet.
func runs(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(string(out), "Z")
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

func TestAProgramThatIsNoWorkerIsAnError(t *testing.T) {
	_, err := Start(Options{Command: []string{"/nonexistent/adkernel"}})
	require.ErrorContains(t, err, "cannot start the worker")
	s, err := Start(Options{Command: []string{"true"}})
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Execute(t.Context(), Request{N: 1, Source: "a"}, func(Event) {})
	require.ErrorContains(t, err, "ended with status 0")
}

func TestACrashKeepsItsStacksForTheLog(t *testing.T) {
	s := start(t, Options{})
	_, _, err := execute(t, s, 1, "crash no such map")
	var death *Death
	require.ErrorAs(t, err, &death)
	require.Contains(t, death.Crash, "goroutine ")
}

func TestWhatOnlyLooksLikeACrashIsShown(t *testing.T) {
	s := start(t, Options{})
	_, shown, err := execute(t, s, 1, "eprint panic: not really\neprint on")
	require.NoError(t, err)
	require.Equal(t, []string{"stderr: panic: not really\non\n"}, shown)
}
