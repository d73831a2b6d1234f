package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"adkernel/builtins/task"
	"adkernel/internal/filelock"
)

// verdictsFile holds what the function said that judges a run's answers: a
// line that identifies the function, and one a sample. The function lives in
// the session of a notebook, not in the process that makes the answers, so
// they are judged when they are read, once, by the first reader that has it.
const verdictsFile = "verdicts.jsonl"

const verdictsLock = "verdicts.lock"

// NotJudged is why a sample has no verdict yet: see Sample.Unjudged.
const NotJudged = "not judged yet: the function that does it is not in this session; Rescore judges with another"

type verdictsHead struct {
	Scorer string `json:"scorer_sha256"`
}

type verdict struct {
	Index   int    `json:"index"`
	Output  string `json:"output_sha256"` // a resumed run may answer anew
	Correct bool   `json:"correct"`
	Failure string `json:"failure,omitempty"` // why there is no verdict
}

// judging is what a reader knows of the verdicts. Its lock is held while the
// function runs, so that a sample is judged once.
type judging struct {
	mu     sync.Mutex
	info   os.FileInfo // of the file read so far
	spec   os.FileInfo // of the specification that names the function
	known  map[int]verdict
	scorer string // whose verdicts are known
	listed bool   // state.json counts them
}

// judge fills in what decides whether samples are right, where that is not
// what their records say: a filter that was chosen, or a function.
func (r *Run) judge(samples []Sample) error {
	spec := r.Spec()
	if spec.Import == nil {
		fillVerdicts(spec.Task, samples)
	}
	if r.filter != "" {
		return r.judgeByFilter(samples)
	}
	if spec.Task.Scorer == nil {
		return nil
	}
	r.verdicts.mu.Lock()
	defer r.verdicts.mu.Unlock()
	if err := r.stillJudges(spec.Task.Scorer); err != nil {
		return err
	}
	if err := r.verdicts.read(r.dir, spec.Task.Scorer.Hash()); err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	fresh := map[int]verdict{}
	for i := range samples {
		s := &samples[i]
		if unanswered(s.Finish) != "" {
			continue
		}
		hash := hashOf(s.Output)
		v, ok := r.verdicts.known[s.Index]
		if !ok || v.Output != hash {
			if !spec.Task.Scorer.Live() {
				s.Correct, s.Unjudged = false, NotJudged
				continue
			}
			q, err := r.question(*s)
			if err != nil {
				return err
			}
			if v, err = judgeOne(spec.Task.Scorer, q, *s); err != nil {
				return err
			}
			r.verdicts.known[s.Index], fresh[s.Index] = v, v
		}
		s.Correct, s.Unjudged = v.Correct, v.Failure
	}
	if len(fresh) > 0 {
		r.verdicts.listed = false
		if err := r.storeVerdicts(spec.Task.Scorer, fresh); err != nil {
			return err
		}
	}
	if r.verdicts.listed || !spec.Task.Scorer.Live() {
		return nil
	}
	return r.listVerdicts(spec.Task.Scorer)
}

// stillJudges is an error where the run's answers are no longer judged by scorer:
// another session has named another function since this one read the run. The
// caller holds the verdicts' lock.
func (r *Run) stillJudges(scorer *task.Scorer) error {
	info, err := os.Stat(filepath.Join(r.dir, specFile))
	if err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	if unreplaced(info, r.verdicts.spec) {
		return nil
	}
	spec, err := readSpec(r.dir)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	by := "the rule of its task"
	if now := spec.Task.Scorer; now != nil {
		if now.Hash() == scorer.Hash() {
			r.verdicts.spec = info
			return nil
		}
		by = "another function (" + now.Hash()[:12] + ")"
	}
	return fmt.Errorf("run %s: another session has let %s judge its answers since (Rescore), and not the function that does here (%s): Attach to the run again for those verdicts, or Rescore it again for these",
		r.Name(), by, scorer.Hash()[:12])
}

// storeVerdicts adds scorer's fresh verdicts to those that are stored, by this
// session or another. The caller holds the verdicts' lock, which is this
// process's.
func (r *Run) storeVerdicts(scorer *task.Scorer, fresh map[int]verdict) error {
	held, err := lockVerdicts(r.dir)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	defer held.Close()
	if err := r.stillJudges(scorer); err != nil {
		return err
	}
	err = r.verdicts.read(r.dir, scorer.Hash())
	if err == nil {
		maps.Copy(r.verdicts.known, fresh)
		err = r.verdicts.write(r.dir)
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	return nil
}

// lockVerdicts keeps other sessions from storing verdicts, and from naming who
// judges, until the file that it returns is closed. The run's own lock is held
// while it is executed, and its answers may be judged then.
func lockVerdicts(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, verdictsLock), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := filelock.Flock(f, syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
	}
	return f, nil
}

func judgeOne(scorer *task.Scorer, q task.Question, s Sample) (verdict, error) {
	v := verdict{Index: s.Index, Output: hashOf(s.Output)}
	correct, err := scorer.Judge(q, s.Output)
	var failure task.ScorerFailure
	if errors.As(err, &failure) {
		v.Failure = failure.Error()
		return v, nil
	}
	v.Correct = correct
	return v, err
}

// question is what a sample was asked, as its task has it.
func (r *Run) question(s Sample) (task.Question, error) {
	if r.Spec().Import == nil {
		t, err := r.loadTask()
		if err != nil {
			return task.Question{}, err
		}
		if s.Index < len(t.Questions) {
			return t.Questions[s.Index], nil
		}
		return task.Question{}, fmt.Errorf("run %s: sample %d of a task with %d", r.Name(), s.Index, len(t.Questions))
	}
	q := task.Question{Subject: s.Subject, Index: s.Question, Ref: s.Ref}
	text, err := r.PromptText(s.Index)
	if err != nil && !errors.Is(err, ErrNotAvailable) {
		return q, err
	}
	q.Prompt = text
	return q, nil
}

// fillVerdicts judges by the task's filters what an earlier version recorded
// without their verdicts.
func fillVerdicts(t task.Spec, samples []Sample) {
	for i := range samples {
		if s := &samples[i]; s.Verdicts == nil && s.Unjudged == "" {
			s.Verdicts = t.Verdicts(s.Ref, s.Output)
		}
	}
}

// judgeByFilter takes the verdicts of one of the task's filters.
func (r *Run) judgeByFilter(samples []Sample) error {
	for i := range samples {
		s := &samples[i]
		if s.Unjudged != "" {
			continue
		}
		found := false
		for _, v := range s.Verdicts {
			if v.Filter == r.filter {
				s.Correct, s.Extracted, found = v.Correct, v.Answer, true
			}
		}
		if !found {
			return r.notAvailableFor(s.Index, "verdict of the filter "+r.filter, "the record has none")
		}
	}
	return nil
}

// read reads the verdicts that are stored, if they changed and are the
// function's.
func (j *judging) read(dir, scorer string) error {
	path := filepath.Join(dir, verdictsFile)
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if j.known != nil && j.scorer == scorer && (err != nil || unreplaced(info, j.info)) {
		return nil
	}
	j.known, j.scorer, j.info = map[int]verdict{}, scorer, info
	if err != nil {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	var head verdictsHead
	if err := json.Unmarshal(lines[0], &head); err != nil {
		return fmt.Errorf("%s: line 1: %w", path, err)
	}
	if head.Scorer != scorer {
		return nil // another function's: they are replaced
	}
	for n, line := range lines[1:] {
		v := verdict{Index: -1}
		if err := json.Unmarshal(line, &v); err != nil || v.Index < 0 {
			return fmt.Errorf("%s: line %d: not a verdict: delete the file, and judge the answers again (Rescore)", path, n+2)
		}
		j.known[v.Index] = v
	}
	return nil
}

// unreplaced reports whether a file that is only ever replaced is the one that was
// read, if one was. The number of one that is gone may be given to the next but one.
func unreplaced(now, read os.FileInfo) bool {
	return read != nil && os.SameFile(now, read) && now.ModTime().Equal(read.ModTime()) && now.Size() == read.Size()
}

// write replaces the stored verdicts.
func (j *judging) write(dir string) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	if err := encoder.Encode(verdictsHead{j.scorer}); err != nil {
		return err
	}
	for _, index := range slices.Sorted(maps.Keys(j.known)) {
		if err := encoder.Encode(j.known[index]); err != nil {
			return err
		}
	}
	path := filepath.Join(dir, verdictsFile)
	if err := replaceFile(path, text.Bytes()); err != nil {
		return err
	}
	info, err := os.Stat(path)
	j.info = info
	return err
}

// listVerdicts tells listings how many samples of a run that ended are right.
// The caller holds the verdicts' lock.
func (r *Run) listVerdicts(scorer *task.Scorer) error {
	held, err := lock(r.dir)
	if errors.Is(err, ErrExecuting) || errors.Is(err, fs.ErrPermission) {
		return nil // it goes on, or is somebody else's
	}
	if err != nil {
		return err
	}
	defer held.Close()
	if err := r.stillJudges(scorer); err != nil {
		return err
	}
	state, err := readState(r.dir)
	if err != nil || !state.Status.Ended() {
		return err
	}
	state.Correct, state.Unjudged = 0, state.Done
	for _, v := range r.verdicts.known {
		if v.Failure == "" {
			state.Unjudged--
		}
		if v.Correct {
			state.Correct++
		}
	}
	r.verdicts.listed = true
	return writeState(r.dir, state)
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
