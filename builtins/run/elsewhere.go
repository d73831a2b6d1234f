package run

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"adkernel/builtins/cluster"
	"adkernel/internal/version"
)

const (
	// stopFile asks the process of another machine to end: it works where that
	// machine is not reached any more.
	stopFile    = "stop"
	tokenPrefix = ".start-"

	startTime = 3 * time.Minute // for modules and a prelude
	lookTime  = 30 * time.Second
	lookEvery = 5 * time.Second  // a connection each time
	stopTime  = 45 * time.Second // Cancel there takes up to cancelGrace
)

// ssh is the other machine on which the runs execute, if they do.
func (s Spec) ssh() (cluster.SSH, bool) {
	switch on := s.Deployment.On.(type) {
	case cluster.SSH:
		return on, true
	case *cluster.SSH:
		return *on, true
	}
	return cluster.SSH{}, false
}

// elsewhere is the machine that must be asked about the run, as this one is not.
func (r *Run) elsewhere() (cluster.SSH, bool) {
	if r.onHost {
		return cluster.SSH{}, false
	}
	return r.spec.ssh()
}

// Machine is the name of the machine on which the run was executed last, or is;
// "" where that is not known.
func (r *Run) Machine() string {
	e, err := readExecutor(filepath.Join(r.dir, lockFile))
	if err != nil {
		return ""
	}
	return e.host
}

// secrets are the variables of this process's environment that the engine
// needs and that are written nowhere.
func (r *Run) secrets() map[string]string {
	name := "OPENAI_API_KEY"
	if other, ok := r.spec.Settings["api_key_env"].(string); ok {
		name = other
	}
	d := r.spec.Deployment
	key, given := os.LookupEnv(name)
	if !given || d.URL == "" && d.Backend != "openai" {
		return nil
	}
	return map[string]string{name: key}
}

// request lets this program do something about the run on the machine on which
// it executes: see OnHost.
func (r *Run) request(ctx context.Context, on cluster.SSH, action, token string) (State, error) {
	request := cluster.Request{Program: on.Program, Args: []string{hostVerb, action, version.Number, token}, Dir: r.dir, Log: logFile}
	if request.Program == "" {
		program, err := os.Executable()
		if err != nil {
			return State{}, err
		}
		request.Program = program
	}
	if action == startAction {
		request.Token, request.Prepare, request.Environment = token, true, r.secrets()
	}
	text, err := on.Do(ctx, request)
	if err != nil {
		return State{}, fmt.Errorf("run %s: %w", r.Name(), err)
	}
	var answer hostAnswer
	if err := json.Unmarshal(text, &answer); err != nil {
		return State{}, fmt.Errorf("run %s: %s: %s answered %.200q: it may be another version than this", r.Name(), on.Host, request.Program, text)
	}
	return answer.State, answer.err(on.Host)
}

// startOn starts what is missing of the run on another machine. The process
// there takes the run's lock, so that of several who start it one does. held is
// the lock of a run that was just made.
//
// What is asked for over a connection that breaks may be done later: it needs
// the token, which is taken away before this returns.
func (r *Run) startOn(ctx context.Context, on cluster.SSH, held *os.File) error {
	if held != nil {
		if err := (submission{r, held}).announce(); err != nil {
			return r.notStarted(fmt.Errorf("run %s: %w", r.Name(), err))
		}
		held.Close()
	}
	token := tokenPrefix + rand.Text()
	err := os.Remove(filepath.Join(r.dir, stopFile))
	if err == nil || errors.Is(err, os.ErrNotExist) {
		err = os.WriteFile(filepath.Join(r.dir, token), nil, 0o644)
	}
	if err != nil {
		return r.neverStarted(fmt.Errorf("run %s: %w", r.Name(), err))
	}
	bounded, stop := context.WithTimeoutCause(ctx, startTime, fmt.Errorf("it was not started within %v: does its Prelude end?", startTime))
	defer stop()
	_, err = r.request(bounded, on, startAction, token)
	os.Remove(filepath.Join(r.dir, token))
	if err == nil || errors.Is(err, ErrExecuting) {
		return err
	}
	if errors.Is(err, cluster.ErrLost) {
		time.Sleep(500 * time.Millisecond) // for who saw the token just before
	}
	if held == nil { // what ended stays as it was recorded
		return r.withLog(err)
	}
	if err = r.neverStarted(r.withLog(err)); ctx.Err() != nil {
		r.Cancel() // where it was started all the same
	}
	return err
}

// withLog adds what a prelude that failed wrote last.
func (r *Run) withLog(err error) error {
	if last := r.lastLog(); last != "" && strings.Contains(err.Error(), "Prelude failed") {
		return fmt.Errorf("%w; last line of %s: %s", err, logFile, last)
	}
	return err
}

// neverStarted records why a run that was made was not started, unless it was.
func (r *Run) neverStarted(why error) error {
	held, err := lock(r.dir)
	if errors.Is(err, ErrExecuting) {
		return nil
	}
	if err != nil {
		return errors.Join(why, err)
	}
	defer held.Close()
	state, err := readState(r.dir)
	if err != nil {
		return errors.Join(why, err)
	}
	if state.Status != Queued || state.Submitting.IsZero() {
		return nil
	}
	return r.notStarted(why)
}

// hostWatch is what a reader knows of the run from the machine it executes on.
type hostWatch struct {
	asked time.Time
	state State
	err   error
}

// stateOn is the state of a run whose lock is not seen here to be held and
// whose record says that it has not ended. File systems that do not share locks
// between machines make that so while it is executed.
func (r *Run) stateOn(on cluster.SSH, state State) (State, error) {
	if state.Status == Queued && time.Since(state.Submitting) < startTime {
		state.Doing = "being started on " + on.Host
		return state, nil
	}
	r.jobMu.Lock()
	defer r.jobMu.Unlock()
	w := &r.host
	if time.Since(w.asked) > lookEvery {
		w.state, w.err = r.look(on)
		w.asked = time.Now()
	}
	if w.err != nil {
		state.Doing = "whether it goes on is not known: " + w.err.Error()
		return state, nil
	}
	if latest, err := readState(r.dir); err == nil && latest.Status.Ended() {
		return latest, nil // since it was asked
	}
	return w.state, nil
}

// silent remembers for which places ssh did not come back just now, so that a
// listing of runs on one that is down does not wait for each of them.
var silent = struct {
	sync.Mutex
	since map[string]hostWatch
}{since: map[string]hostWatch{}}

// look asks the machine how far the run is.
func (r *Run) look(on cluster.SSH) (State, error) {
	place := fmt.Sprint(on.Host, on.Extra)
	silent.Lock()
	last := silent.since[place]
	silent.Unlock()
	if time.Since(last.asked) < lookEvery {
		return State{}, last.err
	}
	ctx, stop := context.WithTimeoutCause(context.Background(), lookTime, fmt.Errorf("no answer within %v", lookTime))
	defer stop()
	state, err := r.request(ctx, on, lookAction, noToken)
	if errors.Is(err, cluster.ErrNotReached) || errors.Is(err, cluster.ErrLost) {
		silent.Lock()
		silent.since[place] = hostWatch{asked: time.Now(), err: err}
		silent.Unlock()
	}
	return state, err
}

// cancelOn ends the run's process on another machine: over ssh, and by the
// run's directory, where the process looks itself.
func (r *Run) cancelOn(on cluster.SSH) error {
	state, err := readState(r.dir)
	if err != nil || state.Status.Ended() {
		return err
	}
	err = os.WriteFile(filepath.Join(r.dir, stopFile), nil, 0o644)
	if err != nil {
		err = fmt.Errorf("run %s: %w", r.Name(), err)
	}
	ctx, stop := context.WithTimeoutCause(context.Background(), stopTime, fmt.Errorf("no answer within %v", stopTime))
	defer stop()
	_, asked := r.request(ctx, on, cancelAction, noToken)
	if asked == nil {
		return nil
	}
	for deadline := time.Now().Add(cancelGrace); time.Now().Before(deadline); time.Sleep(pollEvery) {
		if state, readErr := readState(r.dir); readErr == nil && state.Status.Ended() {
			return nil
		}
	}
	return errors.Join(err, fmt.Errorf("%w; where it goes on, it ends by itself when it sees %s in its directory", asked, stopFile))
}
