package run

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDisturbedAtAnyMomentARunIsWhatItWouldHaveBeen kills, cancels, resumes and
// watches runs at random moments, from several readers, as notebooks that share
// a folder of runs do: as it starts, between two files of its state, between
// samples, as it ends. At the end the files are those of a run that nobody
// disturbed.
func TestDisturbedAtAnyMomentARunIsWhatItWouldHaveBeen(t *testing.T) {
	options := testOptions(t)
	spec := testSpec(dataset(t, 60), map[string]any{"vocab": 512, "delay": 1})
	whole := executed(t, spec, options)
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		rng := rand.New(rand.NewPCG(uint64(round), 7))
		r := launch(t, spec, options)
		watched, stop := context.WithCancel(t.Context())
		var watching sync.WaitGroup
		for range 2 {
			watching.Go(func() { watch(t, watched, r.Dir()) })
		}
		for step := range 25 {
			if rng.IntN(3) > 0 { // else at once
				time.Sleep(time.Duration(rng.ExpFloat64() * float64(25*time.Millisecond)))
			}
			other, err := Attach(r.Dir())
			require.NoError(t, err)
			switch action := rng.IntN(4); action {
			case 0: // kill -9
				if e, err := readExecutor(filepath.Join(r.Dir(), lockFile)); err == nil {
					if held, err := lockHeld(r.Dir()); err == nil && held && e.pid != os.Getpid() {
						syscall.Kill(e.pid, syscall.SIGKILL)
					}
				}
			case 1:
				before, err := other.State()
				require.NoError(t, err)
				require.NoError(t, other.Cancel(), "round %d, step %d", round, step)
				state, err := other.State()
				require.NoError(t, err)
				if !before.Status.Ended() {
					require.Contains(t, []Status{Cancelled, Done}, state.Status, "round %d, step %d: %+v", round, step, state)
				}
			default: // by two at once, of whom one does
				var resuming sync.WaitGroup
				for _, by := range []*Run{r, other} {
					resuming.Go(func() {
						if err := by.Resume(t.Context(), options); err != nil && !errors.Is(err, ErrExecuting) {
							t.Errorf("round %d, step %d: %v", round, step, err)
						}
					})
				}
				resuming.Wait()
			}
		}
		for {
			err := r.Resume(t.Context(), options)
			if err == nil {
				break
			}
			require.ErrorIs(t, err, ErrExecuting)
			time.Sleep(10 * time.Millisecond)
		}
		require.NoError(t, r.Wait(deadline(t)))
		stop()
		watching.Wait()
		for _, name := range []string{samplesFile, filepath.Join(logitsDir, rowsFile), promptsFile, tokensFile} {
			want, err := os.ReadFile(filepath.Join(whole.Dir(), name))
			require.NoError(t, err)
			got, err := os.ReadFile(filepath.Join(r.Dir(), name))
			require.NoError(t, err)
			require.Truef(t, string(want) == string(got), "round %d: %s differs: %d bytes, want %d", round, name, len(got), len(want))
		}
		state, err := r.State()
		require.NoError(t, err)
		require.Equal(t, 120, state.Done)
	}
}

// watch reads a run as another notebook does: what it has seen finished stays.
func watch(t *testing.T, ctx context.Context, dir string) {
	r, err := Attach(dir)
	if err != nil {
		t.Error(err)
		return
	}
	finished := 0
	for ctx.Err() == nil {
		if _, err := r.State(); err != nil {
			t.Error(err)
		}
		if _, err := r.Progress(); err != nil {
			t.Error(err)
		}
		samples, err := r.Samples()
		if err != nil {
			t.Error(err)
		}
		if len(samples) < finished {
			t.Errorf("%d samples were finished, and %d are", finished, len(samples))
		}
		finished = len(samples)
		time.Sleep(3 * time.Millisecond)
	}
}
