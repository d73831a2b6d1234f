package run

import "fmt"

// A tally is how many of the samples that were counted so far are right, where
// their records do not say it: a filter that was chosen, or a function, judges.
// Who watches a run asks several times a second, so only what is new is read.
type tally struct {
	by                string // who judges
	restarts          int    // of the records: what is counted may be others by now
	done              int
	unjudged, correct int
	waiting           bool // for the function that judges, which other sessions may have
}

// counted is how many samples are finished, not judged, and right.
func (r *Run) counted() (done, unjudged, correct int, err error) {
	by := r.filter
	if scorer := r.Spec().Task.Scorer; scorer != nil {
		by = "function " + scorer.Hash()
	}
	if by != "" {
		err = r.unchanged(func() error {
			done, unjudged, correct, err = r.judgedBy(by)
			return err
		})
		return done, unjudged, correct, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.records.advance(); err != nil {
		return 0, 0, 0, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	return len(r.records.places), r.records.unjudged, r.records.correct, nil
}

// judgedBy is counted where the records do not say what is right.
func (r *Run) judgedBy(by string) (done, unjudged, correct int, err error) {
	r.mu.Lock()
	f, err := r.records.open()
	places, t := r.records.places, r.tally
	if t.by != by || t.restarts != r.records.restarts || t.waiting {
		t = tally{by: by, restarts: r.records.restarts}
	}
	r.mu.Unlock()
	if err != nil {
		return 0, 0, 0, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	fresh := &SampleReader{run: r, file: f, places: places[t.done:]}
	defer fresh.Close()
	for s, err := range fresh.All() {
		if err != nil {
			return 0, 0, 0, err
		}
		t.done++
		if s.Unjudged != "" {
			t.unjudged++
		}
		if s.Correct {
			t.correct++
		}
		t.waiting = t.waiting || s.Unjudged == NotJudged
	}
	r.mu.Lock()
	r.tally = t
	r.mu.Unlock()
	return t.done, t.unjudged, t.correct, nil
}
