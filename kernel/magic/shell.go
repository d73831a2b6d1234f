package magic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"adkernel/kernel/eval"
)

const (
	// interruptGrace is how long a program may take to end after SIGINT.
	interruptGrace = 2 * time.Second
	// startTime is how long a shell may take to become its command.
	startTime = 100 * time.Millisecond
	// pipeGrace is how long a program's output is waited for when it has
	// ended: others that it left behind may hold the pipes open. What they
	// write later is shown when it comes.
	pipeGrace = 300 * time.Millisecond
)

// shell runs a line of the shell. It shows its output while it runs, and its
// exit status where that is not zero; as in IPython, the cell goes on.
func shell(c *call) (eval.Result, error) {
	ctx, e, p := c.ctx, c.e, c.part
	command, err := c.expand(p.rest)
	if err != nil {
		return eval.Result{}, err
	}
	if command = strings.TrimSpace(command); command == "" {
		return eval.Result{}, errors.New("there is no command after the exclamation mark")
	}
	out := e.Out
	var value kept
	if p.name == "!!" {
		out = &value
	}
	err = e.runProgram(ctx, nil, out, "sh", "-c", command)
	if ctx.Err() != nil {
		return eval.Result{}, ctx.Err()
	}
	if value.over {
		return eval.Result{}, fmt.Errorf("the command prints more than %d MiB, and !! keeps what it prints in memory: !%s > FILE writes it to a file", maxKept>>20, command)
	}
	if err != nil {
		fmt.Fprintln(e.Err, err)
	}
	if p.name == "!!" {
		text := strings.TrimSuffix(value.text.String(), "\n")
		if text == "" {
			return eval.Result{Values: []any{[]string{}}}, nil
		}
		return eval.Result{Values: []any{strings.Split(text, "\n")}}, nil
	}
	return eval.Result{}, nil
}

// maxKept is how many bytes a command may print that become a value.
const maxKept = 64 << 20

// kept is what a command prints. What is more ends the command, as a pipe does
// that nobody reads.
type kept struct {
	text bytes.Buffer
	over bool
}

func (k *kept) Write(b []byte) (int, error) {
	if k.over = k.text.Len()+len(b) > maxKept; k.over {
		return 0, io.ErrShortWrite
	}
	return k.text.Write(b)
}

// runProgram runs a program in a process group of its own. The end of ctx
// interrupts it, and kills it when it does not end; it dies with this process,
// where the system offers that. The error says how the program ended when that
// was not well.
func (e *evaluator) runProgram(ctx context.Context, in io.Reader, out io.Writer, name string, arguments ...string) error {
	// The parent-death signal is sent when the thread that started it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	program := exec.Command(name, arguments...)
	program.Stdin = in
	program.SysProcAttr = programAttributes()
	program.WaitDelay = pipeGrace // of standard input
	_, isValue := out.(*kept)     // that of the cell, which is not changed afterwards
	stdout, err := drain(out, !isValue)
	if err != nil {
		return err
	}
	defer stdout.wait()
	stderr, err := drain(e.Err, true)
	if err != nil {
		stdout.file.Close()
		return err
	}
	defer stderr.wait()
	program.Stdout, program.Stderr = stdout.file, stderr.file
	started := time.Now()
	err = program.Start()
	stdout.file.Close()
	stderr.file.Close()
	if err != nil {
		return err
	}
	// Errors of these signals mean that the group has ended.
	signal := func(s syscall.Signal) { _ = syscall.Kill(-program.Process.Pid, s) }
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { interruptProgram(signal, time.Since(started), ended) })
	err = program.Wait()
	close(ended)
	stop()
	if ctx.Err() != nil {
		signal(syscall.SIGKILL) // what it started may have ignored the interrupt
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// interruptProgram ends a program by signals, until it has ended. One that has
// just been started is interrupted once more: a shell forgets the signal when it
// comes while it becomes its command.
func interruptProgram(signal func(syscall.Signal), age time.Duration, ended <-chan struct{}) {
	signal(syscall.SIGINT)
	left := interruptGrace
	if age < startTime {
		select {
		case <-ended:
			return
		case <-time.After(startTime):
		}
		signal(syscall.SIGINT)
		left -= startTime
	}
	select {
	case <-ended:
	case <-time.After(left):
		signal(syscall.SIGKILL)
	}
}

// A drained is a pipe whose other end is copied to a writer.
type drained struct {
	file *os.File // for the program
	from *os.File
	late bool // what comes when nobody waits any longer is copied, too
	done chan struct{}
}

func drain(to io.Writer, late bool) (*drained, error) {
	from, file, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	d := &drained{file: file, from: from, late: late, done: make(chan struct{})}
	go func() {
		defer close(d.done)
		defer from.Close()
		_, _ = io.Copy(to, from) // nobody reads what cannot be written
	}()
	return d, nil
}

// wait waits for the end of what is written, or as long as that is waited for.
func (d *drained) wait() {
	select {
	case <-d.done:
		return
	case <-time.After(pipeGrace):
	}
	if !d.late {
		d.from.Close()
		<-d.done
	}
}

// program runs the body of a cell with the first of the programs that there is.
func program(names ...string) func(*call) (eval.Result, error) {
	return func(c *call) (eval.Result, error) {
		arguments, err := c.words()
		if err != nil {
			return eval.Result{}, err
		}
		for _, name := range names {
			if _, err := exec.LookPath(name); err == nil {
				return c.runBody(append([]string{name}, arguments...))
			}
		}
		return eval.Result{}, fmt.Errorf("%s is not on the PATH", strings.Join(names, ", nor "))
	}
}

func script(c *call) (eval.Result, error) {
	command, err := c.words()
	if err != nil {
		return eval.Result{}, err
	}
	if len(command) == 0 {
		return eval.Result{}, errors.New("%%script wants a program: %%script perl")
	}
	return c.runBody(command)
}

// noRaise lets a cell go on whose program failed.
const noRaise = "--no-raise-error"

func (c *call) runBody(command []string) (eval.Result, error) {
	raise := true
	if len(command) > 1 && command[1] == noRaise {
		raise = false
		command = append(command[:1], command[2:]...)
	}
	err := c.e.runProgram(c.ctx, strings.NewReader(c.part.body), c.e.Out, command[0], command[1:]...)
	if err != nil && c.ctx.Err() == nil && !raise {
		fmt.Fprintln(c.e.Err, err)
		return eval.Result{}, nil
	}
	if err != nil {
		return eval.Result{}, fmt.Errorf("%s: %w", command[0], err)
	}
	return eval.Result{}, nil
}
