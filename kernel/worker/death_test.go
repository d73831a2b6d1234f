package worker

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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

	c, err := s.Complete(t.Context(), "abc", 2)()
	require.NoError(t, err)
	require.Equal(t, "ab!", c.Items[0].Text)
	_, err = s.Expression(t.Context(), 2, "value 7", nil)
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
	_, err := s.Complete(t.Context(), "abc", 2)()
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

// A cell waits for a worker that reads it, but not for ever.
func TestACellThatNoWorkerHasReadRunsOrSaysThatItHasNotBegun(t *testing.T) {
	for name, test := range map[string]struct {
		deaths int
		runs   bool
	}{"three die": {3, true}, "all die": {100, false}} {
		t.Run(name, func(t *testing.T) {
			script := fmt.Sprintf(`echo >>"$1"; [ $(wc -l <"$1") -gt %d ] && exec "$0" worker`, test.deaths)
			s := start(t, Options{Command: []string{"sh", "-c", script, os.Args[0], filepath.Join(t.TempDir(), "starts")}})
			_, shown, err := execute(t, s, 1, "print on")
			if test.runs {
				require.NoError(t, err)
				require.Equal(t, "stdout: on\n", shown[len(shown)-1])
				return
			}
			require.ErrorContains(t, err, "nothing of the cell has run")
		})
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

func TestAProgramThatIsNoWorkerIsAnError(t *testing.T) {
	_, err := Start(Options{Command: []string{"/nonexistent/adkernel"}})
	require.ErrorContains(t, err, "cannot start the worker")
	s, err := Start(Options{Command: []string{"true"}})
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Execute(t.Context(), Request{N: 1, Source: "a"}, func(Event) {})
	require.ErrorContains(t, err, "ended with status 0")
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
