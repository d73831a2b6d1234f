package run

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"adkernel/builtins/frame"
)

// overviewRow is a run as a row of a listing; the names are part of the
// vocabulary.
type overviewRow struct {
	Run        string   `frame:"run"`
	Status     string   `frame:"status"`
	Accuracy   *float64 `frame:"accuracy"`
	Done       int      `frame:"done"`
	Total      int      `frame:"total"`
	Deployment string   `frame:"deployment"`
	Task       string   `frame:"task"`
	Started    string   `frame:"started"`
	Dir        string   `frame:"dir"`

	created time.Time
}

// Overview lists the runs below root, oldest first, one a row: run (the
// directory's name), status, accuracy in percent (null before the first sample
// that was judged), done and total samples, deployment, task, started (UTC) and
// dir. What matters stands where narrow terminals show it.
//
// Of a run that ended only state.json is read, so that a thousand are listed
// at once. Directories that hold no run are passed over; the error joins what
// was wrong with the runs that could not be read, and the others are returned
// beside it. A root that does not exist holds no runs.
func Overview(root string) (*frame.Frame, error) {
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	found, errs := make([]*overviewRow, len(entries)), make([]error, len(entries))
	var next atomic.Int64
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(entries)) {
		readers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(entries)); i = next.Add(1) - 1 {
				found[i], errs[i] = overviewOf(filepath.Join(root, entries[i].Name()))
			}
		})
	}
	readers.Wait()
	var rows []overviewRow
	var broken []error
	for i, row := range found {
		switch {
		case errs[i] != nil:
			broken = append(broken, errs[i])
		case row != nil:
			rows = append(rows, *row)
		}
	}
	slices.SortStableFunc(rows, func(a, b overviewRow) int {
		return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.Run, b.Run))
	})
	f := frame.FromStructs(rows)
	return f, errors.Join(append(broken, f.Err())...)
}

// OverviewColumns are the columns of Overview.
func OverviewColumns() []string { return frame.FromStructs([]overviewRow(nil)).Columns() }

// overviewOf is nil where dir holds no run.
func overviewOf(dir string) (*overviewRow, error) {
	state, err := readState(dir)
	if errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, specFile)); err != nil {
			return nil, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if !state.Status.Ended() || state.Label == "" {
		return overviewOfLive(dir)
	}
	return state.row(dir), nil
}

func (s State) row(dir string) *overviewRow {
	row := &overviewRow{
		Run: filepath.Base(dir), Deployment: s.Label, Task: s.Task, Status: string(s.Status),
		Done: s.Done, Total: s.Total, Started: s.Created.UTC().Format(time.DateTime), Dir: dir, created: s.Created,
	}
	if judged := s.Done - s.Unjudged; judged > 0 {
		accuracy := 100 * float64(s.Correct) / float64(judged)
		row.Accuracy = &accuracy
	}
	return row
}

// overviewOfLive looks at a run that may be going on, or that an earlier
// version wrote, whose states say less.
func overviewOfLive(dir string) (*overviewRow, error) {
	r, err := Attach(dir)
	if errors.Is(err, fs.ErrNotExist) { // it is being made: its state is written first
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := r.Progress()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	state := State{Status: p.Status, Done: p.Done, Total: p.Total, Correct: p.Correct, Unjudged: p.Unjudged}
	return state.listed(r.Spec()).row(dir), nil
}
