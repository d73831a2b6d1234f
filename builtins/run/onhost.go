package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"adkernel/builtins/cluster"
	"adkernel/internal/version"
)

// What is asked of this program on the machine that a run executes on.
const (
	hostVerb     = "on-host"
	startAction  = "start"
	lookAction   = "look"
	cancelAction = "cancel"

	noToken = "-" // where an argument must stand
)

// hostAnswer is the answer.
type hostAnswer struct {
	State     State  `json:"state"`
	Error     string `json:"error,omitempty"`
	Executing bool   `json:"executing,omitempty"` // the error is ErrExecuting
}

// hostError is an error of another machine.
type hostError struct {
	host, text string
	executing  bool
}

func (e hostError) Error() string { return e.host + ": " + e.text }

// Is lets a run that is executed be told from what is wrong.
func (e hostError) Is(target error) bool { return e.executing && target == ErrExecuting }

func (a hostAnswer) err(host string) error {
	if a.Error == "" {
		return nil
	}
	return hostError{host, a.Error, a.Executing}
}

// OnHost does on this machine what another one asked over ssh about a run in a
// directory that both see, and writes the answer: start what is missing of the
// run, look how far it is, or cancel it. asker is the version of the program
// there; token is the file that whoever starts the run has written to its
// directory, and has taken away where it gave up. Of the options only Command
// is read.
func OnHost(ctx context.Context, w io.Writer, options Options, action, asker, token, dir string) error {
	var answer hostAnswer
	state, err := onHost(ctx, options, action, asker, token, dir)
	if answer.State = state; err != nil {
		answer.Error, answer.Executing = err.Error(), errors.Is(err, ErrExecuting)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	_, err = w.Write(cluster.Answer(text))
	return err
}

func onHost(ctx context.Context, options Options, action, asker, token, dir string) (State, error) {
	if asker != version.Number {
		return State{}, fmt.Errorf("the adkernel on this machine is version %s, and that which asks is %s: install the same, or name it as Program", version.Number, asker)
	}
	r, err := Attach(dir)
	if err != nil {
		return State{}, err
	}
	r.onHost = true
	switch action {
	case startAction:
		err = r.resume(ctx, options, func() error { return r.wanted(token) })
	case lookAction:
	case cancelAction:
		err = r.Cancel()
	default:
		err = fmt.Errorf("%s: want %s, %s or %s", action, startAction, lookAction, cancelAction)
	}
	if err != nil {
		return State{}, err
	}
	return r.State()
}

// wanted is an error when whoever asked to start the run has given up, or
// somebody has cancelled it since. The token is good for one start.
func (r *Run) wanted(token string) error {
	f, err := os.Open(filepath.Join(r.dir, token)) // a stat may be answered from memory
	if err != nil {
		return fmt.Errorf("run %s: not started, as who asked for it has given up: %w", r.Name(), err)
	}
	f.Close()
	os.Remove(filepath.Join(r.dir, token))
	if _, err := os.Stat(filepath.Join(r.dir, stopFile)); err == nil {
		return fmt.Errorf("run %s: not started, as it was cancelled meanwhile", r.Name())
	}
	return nil
}
