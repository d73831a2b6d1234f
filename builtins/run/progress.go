package run

import (
	"fmt"
	"math"
	"time"

	"adkernel/builtins/stats"
)

// Progress is how far a run is, as its files tell.
type Progress struct {
	Status   Status
	Done     int           // finished samples
	Total    int           // samples of the task; 0 until it is loaded
	Correct  int           // of the finished ones
	Unjudged int           // of the finished ones: without a verdict
	Elapsed  time.Duration // spent executing, all executions together
	Rate     float64       // samples a second in the latest execution, 0 until one is finished
	Left     time.Duration // estimated from Rate; negative when unknown
	Doing    string        // what the executing process does, where it says so
}

// Progress reads how far the run is. A call costs what was written since the
// last one.
func (r *Run) Progress() (Progress, error) {
	state, err := r.State()
	if err != nil {
		return Progress{}, err
	}
	done, unjudged, correct, err := r.counted()
	if err != nil {
		return Progress{}, err
	}
	p := Progress{Status: state.Status, Done: done, Total: state.Total, Correct: correct, Unjudged: unjudged, Left: -1, Doing: state.Doing}
	now := time.Now()
	p.Elapsed = state.latest(now) + time.Duration(state.Seconds*float64(time.Second))
	// Samples finish in batches: up to the last one the rate holds.
	fresh, last := done-state.Resumed, lastSign(r.dir)
	if worked := last.Sub(state.Started); fresh > 0 && worked > 0 {
		p.Rate = float64(fresh) / worked.Seconds()
		p.Left = max(time.Duration(float64(p.Total-done)/p.Rate*float64(time.Second))-now.Sub(last), 0)
	}
	return p, nil
}

// latest is how long the latest execution took, or has taken so far.
func (s State) latest(now time.Time) time.Duration {
	switch {
	case s.Started.IsZero():
		return 0
	case !s.Finished.IsZero():
		return max(s.Finished.Sub(s.Started), 0)
	case s.Status == Running:
		return max(now.Sub(s.Started), 0)
	}
	return 0
}

// accuracy words the share of right answers with its interval.
func (p Progress) accuracy() string {
	if p.Done == 0 {
		return "no sample finished"
	}
	judged := p.Done - p.Unjudged
	if judged == 0 {
		return "no answer judged"
	}
	i, err := stats.Wilson(p.Correct, judged, 0.95)
	if err != nil {
		return err.Error()
	}
	words := fmt.Sprintf("%.1f %%", 100*i.Estimate)
	if judged < p.Done {
		words += fmt.Sprintf(" of %d judged", judged)
	}
	return words + fmt.Sprintf(", 95 %% interval %.1f to %.1f", 100*i.Low, 100*i.High)
}

// duration words d to the second, or to a tenth when it is short and not whole.
func duration(d time.Duration) string {
	switch {
	case d < 0:
		return "?"
	case d < 10*time.Second && d%time.Second != 0:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		s := int(math.Round(d.Seconds()))
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	m := int(math.Round(d.Minutes()))
	return fmt.Sprintf("%d h %02d min", m/60, m%60)
}
