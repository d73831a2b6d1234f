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

	"adkernel/builtins/task"
)

// verdictsFile holds what the function said that judges a run's answers: a
// line that identifies the function, and one a sample. The function lives in
// the session of a notebook, not in the process that makes the answers, so
// they are judged when they are read, once, by the first reader that has it.
const verdictsFile = "verdicts.jsonl"

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
	if err := r.verdicts.read(r.dir, spec.Task.Scorer.Hash()); err != nil {
		return fmt.Errorf("run %s: %w", r.Name(), err)
	}
	fresh := false
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
			r.verdicts.known[s.Index], fresh = v, true
		}
		s.Correct, s.Unjudged = v.Correct, v.Failure
	}
	if fresh {
		r.verdicts.listed = false
		if err := r.verdicts.write(r.dir); err != nil {
			return fmt.Errorf("run %s: %w", r.Name(), err)
		}
	}
	if r.verdicts.listed || !spec.Task.Scorer.Live() {
		return nil
	}
	return r.listVerdicts()
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
	if j.known != nil && j.scorer == scorer && (err != nil || j.info != nil && os.SameFile(info, j.info)) {
		return nil // replaced files are others
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
func (r *Run) listVerdicts() error {
	held, err := lock(r.dir)
	if errors.Is(err, ErrExecuting) || errors.Is(err, fs.ErrPermission) {
		return nil // it goes on, or is somebody else's
	}
	if err != nil {
		return err
	}
	defer held.Close()
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
