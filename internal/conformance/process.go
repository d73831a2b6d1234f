package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// exitRefused is the status by which a command says that it ran nothing of the
// program, and why on standard error.
const exitRefused = 3

// maxOutput is how much of a program's output is kept, in bytes.
const maxOutput = 1 << 20

// A runner starts a command's processes.
type runner struct {
	argv   []string // the command; the program's file follows
	env    []string // added to the environment
	limit  time.Duration
	memory uint64 // of address space for one process, in bytes; 0 is no limit
	jobs   int
}

// flags declares what can be said of every run.
func (r *runner) flags(f *flag.FlagSet) {
	f.DurationVar(&r.limit, "timeout", 20*time.Second, "limit for one program")
	f.Uint64Var(&r.memory, "memory", 6<<30, "address space of one process in bytes, where the system can limit it")
	f.IntVar(&r.jobs, "j", min(2, runtime.NumCPU()), "programs at a time")
}

// command takes the arguments after --.
func (r *runner) command(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: name the command that runs a file", errUsage)
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	if path, err = filepath.Abs(path); err != nil { // programs run in their own folders
		return err
	}
	r.argv = append([]string{path}, args[1:]...)
	return nil
}

// outcome is what one run of one program did.
type outcome struct {
	out     []byte // standard output and error together, as Go's own test runner takes them
	code    int    // exit status; -1 when a signal ended it
	timeout bool
	took    time.Duration
}

// run runs the program in file, in dir.
func (r *runner) run(ctx context.Context, file, dir string) (outcome, error) {
	return execute(ctx, append(r.argv[:len(r.argv):len(r.argv)], file), dir, r.env, r.limit, r.memory)
}

// execute runs argv in dir; env adds to the environment. At the limit, its
// whole process group is killed.
func execute(ctx context.Context, argv []string, dir string, env []string, limit time.Duration, memory uint64) (outcome, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(limited, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), env...)
	out := &capped{}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return outcome{}, err
	}
	if memory > 0 {
		limitMemory(cmd.Process.Pid, memory)
	}
	err := cmd.Wait()
	if ctx.Err() != nil {
		return outcome{}, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) && limited.Err() == nil {
		return outcome{}, err
	}
	return outcome{out.kept, cmd.ProcessState.ExitCode(), limited.Err() != nil, time.Since(began)}, nil
}

// capped keeps the first maxOutput bytes. It has no ReadFrom, by which io.Copy
// would go around Write.
type capped struct{ kept []byte }

func (c *capped) Write(p []byte) (int, error) {
	c.kept = append(c.kept, p[:min(maxOutput-len(c.kept), len(p))]...)
	return len(p), nil
}

// each calls f for 0..n-1, jobs at a time, and returns the first error; it
// starts nothing after one.
func each(n, jobs int, f func(int) error) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var first error
	next := 0
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if first != nil || next == n {
			return 0, false
		}
		next++
		return next - 1, true
	}
	for range max(jobs, 1) {
		wg.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if err := f(i); err != nil {
					mu.Lock()
					first = cmp.Or(first, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return first
}
