package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"adkernel/builtins/cluster"
)

const (
	jobFile    = "job.json"
	scriptFile = "job.sh"

	askEvery    = 2 * time.Second  // Slurm's controller serves many
	submitGrace = 2 * time.Minute  // from beginning to submit a run to knowing its job
	orphanGrace = 90 * time.Second // for the process of a node that failed to go away
)

// beingSubmitted is what is under way until the job is known.
const beingSubmitted = "being submitted to Slurm"

// jobRecord is the content of job.json: which job executes the run.
type jobRecord struct {
	ID        string    `json:"id"` // "12", or "12_3" of an array
	Submitted time.Time `json:"submitted"`
}

// jobWatch is what a reader knows of the run's job.
type jobWatch struct {
	asked time.Time
	id    string
	job   cluster.Job
	err   error
	ended int // how often Slurm said so in a row
}

// slurm is where the run's jobs go, if they do.
func (s Spec) slurm() (cluster.Slurm, bool) {
	switch on := s.Deployment.On.(type) {
	case cluster.Slurm:
		return on, true
	case *cluster.Slurm:
		return *on, true
	}
	return cluster.Slurm{}, false
}

// A submission is a run for which a job is submitted, with its lock.
type submission struct {
	run  *Run
	held *os.File
}

// submit makes the runs one job, or an array of them. What cannot be submitted
// is recorded as failed. The error is the first.
//
// The caller holds the locks until submit returns: from then on job.json says
// whose the run is, and until then nobody may submit it a second time. A job
// that starts earlier waits for the lock: see lockOf.
func submit(ctx context.Context, on cluster.Slurm, runs []submission, command []string) error {
	command, err := executing(command)
	if err != nil {
		return notSubmitted(runs, "not submitted", err)
	}
	first := runs[0].run
	batch := cluster.Batch{Name: "adkernel-" + first.Name(), Command: command, Log: logFile, Requeued: true}
	for _, s := range runs {
		if err := s.announce(); err != nil {
			return notSubmitted(runs, "not submitted, as "+s.run.Name()+" cannot be written", err)
		}
		batch.Dirs = append(batch.Dirs, s.run.dir)
	}
	script := filepath.Join(first.dir, scriptFile)
	var id string
	if err = replaceFile(script, []byte(on.Script(batch))); err == nil {
		id, err = cluster.Submit(ctx, script)
	}
	if ctx.Err() != nil && err != nil {
		return notSubmitted(runs, "not submitted", err)
	}
	if err != nil {
		return notSubmitted(runs, "Slurm refused the job", err)
	}
	for i, s := range runs {
		task := id
		if len(runs) > 1 {
			task = fmt.Sprintf("%s_%d", id, i)
		}
		noted := writeJSON(filepath.Join(s.run.dir, jobFile), jobRecord{ID: task, Submitted: time.Now().UTC()})
		if noted != nil && err == nil {
			err = fmt.Errorf("run %s: job %s was submitted and could not be noted: %w", s.run.Name(), task, noted)
		}
	}
	return err
}

// notSubmitted records of every run that no job executes it, and why. The error
// is the first run's.
func notSubmitted(runs []submission, words string, why error) error {
	var first error
	for _, s := range runs {
		err := s.run.notStarted(fmt.Errorf("run %s: %s: %w", s.run.Name(), words, why))
		if first == nil {
			first = err
		}
	}
	return first
}

// announce records that the run is being submitted, and by which process.
func (s submission) announce() error {
	if err := sign(s.held, os.Getpid()); err != nil {
		return err
	}
	state, err := readState(s.run.dir)
	if err != nil {
		return err
	}
	state.Submitting = time.Now()
	return writeState(s.run.dir, state)
}

// executing is the command that executes a run.
func executing(command []string) ([]string, error) {
	if len(command) > 0 {
		return command, nil
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return []string{program, "execute-run"}, nil
}

func readJob(dir string) (jobRecord, error) {
	path := filepath.Join(dir, jobFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return jobRecord{}, err
	}
	var record jobRecord
	if err := json.Unmarshal(text, &record); err != nil || record.ID == "" {
		return jobRecord{}, fmt.Errorf("%s: want a job's id (%v)", path, err)
	}
	return record, nil
}

// ask asks Slurm about a job, now and then.
func (r *Run) ask(id string) (cluster.Job, error) {
	r.jobMu.Lock()
	defer r.jobMu.Unlock()
	w := &r.job
	if w.id == id && time.Since(w.asked) < askEvery {
		return w.job, w.err
	}
	if w.id != id {
		*w = jobWatch{id: id}
	}
	w.job, w.err = cluster.Ask(context.Background(), id)
	w.asked = time.Now()
	if w.err == nil && w.job.Ended() || errors.Is(w.err, cluster.ErrUnknown) {
		w.ended++
	} else {
		w.ended = 0
	}
	return w.job, w.err
}

// endedTwice reports whether Slurm has said twice that the job ended: a last
// state that was written on a node takes a moment to be seen here.
func (r *Run) endedTwice() bool {
	r.jobMu.Lock()
	defer r.jobMu.Unlock()
	return r.job.ended > 1
}

// jobState is the state of a run whose process is not seen here and whose
// record says that it has not ended: what became of its job.
func (r *Run) jobState(state State) (State, error) {
	record, err := readJob(r.dir)
	if errors.Is(err, fs.ErrNotExist) {
		// The lock of the process that submits it may not be seen from here, nor
		// the job's number yet.
		state.Doing = beingSubmitted
		if time.Since(state.Created) > submitGrace && time.Since(state.Submitting) > submitGrace {
			state.Status, state.Doing = Interrupted, ""
		}
		return state, nil
	}
	if err != nil {
		return State{}, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	job, err := r.ask(record.ID)
	switch {
	case errors.Is(err, cluster.ErrUnknown):
		why := fmt.Sprintf("Slurm does not know job %s any more: its controller lost it, or it ended long ago and accounting is disabled; resume the run", record.ID)
		if state.Doing != "" {
			why = state.Doing + "; " + why
		}
		return r.conclude(state, record.ID, Failed, why)
	case err != nil:
		state.Doing = err.Error()
		return state, nil
	case job.Waits():
		state.Status, state.Doing = Queued, job.String()
		return state, nil
	case !job.Ended():
		if state.Status == Queued {
			state.Doing = job.String()
		}
		return state, nil
	case job.State == "CANCELLED":
		return r.conclude(state, record.ID, Cancelled, job.Why())
	}
	return r.conclude(state, record.ID, Failed, job.Why())
}

// conclude records how a run ended whose process could not: that of job id.
func (r *Run) conclude(state State, id string, status Status, why string) (State, error) {
	if latest, err := readState(r.dir); err == nil && latest.Status.Ended() {
		return latest, nil
	}
	if !r.endedTwice() {
		state.Doing = why
		return state, nil
	}
	held, err := lock(r.dir)
	if err == nil {
		defer held.Close()
		// Who held the lock until now may have ended the run, or resumed it.
		latest, err := readState(r.dir)
		if err != nil || latest.Status.Ended() {
			return latest, err
		}
		if record, err := readJob(r.dir); err != nil || record.ID != id {
			return latest, nil
		}
	}
	r.count(&state)
	state.Status, state.PID, state.Host, state.Doing, state.Finished = status, 0, "", "", lastSign(r.dir)
	if status == Failed {
		state.Error = fmt.Sprintf("run %s: %s; %d finished samples are kept", r.Name(), why, state.Done)
		if last := r.lastLog(); last != "" {
			state.Error += "; last line of " + logFile + ": " + last
		}
	}
	if errors.Is(err, ErrExecuting) {
		state.Status, state.Error, state.Doing = Running, "", "its job ended, and a process of it goes on"
	}
	if err != nil {
		return state, nil // nor can somebody else's run be written
	}
	if err := writeLastState(r.dir, state); err != nil && !errors.Is(err, fs.ErrPermission) {
		return State{}, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	return state, nil
}

// jobGone is an error while the run's job waits or runs: it would execute the
// run beside another.
func (r *Run) jobGone() error {
	record, err := readJob(r.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	job, err := cluster.Ask(context.Background(), record.ID)
	switch {
	case errors.Is(err, cluster.ErrUnknown) || err == nil && job.Ended():
		return os.Remove(filepath.Join(r.dir, jobFile))
	case err != nil:
		return fmt.Errorf("run %s: whether its job %s goes on is not known: %w", r.Name(), record.ID, err)
	}
	return fmt.Errorf("run %s: %w: %s; attach to it, or cancel it first", r.Name(), ErrExecuting, job)
}

// cancelJob ends the run's job and returns when it is gone.
func (r *Run) cancelJob() error {
	record, err := readJob(r.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("run %s: it is being submitted to Slurm, and its job is not known yet: cancel it in a moment", r.Name())
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	if err := cluster.Cancel(context.Background(), record.ID); err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	r.jobMu.Lock()
	r.job.asked = time.Time{} // ask again at once
	r.jobMu.Unlock()
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	r.Wait(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("run %s: Slurm job %s was cancelled a minute ago and has not ended", r.Name(), record.ID)
	}
	return nil
}

// stoppedBySlurm says that this job was told to end, and why, where Slurm says
// so at once: it may remember for some minutes only.
func stoppedBySlurm(dir string) string {
	const stopped = "stopped by Slurm"
	record, err := readJob(dir)
	if err != nil {
		return stopped
	}
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Second) // before SIGKILL
	defer stop()
	if job, err := cluster.Ask(ctx, record.ID); err == nil && job.Ended() {
		return stopped + ": " + job.Why()
	}
	return stopped
}

// inJob reports whether this process is the job of the run.
func inJob(dir string, spec Spec) bool {
	id := jobHere(spec)
	record, err := readJob(dir)
	return id != "" && (err != nil || record.ID == id) // a job may start before it is noted
}

// jobHere is the job that this process is, of a run that goes to Slurm; "" else.
func jobHere(spec Spec) string {
	if _, ok := spec.slurm(); !ok {
		return ""
	}
	if array := os.Getenv("SLURM_ARRAY_JOB_ID"); array != "" {
		return array + "_" + os.Getenv("SLURM_ARRAY_TASK_ID")
	}
	return os.Getenv("SLURM_JOB_ID")
}

// wantedJob is an error where this process is a job that was submitted although
// nobody has heard so: by an sbatch that was interrupted, or did not answer in
// time. The run has failed since, or has another job.
func wantedJob(dir string, spec Spec) error {
	id := jobHere(spec)
	if id == "" {
		return nil
	}
	record, err := readJob(dir)
	switch {
	case err == nil && record.ID != id:
		return fmt.Errorf("run %s: job %s does not execute it, as job %s does", filepath.Base(dir), id, record.ID)
	case errors.Is(err, fs.ErrNotExist):
		if state, err := readState(dir); err == nil && state.Status.Ended() {
			return fmt.Errorf("run %s: job %s does not execute it, as it was not known to be submitted: resume the run", filepath.Base(dir), id)
		}
	}
	return nil
}

// lockOf takes the run's lock for this process. A job that Slurm has started
// again on another node waits for the process of the node that failed, which
// may not have noticed yet.
func lockOf(ctx context.Context, dir string, spec Spec) (*os.File, error) {
	held, err := inheritLock(dir)
	if !inJob(dir, spec) {
		return held, err
	}
	for deadline := time.Now().Add(orphanGrace); errors.Is(err, ErrExecuting) && time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(time.Second):
		}
		held, err = lock(dir)
	}
	return held, err
}

// LaunchAll launches runs that do not need each other. On Slurm they are one
// array of jobs; elsewhere each is started by itself. They must be on the same
// place. The error is the first; the runs that were made are returned beside
// it. None of an array is submitted unless all can be made.
func LaunchAll(ctx context.Context, specs []Spec, options Options) ([]*Run, error) {
	options.Name = ""
	var runs []*Run
	if len(specs) == 0 {
		return nil, nil
	}
	on, slurm := specs[0].slurm()
	if !slurm || len(specs) == 1 {
		for _, spec := range specs {
			r, err := Launch(ctx, spec, options)
			if r != nil {
				runs = append(runs, r)
			}
			if err != nil {
				return runs, err
			}
		}
		return runs, nil
	}
	if err := on.Check(); err != nil {
		return nil, err
	}
	var array []submission
	for _, spec := range specs {
		r, held, err := prepareRun(ctx, spec, options)
		if err != nil {
			notSubmitted(array, "not submitted, as another run of its array cannot be made", err)
			return runs, err
		}
		defer held.Close()
		runs, array = append(runs, r), append(array, submission{r, held})
	}
	return runs, submit(ctx, on, array, options.Command)
}
