package worker

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/display"
	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

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

func TestWhatTheCellsLastDisplayShowsIsNotShownAgainAsItsResult(t *testing.T) {
	s := start(t, Options{})
	for source, again := range map[string]bool{
		"shown run\nitself":                false,
		"shown run\nprint text\nitself":    false,
		"itself":                           true, // shown by an earlier cell
		"shown run\ndisplay other\nitself": true,
		"shown run\nclear\nitself":         true,
		"shown run\nitself\nvalue 1":       true,
		"shown run\nvalue 1":               true,
	} {
		_, _, err := execute(t, s, 1, "shown run")
		require.NoError(t, err)
		reply, _, err := execute(t, s, 2, source)
		require.NoError(t, err)
		require.Equal(t, again, reply.Result != nil, source)
	}
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

func TestQuestionsAreAnsweredBesideARunningCell(t *testing.T) {
	s := start(t, Options{})
	asked := make(chan error)
	r := newRecorder()
	go func() {
		<-r.seen
		c, err := s.Complete(t.Context(), "abc", 2)()
		if err == nil && c.Items[0].Text != "ab!" {
			err = fmt.Errorf("wrong completion %v", c)
		}
		if _, ok, inspectErr := s.Inspect(t.Context(), "abc", 2)(); err == nil && (!ok || inspectErr != nil) {
			err = fmt.Errorf("not found: %w", inspectErr)
		}
		if c, completeErr := s.IsComplete(t.Context(), "for {")(); err == nil && c != (eval.Completeness{Status: "incomplete", Indent: "\t"}) {
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
	b, err := s.Expression(t.Context(), 1, "value 7", nil)
	require.NoError(t, err)
	require.Equal(t, "7", b.Plain())
	_, err = s.Expression(t.Context(), 1, "call g", nil)
	require.ErrorContains(t, err, "undefined: g")
	_, err = s.Expression(t.Context(), 1, "print a", nil)
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

// Cells that run after the reset have the session to themselves, for hours perhaps.
func TestAQuestionToAWorkerThatWasResetDoesNotWaitForLaterCells(t *testing.T) {
	s := start(t, Options{})
	old := processOf(s)
	s.cells.Lock()
	defer s.cells.Unlock()
	require.NoError(t, s.reset(t.Context(), old, nil))
	require.True(t, s.followed(t.Context(), old))
}

func TestAClosedSessionSaysSo(t *testing.T) {
	s := start(t, Options{})
	require.NoError(t, s.Close())
	_, _, err := execute(t, s, 1, "print a")
	require.ErrorIs(t, err, ErrClosed)
	_, err = s.Complete(t.Context(), "", 0)()
	require.ErrorIs(t, err, ErrClosed)
}
