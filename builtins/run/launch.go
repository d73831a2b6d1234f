package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unicode"

	"adkernel/builtins/cluster"
)

// Options say where a run is kept and how its process is started.
type Options struct {
	Root string // directory of the run directories; "" is Root()
	Name string // of the run directory; "" is made of the time and the deployment's label

	// Command is started with the run directory appended, and calls Execute
	// with it. Empty: this program with the argument "execute-run". On another
	// machine that is left to the program there.
	Command []string
}

// Root is where run directories are kept: $ADKERNEL_RUNS, or else
// adkernel/runs in the user's data directory ($XDG_DATA_HOME, by default
// ~/.local/share).
func Root() (string, error) {
	if root := os.Getenv("ADKERNEL_RUNS"); root != "" {
		return filepath.Abs(root)
	}
	if data := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return filepath.Join(data, "adkernel", "runs"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no place for runs: %w; set ADKERNEL_RUNS", err)
	}
	return filepath.Join(home, ".local", "share", "adkernel", "runs"), nil
}

// Launch makes a run directory for spec, of which Deployment and Task are
// read, and starts a process that executes it: in a session of its own and nobody's
// child, so that it outlives this one and what ends its children, as a job where the deployment is On Slurm, or on
// another machine where it is On SSH.
// When ctx is done before the process has started, nothing is started.
func Launch(ctx context.Context, spec Spec, options Options) (*Run, error) {
	r, held, err := prepareRun(ctx, spec, options)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	return r, r.start(ctx, held, options.Command)
}

// prepareRun makes a queued run, and holds its lock.
func prepareRun(ctx context.Context, spec Spec, options Options) (*Run, *os.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if on := spec.Deployment.On; on != nil {
		if err := on.Check(); err != nil {
			return nil, nil, fmt.Errorf("deployment %s: %w", spec.Deployment.Label(), err)
		}
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	spec, err := spec.freeze(now)
	if err != nil {
		return nil, nil, err
	}
	patch, err := readPatch(&spec)
	if err != nil {
		return nil, nil, err
	}
	root, name, err := options.place(now, spec.Deployment.Label())
	if err != nil {
		return nil, nil, err
	}
	dir, err := makeDir(root, name, options.Name == "")
	if err != nil {
		return nil, nil, err
	}
	held, err := lock(dir)
	if err != nil {
		return nil, nil, err
	}
	r, err := initialize(dir, spec, patch)
	if err == nil { // its process finds room to sign
		err = sign(held, 0)
	}
	if err != nil {
		held.Close()
		os.RemoveAll(dir) // it is this call's own, and holds no run
		return nil, nil, fmt.Errorf("cannot make a run: %w", err)
	}
	return r, held, nil
}

// place is where the directory of a run goes, and its name.
func (o Options) place(now time.Time, label string) (root, name string, err error) {
	if root = o.Root; root == "" {
		if root, err = Root(); err != nil {
			return "", "", err
		}
	}
	if name = o.Name; name == "" {
		name = now.Format("20060102-150405-") + slug(label)
	}
	return root, name, nil
}

// initialize makes the directory dir a queued run.
func initialize(dir string, spec Spec, patch []byte) (*Run, error) {
	if patch != nil {
		if err := replaceFile(filepath.Join(dir, patchFile), patch); err != nil {
			return nil, err
		}
	}
	if err := reserve(dir); err != nil {
		return nil, err
	}
	if err := writeState(dir, State{Status: Queued}.listed(spec)); err != nil {
		return nil, err
	}
	if err := writeSpec(dir, spec); err != nil {
		return nil, err
	}
	r, err := Attach(dir)
	if err == nil && spec.Task.Scorer.Live() {
		r.scorer = spec.Task.Scorer
	}
	return r, err
}

// Resume starts a process that computes what is missing of a run which
// failed, was cancelled or was killed, whose files were damaged, or some of whose
// outputs a server ended before they were answers. A run that
// is done and whole is left as it is; a run that some process executes is
// refused (ErrExecuting). Of the options only Command is read.
func (r *Run) Resume(ctx context.Context, options Options) error {
	if on, ok := r.elsewhere(); ok {
		if err := ctx.Err(); err != nil {
			return err
		}
		return r.startOn(ctx, on, nil)
	}
	return r.resume(ctx, options, func() error { return nil })
}

// resume is Resume on the machine, or the cluster, that executes the run. With
// the lock held it asks whether it still may.
func (r *Run) resume(ctx context.Context, options Options, may func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	held, err := lock(r.dir)
	if err != nil {
		return err
	}
	defer held.Close()
	if err := may(); err != nil {
		return err
	}
	if r.spec.Import != nil {
		return fmt.Errorf("run %s: its results were imported (%s), so there is nothing to compute: import them again if they are damaged", r.Name(), r.spec.Import.Format)
	}
	state, err := readState(r.dir)
	if err != nil { // lost or damaged: what is finished is in the records
		state = State{}.listed(r.spec)
	}
	if state.Status == Done && r.damage(state.Total) == nil {
		return nil
	}
	if _, ok := r.spec.slurm(); ok {
		if err := r.jobGone(); err != nil {
			return err
		}
	}
	if err := reserve(r.dir); err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	if err := sign(held, 0); err != nil { // or who cancels it now ends whatever has the last process's number
		return err
	}
	state.Status, state.Error, state.Doing, state.Submitting = Queued, "", "", time.Time{}
	if err := writeState(r.dir, state); err != nil {
		return err
	}
	return r.start(ctx, held, options.Command)
}

// start starts the executing process and hands it the lock, or submits the
// job, which takes the lock itself once the caller has let go of it, as a
// process on another machine does.
func (r *Run) start(ctx context.Context, held *os.File, command []string) error {
	if on, ok := r.elsewhere(); ok {
		return r.startOn(ctx, on, held)
	}
	if on, ok := r.spec.slurm(); ok {
		return submit(ctx, on, []submission{{r, held}}, command)
	}
	command, err := executing(command)
	if err != nil {
		return r.notStarted(fmt.Errorf("run %s: %w", r.Name(), err))
	}
	output, err := os.OpenFile(filepath.Join(r.dir, logFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return r.notStarted(fmt.Errorf("run %s: %w", r.Name(), err))
	}
	defer output.Close()
	ended, end, err := os.Pipe()
	if err != nil {
		return r.notStarted(fmt.Errorf("run %s: %w", r.Name(), err))
	}
	defer end.Close()
	cmd := exec.Command(command[0], append(command[1:len(command):len(command)], r.dir)...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Env, cmd.ExtraFiles = detachment(), []*os.File{held, end}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		ended.Close()
		return r.notStarted(fmt.Errorf("run %s: start its process: %w", r.Name(), err))
	}
	go cmd.Wait() // it ends at once; the process that it started signs the lock
	gone := make(chan struct{})
	go func() {
		io.Copy(io.Discard, ended) // nobody writes; how the process ended is in state.json
		ended.Close()
		close(gone)
	}()
	r.mu.Lock()
	r.gone = gone
	r.mu.Unlock()
	return nil
}

// notStarted records why nothing executes the run, beside what earlier
// executions recorded, and returns it.
func (r *Run) notStarted(why error) error {
	state, err := readState(r.dir)
	if err != nil {
		return errors.Join(why, err)
	}
	state.Status, state.Error, state.Doing = Failed, why.Error(), ""
	return errors.Join(why, writeLastState(r.dir, state))
}

// inheritLock returns the lock that the parent process took, or takes it.
func inheritLock(dir string) (*os.File, error) {
	if _, ok := os.LookupEnv(lockVariable); !ok {
		return lock(dir)
	}
	descriptor, err := inherited(lockVariable)
	if err != nil {
		return nil, err
	}
	if _, err := inherited(endVariable); err != nil { // it stays open until this process ends
		return nil, err
	}
	for _, variable := range []string{lockVariable, endVariable} {
		if err := os.Unsetenv(variable); err != nil {
			return nil, err
		}
	}
	cluster.Disown() // the parent may probe engines on GPUs of its own
	f := os.NewFile(uintptr(descriptor), filepath.Join(dir, lockFile))
	if f == nil {
		return nil, fmt.Errorf("%s=%d is not an open file", lockVariable, descriptor)
	}
	return f, nil
}

// makeDir creates the directory name in root. When number is true and the
// name is taken, the name gets a number.
func makeDir(root, name string, number bool) (string, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	if name != filepath.Base(name) || name == "." || name == ".." {
		return "", fmt.Errorf("%q cannot name a run: want one path element", name)
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", fmt.Errorf("no place for runs: %w; set ADKERNEL_RUNS to a folder that can be written", err)
	}
	for n := 1; ; n++ {
		dir := filepath.Join(root, name)
		if n > 1 {
			dir = fmt.Sprintf("%s-%d", dir, n)
		}
		err := os.Mkdir(dir, 0o755)
		switch {
		case err == nil:
			return dir, nil
		case errors.Is(err, fs.ErrExist) && number:
			continue
		case errors.Is(err, fs.ErrExist):
			if _, none := os.Stat(filepath.Join(dir, specFile)); none != nil { // what a process left that was killed as it made one, or somebody's
				return "", fmt.Errorf("%s is there already and holds no run: remove it, or give the run another name", dir)
			}
			return "", fmt.Errorf("there is a run named %q already: %w", name, err)
		default:
			err = fmt.Errorf("cannot make a run: %w", err)
			if number {
				err = fmt.Errorf("%w; set ADKERNEL_RUNS to a folder that can be written", err)
			}
			return "", err
		}
	}
}

// slug makes a label fit for a directory's name.
func slug(label string) string {
	clean := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("._-", c) {
			return c
		}
		return '-'
	}, label)
	for strings.Contains(clean, "--") {
		clean = strings.ReplaceAll(clean, "--", "-")
	}
	if runes := []rune(clean); len(runes) > 60 {
		clean = string(runes[:60])
	}
	if clean = strings.Trim(clean, ".-"); clean == "" {
		return "run"
	}
	return clean
}
