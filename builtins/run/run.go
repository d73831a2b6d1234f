// Package run keeps the evaluation of one deployment on one task as a
// directory that outlives the process which started it.
//
// A run directory holds
//
//	spec.json       what determines the result: deployment, task, prompts, engine
//	state.json      how far it is; replaced atomically
//	samples.jsonl   one record a finished sample, appended
//	logits/         header.json, and rows.f32 to which one row a sample is appended
//	                (imported rows keep their type: see RowType)
//	prompts.ids     token ids of every prompt
//	prompts.text    text of every prompt, of imported results
//	tokens.json     the text of every token that occurs in a prompt
//	patch.py        the deployment's patch, if it has one
//	verdicts.jsonl  what the function said that judges the answers, where one does;
//	                verdicts.lock is locked while they are stored
//	checkpoint.json the model's files that it was computed with, where they are here
//	engine/         what an engine in another process was started with, and what it wrote
//	log.txt         what the executing process wrote
//	job.json        on Slurm, the job that executes the run; job.sh is what was submitted
//	stop            asks the executing process to end, from another machine
//	lock            locked while a process executes the run, or submits its job
//
// A logit row is written before the record that points to it, and a record
// counts once its newline is there. So whatever kills the executing process,
// the finished samples are whole, and a resumed run neither repeats nor loses
// one.
//
// The package knows directories and processes. It does not know how prompts
// are made or answers judged (package task), what computes the answers
// (package engine), or what two runs say about each other (package compare).
package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"adkernel/builtins/engine"
	"adkernel/builtins/task"
)

// A Run is a run directory seen by a reader. Its methods may be called from
// any goroutine, while the run is executed and after.
type Run struct {
	dir  string
	spec Spec

	mu      sync.Mutex
	gone    chan struct{} // closed when the process that this one started for the run has ended; nil: it started none
	records recordReader
	tally   tally
	task    *task.Task   // once a question was asked for
	scorer  *task.Scorer // the function that judges the answers, where this process has it

	filter   string // by which the answers are judged; "" leaves it to the task
	verdicts judging

	jobMu  sync.Mutex
	job    jobWatch  // of a run on Slurm
	host   hostWatch // of a run on another machine
	onHost bool      // this is that machine
}

// Attach opens the run in dir, which may be queued, running or ended.
func Attach(dir string) (*Run, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	spec, err := readSpec(dir)
	if err != nil {
		return nil, err
	}
	return &Run{dir: dir, spec: spec, records: recordReader{path: filepath.Join(dir, samplesFile)}}, nil
}

// List attaches to every run below root, oldest first. Directories that hold
// no run are passed over; the error joins what was wrong with the runs that
// could not be read, and the others are returned beside it. A root that does
// not exist holds no runs.
func List(root string) ([]*Run, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var runs []*Run
	var broken []error
	for _, entry := range entries {
		dir := filepath.Join(root, entry.Name())
		if _, err := os.Stat(filepath.Join(dir, specFile)); err != nil {
			continue
		}
		r, err := Attach(dir)
		if err != nil {
			broken = append(broken, err)
			continue
		}
		runs = append(runs, r)
	}
	slices.SortStableFunc(runs, func(a, b *Run) int { return a.spec.Created.Compare(b.spec.Created) })
	return runs, errors.Join(broken...)
}

// Dir is the run's directory, an absolute path.
func (r *Run) Dir() string { return r.dir }

// Name is the last element of Dir.
func (r *Run) Name() string { return filepath.Base(r.dir) }

// Spec is what determines the run's result. Spec.Engine and Spec.Prompts are
// empty until the engine has been loaded.
func (r *Run) Spec() Spec {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spec.Engine == nil && r.spec.Import == nil {
		if spec, err := readSpec(r.dir); err == nil {
			r.spec = spec
		}
	}
	if r.scorer != nil {
		r.spec.Task.Scorer = r.scorer // the file has its text only
	}
	return r.spec
}

// Deployment is what the run's engine is opened with: the deployment with the
// settings and the patch that it had at launch.
func (r *Run) Deployment() engine.Deployment { return r.Spec().deployment(r.dir) }

// Label names the run for people: its deployment's label.
func (r *Run) Label() string { return r.spec.Deployment.Label() }

// LogitRow returns the logits [vocabulary] that chose the first output token
// of the sample with the given index.
func (r *Run) LogitRow(index int) ([]float32, error) {
	sample, err := r.record(index)
	if err != nil {
		return nil, err
	}
	if sample.Row < 0 {
		reason := "the engine returned none"
		if e := r.Spec().Engine; e != nil && e.Settings["server.logits"] != "" {
			reason = "the server returns none"
		}
		return nil, r.notAvailableFor(index, TheLogits, reason)
	}
	return r.logitRow(sample)
}

func (r *Run) logitRow(s Sample) ([]float32, error) {
	row, err := readLogitRow(r.dir, s.Row, s.CRC32)
	if err != nil {
		return nil, fmt.Errorf("run %s: sample %d: %w", r.Name(), s.Index, err)
	}
	return row, nil
}

// PromptTokens returns the token ids that the engine was given for the sample
// with the given index.
func (r *Run) PromptTokens(index int) ([]int32, error) {
	sample, err := r.record(index)
	if err != nil {
		return nil, err
	}
	return r.promptTokens(sample)
}

func (r *Run) promptTokens(s Sample) ([]int32, error) {
	if s.PromptTokens == 0 {
		return nil, r.notAvailableFor(s.Index, TheTokenIDs, "the record has none")
	}
	ids, err := readPrompt(r.dir, s)
	if err != nil {
		return nil, fmt.Errorf("run %s: sample %d: %w", r.Name(), s.Index, err)
	}
	return ids, nil
}

// TokenTexts maps every token id that occurs in a prompt of the run to its
// text; special tokens have none.
func (r *Run) TokenTexts() (map[int32]string, error) {
	texts, err := readTokenTexts(r.dir)
	if errors.Is(err, fs.ErrNotExist) && r.Spec().Import != nil {
		return nil, r.notAvailable(TheTokenTexts, "no tokenizer was given")
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	return texts, nil
}

// damage is the first thing for which a run that finished total samples would
// be resumed: a record, a prompt or a logit row that is damaged, or an output
// that is no answer. It reads all of them.
func (r *Run) damage(total int) error {
	samples, err := r.recorded()
	if err != nil {
		return err
	}
	if len(samples) != total {
		return fmt.Errorf("run %s: %d of %d samples are there", r.Name(), len(samples), total)
	}
	for _, s := range samples {
		if why := unanswered(s.Finish); why != "" {
			return fmt.Errorf("run %s: sample %d has %s", r.Name(), s.Index, why)
		}
		if _, err := r.promptTokens(s); err != nil {
			return err
		}
		if s.Row < 0 {
			continue
		}
		if _, err := r.logitRow(s); err != nil {
			return err
		}
	}
	return nil
}
