package diagnose

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// searchFile marks a run's directory as that of a search which has not ended,
// and says of which.
const searchFile = "isolation.json"

// mark says whose the run is, until the search ends: one that is interrupted is
// taken up from there. What cannot be marked is made again then.
func (i *isolator) mark(r *run.Run) {
	os.WriteFile(filepath.Join(r.Dir(), searchFile), i.id.text(), 0o644)
}

// unmark ends the search, with what earlier calls have left of it: who isolates
// the same again wants to see it again.
func (i *isolator) unmark() {
	for _, dir := range i.marked() {
		os.Remove(filepath.Join(dir, searchFile))
	}
}

// marked lists the directories of the search's runs.
func (i *isolator) marked() (dirs []string) {
	root := i.options.Root
	if root == "" {
		var err error
		if root, err = run.Root(); err != nil {
			return nil // as launching says
		}
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		dir := filepath.Join(root, e.Name())
		if text, err := os.ReadFile(filepath.Join(dir, searchFile)); err == nil && bytes.Equal(text, i.id.text()) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// searchID tells searches apart: for what of which comparison.
type searchID struct {
	Test string `json:"test"` // directories of the comparison's runs
	Base string `json:"base"`
}

func (s searchID) text() []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings
	}
	return append(text, '\n')
}

// left is the run with which a search that was interrupted has begun what d is to
// show, done or resumed; nil where there is none.
func (i *isolator) left(d engine.Deployment) *run.Run {
	for _, dir := range i.before {
		if _, taken := i.kept[dir]; taken {
			continue
		}
		r, err := run.Again(i.board.Context(), dir, run.Spec{Deployment: d, Task: i.task})
		begun := err == nil && r != nil && r.Spec().Engine != nil
		if err != nil || r == nil || !i.takeUp(r) {
			continue
		}
		i.kept[r.Dir()] = begun
		return r
	}
	return nil
}

// takeUp resumes what was stopped. What failed may run now, and what somebody
// else's search has under way is left to it.
func (i *isolator) takeUp(r *run.Run) bool {
	state, err := r.State()
	if err != nil {
		return false
	}
	switch state.Status {
	case run.Done:
		_, err := r.Samples()
		return err == nil
	case run.Cancelled, run.Interrupted:
		return r.Resume(i.board.Context(), i.options) == nil
	}
	return false
}

// sameEngine is an error where a run was made by another engine than those that
// an interrupted search has left: beside each other they show the difference of
// the engines.
func (i *isolator) sameEngine(r *run.Run) error {
	is := r.Spec().Engine
	if is == nil {
		return nil
	}
	text := is.Engine + " " + is.Version
	if i.engine == "" {
		i.engine = text
	}
	if text == i.engine || len(i.kept) == 0 {
		return nil
	}
	i.unmark()
	return fmt.Errorf("the engine is %s in one run and %s in another, as it was changed since the search was interrupted: isolate again, which begins anew", i.engine, text)
}
