package console

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact"
	"adkernel/kernel/host"
	"adkernel/kernel/magic"
	"adkernel/kernel/worker"
)

// The test binary is also the worker of the sessions that it starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		err := worker.Main(func(io worker.Stdio) (eval.Evaluator, error) {
			e, err := exact.New(eval.Vocabulary{}, exact.Options{Stdin: io.In, Stdout: io.Out, Stderr: io.Err})
			if err != nil {
				return nil, err
			}
			return asking{magic.Wrap(e, magic.Options{Out: io.Out, Err: io.Err})}, nil
		})
		if err != nil {
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 2 && os.Args[1] == "console" {
		if err := runConsole(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // of the consoles and workers: the detector would wait a second
	os.Exit(m.Run())
}

// asking gives cells, beside Go, a question as a vocabulary would ask it.
type asking struct{ eval.Evaluator }

func (a asking) Evaluate(ctx context.Context, cell eval.Cell) (eval.Result, error) {
	prompt, ok := strings.CutPrefix(cell.Source, "//password ")
	if !ok {
		return a.Evaluator.Evaluate(ctx, cell)
	}
	line, err := host.Password(prompt)
	if ctx.Err() != nil {
		return eval.Result{}, &eval.Error{Kind: eval.Interrupt, Message: "interrupted"}
	}
	return eval.Result{Values: []any{fmt.Sprintf("%q, %v", line, err)}}, nil
}

// script runs input and returns what was printed.
func script(t *testing.T, input string) (out, errs string, err error) {
	t.Helper()
	s, err := worker.Start(worker.Options{Command: []string{os.Args[0], "worker"}})
	require.NoError(t, err)
	defer s.Close()
	var stdout, stderr bytes.Buffer
	err = runScript(t.Context(), s, strings.NewReader(input), newPrinter(&stdout, &stderr, false))
	return stdout.String(), stderr.String(), err
}

// times are what %%time says.
var times = regexp.MustCompile(`CPU times: .*\nWall time: .*\n`)

func TestScriptsPrintOutputAndResultsAlone(t *testing.T) {
	for _, test := range []struct{ name, input, want string }{
		{"nothing", "", ""},
		{"blank lines", "\n\n \n", ""},
		{"a line without its end", "1+1", "2\n"},
		{"cells of several lines", "func f(a int) int {\n\treturn a * 2\n}\n\nf(21)\n", "42\n"},
		{"a cell magic to a blank line", "%%bash\necho a\necho b\n\n1+1\n", "a\nb\n2\n"},
		{"a cell magic to the end", "%%bash\necho a\n\techo b", "a\nb\n"},
		{"ends of lines as on Windows", "%%time\r\nx := 1\r\n\r\nx\r\n", "TIMES1\n"},
		{"a cell magic of Go", "%%time\nx := 1\n\nx\n", "TIMES1\n"},
		{"a cell magic of Go with a blank line", "%%time\nf := func() int {\n\n\treturn 1\n}\n\nf()\n", "TIMES1\n"},
		{"output that ends within a line", "import \"fmt\"\nfmt.Print(\"x\")\n7\n", "x\n7\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, errs, err := script(t, test.input)
			require.NoError(t, err)
			require.Equal(t, test.want, times.ReplaceAllString(out, "TIMES"))
			require.Empty(t, errs)
		})
	}
}

func TestAScriptEndsAtTheFirstCellThatFails(t *testing.T) {
	for _, test := range []struct{ name, input, want string }{
		{"panic", "1\npanic(\"no\")\n2\n", "cell 2 failed: Panic: no; what comes after it was not run"},
		{"not Go", "1\nx := )\n2\n", "cell 2 failed: CompileError"},
		{"cut off", "1\nfunc f() {\n", "cell 2 failed: CompileError"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, errs, err := script(t, test.input)
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "\n")
			require.Equal(t, "1\n", out)
			require.NotContains(t, errs, "\x1b", "no colours without a terminal")
			require.Contains(t, errs, "In[2]:")
		})
	}
}

func TestCtrlCEndsAScriptBetweenItsCellsAsWell(t *testing.T) {
	c := exec.CommandContext(t.Context(), os.Args[0], "console", "")
	in, err := c.StdinPipe()
	require.NoError(t, err)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	var errs bytes.Buffer
	c.Stderr = &errs
	require.NoError(t, c.Start())
	kill := time.AfterFunc(30*time.Second, func() { _ = c.Process.Kill() }) // of one that does not end
	defer kill.Stop()
	_, err = io.WriteString(in, "1+1\n")
	require.NoError(t, err)
	first, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "2\n", first)
	require.NoError(t, c.Process.Signal(syscall.SIGINT))
	require.Error(t, c.Wait())
	require.Equal(t, 1, c.ProcessState.ExitCode())
	require.Contains(t, errs.String(), "interrupt")
}

func TestCtrlCBeforeTheSessionHasTheCellEndsIt(t *testing.T) {
	s, err := worker.Start(worker.Options{Command: []string{os.Args[0], "worker"}})
	require.NoError(t, err)
	defer s.Close()
	stop := &interrupts{session: s}
	stop.interrupt()
	var out bytes.Buffer
	r := worker.Request{N: 1, Source: "for {}", Interrupted: stop.came.Load}
	_, err = execute(t.Context(), s, newPrinter(&out, &out, false), r)
	require.ErrorContains(t, err, "KeyboardInterrupt")
	stop.entered()
	r.N, r.Source = 2, "1+1"
	_, err = execute(t.Context(), s, newPrinter(&out, &out, false), r)
	require.NoError(t, err)
}

func TestNotesComeBeforeTheFailureOfTheirCell(t *testing.T) {
	_, errs, err := script(t, "func g() int { return 1 }\nfunc f() int { return g() }\nfunc g() string { return \"\" }; panic(\"no\")\n")
	require.ErrorContains(t, err, "cell 3 failed: Panic: no")
	note, failure := strings.Index(errs, "still calls the older one"), strings.Index(errs, "Panic")
	require.GreaterOrEqual(t, note, 0, errs)
	require.Less(t, note, failure, errs)
}

var events = []worker.Event{
	worker.Stream{Name: "stdout", Text: "a"},
	worker.Display{ID: "x", Bundle: host.Text("0 %")},
	worker.Update{ID: "x", Bundle: host.Text("50 %\ndetail")},
	worker.Update{ID: "x", Bundle: host.Text("100 %")},
	worker.Stream{Name: "stdout", Text: "b\n"},
	worker.Update{ID: "x", Bundle: host.Text("late")},
}

func TestAFileGetsTheLastStateOfADisplay(t *testing.T) {
	var out bytes.Buffer
	p := newPrinter(&out, &out, false)
	for _, e := range events {
		p.event(e)
	}
	p.result(1, nil)
	require.Equal(t, "a\n100 %\nb\nlate\n", out.String())
}

func TestATerminalSeesADisplayChangeInPlace(t *testing.T) {
	var out bytes.Buffer
	p := newPrinter(&out, &out, true)
	p.width = func() int { return 4 }
	for _, e := range events {
		p.event(e)
	}
	result := host.Text("1\n2")
	p.result(3, &result)
	require.Equal(t, "a\n0 %\n"+
		"\x1b[1F\x1b[J50 %\ndetail\n"+
		"\x1b[3F\x1b[J100 %\n"+ // "detail" covers two rows of four
		"b\nlate\n"+
		"\x1b[31mOut[3]:\x1b[0m \n1\n2\n", out.String())
}

func TestTheHeightOfADisplayIsInTheColumnsOfTheTerminal(t *testing.T) {
	p := newPrinter(nil, nil, true)
	p.width = func() int { return 10 }
	for text, rows := range map[string]int{"": 0, "a\n": 1, "\n\n": 2, "0123456789\n": 1, "0123456789a\n": 2, "基准掉了四点\n": 2, "a\tbc": 1, "a\tb\tc": 2, "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301": 1} {
		require.Equal(t, rows, p.height(text), "%q", text)
	}
}

func TestFailuresShowTheirTraceback(t *testing.T) {
	var out bytes.Buffer
	failure := &worker.Error{Name: "Panic", Value: "no", Traceback: []string{"\x1b[31mPanic\x1b[0m: no", "here"}}
	newPrinter(nil, &out, true).failure(failure)
	newPrinter(nil, &out, false).failure(failure)
	newPrinter(nil, &out, false).failure(errors.New("no worker"))
	require.Equal(t, "\x1b[31mPanic\x1b[0m: no\nhere\nPanic: no\nhere\nno worker\n", out.String())

	out.Reset()
	p := newPrinter(nil, &out, true)
	p.width = func() int { return 24 }
	p.failure(&worker.Error{Traceback: []string{"\x1b[31mError\x1b[0m: no run lost: neither a directory here"}})
	require.Equal(t, "\x1b[31mError\x1b[0m: no run lost:\nneither a directory here\n", out.String(), "a message is broken between words")
}

func TestWordsForTheShellBeginAfterBlanksAndWhatIsNotASCII(t *testing.T) {
	for text, want := range map[string]int{"": 0, "fmt.Pri": 0, "x := fmt.Pri": 5, "f(\n\ta.b": 4, "größe.x": 6, "a ": 2} {
		require.Equal(t, want, wordStart(text), "%q", text)
	}
}
