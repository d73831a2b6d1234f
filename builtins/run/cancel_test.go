package run

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/cluster"
	"adkernel/builtins/engine"
)

// Its process may be killed before it listens for signals.
func TestARunCancelledAsItStartsIsCancelled(t *testing.T) {
	options := testOptions(t)
	spec := testSpec(dataset(t, 60), map[string]any{"delay": 10})
	for range 5 {
		r := launch(t, spec, options)
		require.NoError(t, r.Cancel())
		requireStatus(t, Cancelled, r)
		require.NoError(t, r.Resume(t.Context(), options))
		require.NoError(t, r.Cancel())
		requireStatus(t, Cancelled, r)
	}
}

func requireStatus(t *testing.T, want Status, r *Run) {
	t.Helper()
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, want, state.Status, "%+v", state)
}

// While a process takes a run over, the number that the last one has signed with
// may be another's by now.
func TestWhoeverCancelsARunThatIsBeingResumedWaitsForItsProcess(t *testing.T) {
	options := testOptions(t)
	r := launch(t, testSpec(dataset(t, 20), map[string]any{"stall_at": 10}), options)
	until(t, r, 10)
	kill(t, r)
	other := bystander(t)
	held, err := lock(r.Dir())
	require.NoError(t, err)
	require.NoError(t, sign(held, other.Process.Pid))
	require.NoError(t, held.Close())
	require.ErrorContains(t, r.Resume(t.Context(), Options{Command: []string{filepath.Join(t.TempDir(), "none")}}), "start its process")
	_, err = readExecutor(filepath.Join(r.Dir(), lockFile))
	require.ErrorContains(t, err, "names no process")

	held, err = lock(r.Dir())
	require.NoError(t, err)
	state, err := readState(r.Dir())
	require.NoError(t, err)
	state.Status = Queued
	require.NoError(t, writeState(r.Dir(), state))
	pid, ended := other.Process.Pid, make(chan bool)
	time.AfterFunc(200*time.Millisecond, func() {
		sign(held, pid) // which is the run's process, and takes the lock with it
		<-ended
		held.Close()
	})
	go func() {
		other.Process.Wait()
		close(ended)
	}()
	require.NoError(t, r.Cancel())
	requireStatus(t, Cancelled, r)
}

func TestWhatARunHasFinishedIsCountedWhenItsProcessWasKilled(t *testing.T) {
	r := launch(t, testSpec(dataset(t, 20), map[string]any{"stall_at": 10}), testOptions(t))
	until(t, r, 10)
	kill(t, r)
	require.NoError(t, r.cancelled())
	requireStatus(t, Cancelled, r)
	require.ErrorContains(t, r.Wait(t.Context()), "cancelled after 10 of 40 samples")
}

// A process that ends by itself just before it is killed has said how.
func TestARunThatEndsWhileItIsCancelledStaysAsItEnded(t *testing.T) {
	r := executed(t, testSpec(dataset(t, 3), nil), testOptions(t))
	done, err := readState(r.Dir())
	require.NoError(t, err)
	running := done
	running.Status = Running
	require.NoError(t, writeState(r.Dir(), running))
	held, err := lock(r.Dir())
	require.NoError(t, err)
	time.AfterFunc(50*time.Millisecond, func() {
		writeState(r.Dir(), done)
		held.Close()
	})
	require.NoError(t, r.cancelled())
	requireStatus(t, Done, r)
}

// endsSlowly is an engine that tells on when nobody listens any more, and takes
// its time to end.
type endsSlowly struct {
	*hashEngine
	end func()
}

func (e endsSlowly) Close() error {
	e.end()
	return nil
}

func TestAFailureIsNotHiddenByACancelThatComesLater(t *testing.T) {
	r, held, err := prepareRun(t.Context(), testSpec(dataset(t, 10), map[string]any{"fail_at": 4}), testOptions(t))
	require.NoError(t, err)
	require.NoError(t, held.Close())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var doing func(string)
	err = Execute(ctx, r.Dir(), func(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
		doing = at.Tell
		e, err := openHashEngine(ctx, d, at)
		return endsSlowly{e.(*hashEngine), cancel}, err
	})
	require.ErrorContains(t, err, "device lost")
	requireStatus(t, Failed, r)
	require.ErrorContains(t, r.Wait(t.Context()), "device lost")

	doing("unloading")
	requireStatus(t, Failed, r)
}

// A reader that learns late that a job ended must not record it over the state
// of the next one.
func TestAJobThatEndedIsNotRecordedOverTheNext(t *testing.T) {
	r, held, err := prepareRun(t.Context(), slurmSpec(dataset(t, 3), nil, cluster.Slurm{}), testOptions(t))
	require.NoError(t, err)
	require.NoError(t, writeJSON(filepath.Join(r.Dir(), jobFile), jobRecord{ID: "1"}))
	state, err := readState(r.Dir())
	require.NoError(t, err)
	r.job = jobWatch{id: "1", ended: 2}
	time.AfterFunc(50*time.Millisecond, func() { // it is resumed meanwhile
		writeJSON(filepath.Join(r.Dir(), jobFile), jobRecord{ID: "2"})
		held.Close()
	})
	got, err := r.conclude(state, "1", Failed, "the node failed")
	require.NoError(t, err)
	require.Equal(t, Queued, got.Status)
	stored, err := readState(r.Dir())
	require.NoError(t, err)
	require.Equal(t, Queued, stored.Status)

	r.job = jobWatch{id: "2", ended: 2}
	got, err = r.conclude(state, "2", Failed, "the node failed")
	require.NoError(t, err)
	require.Equal(t, Failed, got.Status)
	require.Contains(t, got.Error, "the node failed")
}

// An engine whose tokenizer takes its time, in this process or another one.
type encodesSlowly struct {
	*hashEngine
	begun chan struct{}
}

func (e encodesSlowly) Encode(text string, special bool) ([]int32, error) {
	select {
	case e.begun <- struct{}{}:
	default:
	}
	time.Sleep(100 * time.Millisecond)
	return e.hashEngine.Encode(text, special)
}

type encodesForever struct{ encodesSlowly }

func (e encodesForever) EncodeAll(ctx context.Context, _ []string, _ bool) ([][]int32, error) {
	e.begun <- struct{}{}
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

func (e encodesForever) DecodeAll(context.Context, [][]int32) ([]string, error) { return nil, nil }

func TestARunIsCancelledWhileItsPromptsAreEncoded(t *testing.T) {
	data := dataset(t, 100)
	for name, of := range map[string]func(encodesSlowly) engine.Engine{
		"text by text": func(e encodesSlowly) engine.Engine { return e },
		"all at once":  func(e encodesSlowly) engine.Engine { return encodesForever{e} },
	} {
		t.Run(name, func(t *testing.T) {
			r, held, err := prepareRun(t.Context(), testSpec(data, nil), testOptions(t))
			require.NoError(t, err)
			require.NoError(t, held.Close())
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // and not 20
			defer cancel()
			begun := make(chan struct{})
			go func() {
				<-begun
				cancel()
			}()
			began := time.Now()
			err = Execute(ctx, r.Dir(), func(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
				e, err := openHashEngine(ctx, d, at)
				if err != nil {
					return nil, err
				}
				return of(encodesSlowly{e.(*hashEngine), begun}), nil
			})
			require.ErrorIs(t, err, context.Canceled)
			require.Less(t, time.Since(began), 4*time.Second)
			requireStatus(t, Cancelled, r)
		})
	}
}
