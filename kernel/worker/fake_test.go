package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"adkernel/kernel/display"
	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

// The test binary is also the worker of the tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		if err := Main(newFake); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // of the workers: the detector would wait a second
	os.Exit(m.Run())
}

// fake is an evaluator of a language made for these tests: one command a
// line, which makes everything that may happen to a worker happen.
type fake struct {
	stdio     Stdio
	variables []string
	declared  []eval.Cell
}

func newFake(stdio Stdio) (eval.Evaluator, error) {
	if os.Getenv("FAKE_REFUSES") != "" {
		return nil, errors.New("no symbols")
	}
	return &fake{stdio: stdio}, nil
}

func (f *fake) Evaluate(ctx context.Context, cell eval.Cell) (eval.Result, error) {
	var result eval.Result
	for i, line := range strings.Split(cell.Source, "\n") {
		command, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch command {
		case "print":
			fmt.Fprintln(f.stdio.Out, rest)
		case "shown": // by a display, and the cell's value if a line says so
			host.Display(host.Text(rest))
			host.Shown(f)
		case "itself":
			result.Values = append(result.Values, f)
		case "clear":
			host.ClearOutput(false)
		case "eprint":
			fmt.Fprintln(f.stdio.Err, rest)
		case "native": // past the evaluator's writers
			os.Stdout.WriteString(rest + "\n")
		case "torn": // a character in two writes
			fmt.Fprint(f.stdio.Out, "\xc3")
			fmt.Fprint(f.stdio.Out, "\xa9\n")
		case "program":
			c := exec.Command("sh", "-c", rest)
			c.Stdout, c.Stderr = os.Stdout, os.Stderr
			if err := c.Run(); err != nil {
				return result, err
			}
		case "group": // a program in a process group of its own
			c := exec.Command("sh", "-c", rest)
			c.Stdout, c.Stderr = os.Stdout, os.Stderr
			c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := c.Run(); err != nil {
				return result, err
			}
		case "last": // is said when the cell is interrupted
			fmt.Fprintln(f.stdio.Out, "waiting")
			<-ctx.Done()
			fmt.Fprintln(f.stdio.Out, rest)
			return result, &eval.Error{Kind: eval.Interrupt, Message: "interrupted"}
		case "flood":
			for n := range 100_000 {
				fmt.Fprintf(f.stdio.Out, "line %d\n", n)
			}
		case "display":
			h := host.Display(host.Text(rest))
			h.Update(host.Text(rest + ", updated"))
		case "later":
			go fmt.Fprintln(f.stdio.Out, rest)
		case "read":
			var word string
			_, err := fmt.Fscanln(f.stdio.In, &word)
			fmt.Fprintf(f.stdio.Out, "read %q, %v\n", word, err)
		case "note":
			result.Notes = append(result.Notes, rest)
		case "reset":
			if err := host.Reset(); err != nil {
				return result, err
			}
		case "page":
			host.ShowPage(host.Text(rest))
		case "serve": // comms, in one of four ways
			host.HandleComm(rest, map[string]func(*host.Comm, host.CommMessage){
				"willing": func(*host.Comm, host.CommMessage) {},
				"refusing": func(c *host.Comm, _ host.CommMessage) {
					if err := c.Close(host.CommMessage{}); err != nil {
						fmt.Fprintln(f.stdio.Err, err)
					}
				},
				"endless": func(*host.Comm, host.CommMessage) { select {} },
				"chatty": func(*host.Comm, host.CommMessage) {
					block := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)
					for range DefaultMaxText/len(block) + 2 {
						if _, err := f.stdio.Out.Write(block); err != nil {
							fmt.Fprintln(f.stdio.Err, err)
						}
					}
				},
			}[rest])
		case "value":
			result.Values = append(result.Values, rest)
		case "big": // text, HTML and a picture
			result.Values = append(result.Values, host.Bundle{Data: map[string]any{
				"text/plain": strings.Repeat("a", maxContent), "text/html": strings.Repeat("b", maxContent+1), "image/png": make([]byte, maxContent+1),
				"text/markdown": "small", "application/json": []string{strings.Repeat("c", maxContent)},
			}})
		case "slow": // to be shown
			result.Values = append(result.Values, slow{f.stdio.Out})
		case "var":
			f.variables = append(f.variables, rest)
			result.Defines = append(result.Defines, rest)
		case "func":
			if rest == "slow" { // to be declared
				select {
				case <-ctx.Done():
					return result, &eval.Error{Kind: eval.Interrupt, Message: "interrupted"}
				case <-time.After(time.Second):
				}
			}
			f.declared = append(f.declared, eval.Cell{N: cell.N, Source: line})
			result.Defines = append(result.Defines, rest)
		case "call":
			declared := func(c eval.Cell) bool { return c.Source == "func "+rest }
			if !slices.ContainsFunc(f.declared, declared) {
				at := eval.Diagnostic{Cell: cell.N, Line: i + 1, Column: 6, Message: "undefined: " + rest}
				return result, &eval.Error{Kind: eval.Check, Message: at.Message, At: []eval.Diagnostic{at}}
			}
		case "cells":
			for _, c := range host.Current().Cells() {
				fmt.Fprintf(f.stdio.Out, "In[%d] defines %v\n", c.N, c.Defines)
			}
		case "panic":
			frame := eval.Frame{Func: "f", Cell: cell.N, Line: i + 1, Column: 1}
			if rest == "long" {
				rest = strings.Repeat("a", 2*display.MaxText)
			}
			return result, &eval.Error{Kind: eval.Panic, Message: rest, Trace: []eval.Frame{frame}}
		case "fault":
			panic(rest)
		case "exit":
			os.Exit(3)
		case "crash":
			done := make(chan bool)
			go func() { panic(rest) }()
			<-done
		case "garble": // what the kernel is told
			if _, err := syscall.Write(eventsFD, []byte("no JSON\n")); err != nil {
				return result, err
			}
			select {}
		case "kill":
			p, _ := os.FindProcess(os.Getpid())
			_ = p.Kill()
			select {}
		case "wait":
			fmt.Fprintln(f.stdio.Out, "waiting")
			<-host.Context().Done()
			return result, &eval.Error{Kind: eval.Interrupt, Message: "interrupted"}
		case "deaf":
			fmt.Fprintln(f.stdio.Out, "waiting")
			select {}
		}
	}
	return result, nil
}

// slow is shown for as long as nobody interrupts.
type slow struct{ out io.Writer }

func (s slow) String() string {
	fmt.Fprintln(s.out, "waiting")
	<-host.Context().Done()
	return "half of it"
}

func (f *fake) Complete(source string, cursor int) eval.Completion {
	return eval.Completion{Start: 0, End: cursor, Items: []eval.Item{{Text: source[:cursor] + "!"}}}
}

func (f *fake) Inspect(source string, cursor int) (eval.Inspection, bool) {
	return eval.Inspection{Signature: "func " + source}, source != ""
}

func (f *fake) IsComplete(source string) eval.Completeness {
	if strings.HasSuffix(source, "{") {
		return eval.Completeness{Status: "incomplete", Indent: "\t"}
	}
	return eval.Completeness{Status: "complete"}
}

func (f *fake) Names() []eval.Name {
	var names []eval.Name
	for _, v := range f.variables {
		names = append(names, eval.Name{Name: v, Kind: "var"})
	}
	return names
}

func (f *fake) Declarations() []eval.Cell { return f.declared }

func (f *fake) Value(string) (reflect.Value, bool) { return reflect.Value{}, false }

func (f *fake) Close() error { return nil }
