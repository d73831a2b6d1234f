package run

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	stateFile   = "state.json"
	reserveFile = ".reserve"
)

// Status is how far a run is.
type Status string

// The states of a run. Interrupted is never stored: it is what a reader finds
// when the stored state says that a process executes the run and none does.
const (
	Queued      Status = "queued"
	Running     Status = "running"
	Done        Status = "done"
	Failed      Status = "failed"
	Cancelled   Status = "cancelled"
	Interrupted Status = "interrupted"
)

// Ended reports whether no process works on a run of this status.
func (s Status) Ended() bool { return s != Queued && s != Running }

// State is the content of state.json.
type State struct {
	Status   Status    `json:"status"`
	PID      int       `json:"pid,omitempty"`      // of the executing process
	Host     string    `json:"host,omitempty"`     // on which it is
	Started  time.Time `json:"started,omitzero"`   // of the latest execution
	Asked    time.Time `json:"asked,omitzero"`     // when it asked the engine for its first sample
	Computed float64   `json:"computed,omitempty"` // seconds of it in the model; 0 where the engine does not know
	Finished time.Time `json:"finished,omitzero"`  // of the latest execution
	Seconds  float64   `json:"seconds,omitempty"`  // of the executions before the latest
	Resumed  int       `json:"resumed,omitempty"`  // samples finished before the latest execution
	Done     int       `json:"done"`               // samples finished when this was written
	Total    int       `json:"total"`              // samples of the task; 0 until it is loaded
	Doing    string    `json:"doing,omitempty"`    // what the executing process does: "loading weights: 40 %"
	Error    string    `json:"error,omitempty"`    // of a failed run

	// Submitting is when its latest job began to be submitted to Slurm, or it to
	// be started on another machine.
	Submitting time.Time `json:"submitting,omitzero"`

	// What a listing says of the run, so that it need not read anything else.
	Correct int `json:"correct"` // of the samples finished
	// Unjudged is how many of them have no verdict: a server ended their output,
	// or the function that judges has not, or failed.
	Unjudged int       `json:"unjudged,omitempty"`
	Label    string    `json:"label,omitempty"`  // of the deployment
	Task     string    `json:"task,omitempty"`   // its kind
	Created  time.Time `json:"created,omitzero"` // when the run was launched
}

// listed fills in what a listing says of a run with this specification.
func (s State) listed(spec Spec) State {
	s.Label, s.Task, s.Created = spec.Deployment.Label(), spec.Task.Kind, spec.Created
	return s
}

// State reads how far the run is.
func (r *Run) State() (State, error) {
	// The lock is looked at first: a process that ends between the two looks
	// has stored its last state before it let go of the lock.
	executing, err := lockHeld(r.dir)
	if err != nil {
		return State{}, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	state, err := readState(r.dir)
	if err != nil {
		return State{}, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	if _, ok := r.spec.slurm(); ok && !state.Status.Ended() {
		if !executing {
			return r.jobState(state)
		}
		if state.Status == Queued && state.Doing == "" {
			state.Doing = beingSubmitted // by the process that holds the lock
		}
	}
	if on, ok := r.elsewhere(); ok && !executing && !state.Status.Ended() {
		return r.stateOn(on, state)
	}
	if !executing && !state.Status.Ended() {
		state.Status = Interrupted
		state.Finished = lastSign(r.dir)
	}
	return state, nil
}

// lastSign is when the run's last sample finished; zero when none has.
func lastSign(dir string) time.Time {
	info, err := os.Stat(filepath.Join(dir, samplesFile))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func readState(dir string) (State, error) {
	path := filepath.Join(dir, stateFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return State{}, fmt.Errorf("%w%s", err, writtenAgain)
	}
	var state State
	if err := json.Unmarshal(text, &state); err != nil {
		return State{}, fmt.Errorf("%s: %w%s", path, err, writtenAgain)
	}
	switch state.Status {
	case Queued, Running, Done, Failed, Cancelled:
		return state, nil
	}
	return State{}, fmt.Errorf("%s: unknown status %q%s", path, state.Status, writtenAgain)
}

// writtenAgain is what helps a run whose state cannot be read.
const writtenAgain = "; resume the run, or import it again, which writes it anew"

func writeState(dir string, state State) error {
	return writeJSON(filepath.Join(dir, stateFile), state)
}

// reserved is the space set aside, in bytes: that of a state, however file systems
// count it.
const reserved = 16 << 10

// reserve sets space aside, where that is not done, so that the last state can be
// written when the disk is full.
func reserve(dir string) error {
	path := filepath.Join(dir, reserveFile)
	if info, err := os.Stat(path); err == nil && info.Size() == reserved {
		return nil
	}
	err := os.WriteFile(path, make([]byte, reserved), 0o644)
	if err != nil {
		os.Remove(path)
	}
	return err
}

// writeLastState gives the reserved space back and writes state into it.
func writeLastState(dir string, state State) error {
	os.Remove(filepath.Join(dir, reserveFile))
	return writeState(dir, state)
}
