package run

import (
	"time"

	"adkernel/builtins/frame"
)

// Table lists runs, one a row: run (the directory's name), deployment, task,
// status, done and total samples, accuracy in percent (null before the first
// sample), started (UTC) and dir.
func Table(runs []*Run) (*frame.Frame, error) {
	type row struct {
		Run        string   `frame:"run"`
		Deployment string   `frame:"deployment"`
		Task       string   `frame:"task"`
		Status     string   `frame:"status"`
		Done       int      `frame:"done"`
		Total      int      `frame:"total"`
		Accuracy   *float64 `frame:"accuracy"`
		Started    string   `frame:"started"`
		Dir        string   `frame:"dir"`
	}
	rows := make([]row, len(runs))
	for i, r := range runs {
		progress, err := r.Progress()
		if err != nil {
			return nil, err
		}
		rows[i] = row{
			Run: r.Name(), Deployment: r.Label(), Task: r.Spec().Task.Kind, Status: string(progress.Status),
			Done: progress.Done, Total: progress.Total,
			Started: r.Spec().Created.UTC().Format(time.DateTime), Dir: r.Dir(),
		}
		if progress.Done > 0 {
			accuracy := 100 * float64(progress.Correct) / float64(progress.Done)
			rows[i].Accuracy = &accuracy
		}
	}
	f := frame.FromStructs(rows)
	return f, f.Err()
}
