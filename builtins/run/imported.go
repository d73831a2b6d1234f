package run

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"adkernel/builtins/task"
)

const textsFile = "prompts.text"

// An Import says where the results of a run come from that another program
// computed, and what they do not hold.
type Import struct {
	Format    string `json:"format"`              // "lm-eval samples"
	Evaluator string `json:"evaluator,omitempty"` // "lm-eval 0.4.13", where the files say
	Metric    string `json:"metric,omitempty"`    // by which an answer counts as right, where there was a choice
	Filter    string `json:"filter,omitempty"`    // by which an answer was taken from the output, where there was a choice
	// Generation is how the answers of each subject were generated, in words, where
	// the files say.
	Generation map[string]string `json:"generation,omitempty"`
	Sources    []Source          `json:"sources"`
	Missing    []Missing         `json:"missing,omitempty"`
	Notes      []string          `json:"notes,omitempty"` // what a reader of the results should know
}

// A Source is a file that was imported.
type Source struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Missing is something that a run has and an import does not.
type Missing struct {
	What string `json:"what"` // one of the constants below
	Why  string `json:"why"`
}

// What an import can lack.
const (
	TheLogits      = "logits"
	TheTokenIDs    = "token ids of the prompts"
	TheTokenTexts  = "texts of the tokens"
	ThePromptTexts = "texts of the prompts"
	TheRight       = "right answers" // a sample says whether it was right, and not what would have been
	TheFinish      = "why outputs ended"
	TheEngine      = "engine and its configuration"
)

// ErrNotAvailable is the reason why a question about a run has no answer: its
// results do not hold one.
var ErrNotAvailable = errors.New("not available")

// notAvailable is the answer to a question about what.
func (r *Run) notAvailable(what, otherwise string) error {
	return fmt.Errorf("run %s: %w", r.Name(), r.lack(what, otherwise))
}

// notAvailableFor is the same for the sample with the given index.
func (r *Run) notAvailableFor(index int, what, otherwise string) error {
	return fmt.Errorf("run %s: sample %d: %w", r.Name(), index, r.lack(what, otherwise))
}

// lack says why the results do not hold what; otherwise is the reason of a run
// that was not imported.
func (r *Run) lack(what, otherwise string) error {
	why := otherwise
	if imported := r.Spec().Import; imported != nil {
		for _, m := range imported.Missing {
			if m.What == what {
				why = m.Why
			}
		}
	}
	return fmt.Errorf("%w: %s: %s", ErrNotAvailable, what, why)
}

// PromptText returns the text of the prompt of the sample with the given
// index. An import keeps the texts. A run of this program keeps token ids, and
// the texts are its task's, while its data set is there and unchanged.
func (r *Run) PromptText(index int) (string, error) {
	s, err := r.record(index)
	if err != nil {
		return "", err
	}
	if s.TextBytes == 0 && r.Spec().Import == nil {
		return r.taskPrompt(s)
	}
	if s.TextBytes == 0 {
		return "", r.notAvailable(ThePromptTexts, "the import has none")
	}
	path := filepath.Join(r.dir, textsFile)
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("run %s: %w", r.Name(), err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("run %s: %w", r.Name(), err)
	}
	if int64(s.TextBytes) > info.Size() || s.TextAt > info.Size()-int64(s.TextBytes) {
		return "", fmt.Errorf("run %s: %s has %d bytes: the prompt's %d at %d are not among them", r.Name(), path, info.Size(), s.TextBytes, s.TextAt)
	}
	text := make([]byte, s.TextBytes)
	if _, err := f.ReadAt(text, s.TextAt); err != nil {
		return "", fmt.Errorf("run %s: %s: %w", r.Name(), path, err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != s.TextSHA256 {
		return "", fmt.Errorf("run %s: %s: the prompt's text at %d does not have the hash that its record says: the file was damaged", r.Name(), path, s.TextAt)
	}
	return string(text), nil
}

// taskPrompt reads the prompt of a sample from the run's task.
func (r *Run) taskPrompt(s Sample) (string, error) {
	t, err := r.loadTask()
	if err != nil {
		return "", err
	}
	if s.Index >= len(t.Questions) {
		return "", fmt.Errorf("run %s: sample %d of a task with %d", r.Name(), s.Index, len(t.Questions))
	}
	return t.Questions[s.Index].Text(), nil
}

// Sent is what a run of this program asks its engine.
type Sent struct {
	Prompts   []string // by sample; through the model's chat template, where the task asks so
	Stop      []string // what ends an answer
	MaxTokens int      // how long it may be
}

// Sent returns what the run asks its engine, while its data set and its model's
// chat template are there and the data set is unchanged.
func (r *Run) Sent() (Sent, error) {
	t, err := r.loadTask()
	if err != nil {
		return Sent{}, err
	}
	spec := r.Spec()
	texts, _, err := PromptTexts(t, spec.tokenizerDir(), spec.Created)
	if err != nil {
		return Sent{}, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	return Sent{Prompts: texts, Stop: t.Stop, MaxTokens: t.MaxTokens}, nil
}

// loadTask returns the run's task, while its data set is there and unchanged.
func (r *Run) loadTask() (*task.Task, error) {
	spec := r.Spec()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.task != nil {
		return r.task, nil
	}
	t, err := spec.Task.Load()
	if err != nil {
		return nil, fmt.Errorf("run %s: the texts of its prompts: %w", r.Name(), err)
	}
	if spec.Prompts == nil || t.Hash() != spec.Prompts.TextSHA256 {
		return nil, fmt.Errorf("run %s: %w: %s: the task's data set is not what the run was asked", r.Name(), ErrNotAvailable, ThePromptTexts)
	}
	r.task = t
	return t, nil
}
