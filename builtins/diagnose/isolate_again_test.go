package diagnose_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// An interruptedSearch is an isolation that can be stopped, and asked for again.
type interruptedSearch struct {
	d       engine.Deployment
	cmp     *compare.Comparison
	options run.Options
}

func newSearch(t *testing.T) *interruptedSearch {
	t.Helper()
	options, evaluate := toyRuns(t, toyTask(t))
	model := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(model, "model.safetensors"), []byte("weights"), 0o644))
	d := toyDeployment("attn_backend=20")
	d.Model = model
	cmp, err := compare.Runs(evaluate(d), evaluate(engine.Deployment{Name: "base", Model: "none"}))
	require.NoError(t, err)
	options.Root = t.TempDir()
	return &interruptedSearch{d, cmp, options}
}

func (s *interruptedSearch) isolate(ctx context.Context) (*diagnose.Isolation, error) {
	return diagnose.Isolate(ctx, s.d, s.cmp, diagnose.IsolateOptions{Run: s.options})
}

// whole isolates to the end.
func (s *interruptedSearch) whole(t *testing.T) *diagnose.Isolation {
	t.Helper()
	out, err := s.isolate(t.Context())
	require.NoError(t, err)
	require.Empty(t, s.marks(t))
	return out
}

// after isolates until so many runs are done.
func (s *interruptedSearch) after(t *testing.T, runs int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		for ctx.Err() == nil && s.done(t) < runs {
			time.Sleep(time.Millisecond)
		}
		stop()
	}()
	_, err := s.isolate(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.NotEmpty(t, s.marks(t))
}

func (s *interruptedSearch) done(t *testing.T) (n int) {
	runs, _ := run.List(s.options.Root)
	for _, r := range runs {
		if state, err := r.State(); err == nil && state.Status == run.Done {
			n++
		}
	}
	return n
}

func (s *interruptedSearch) marks(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.options.Root, "*", "isolation.json"))
	require.NoError(t, err)
	return paths
}

func kept(out *diagnose.Isolation) (names []string) {
	for _, s := range out.Steps {
		if s.Kept {
			names = append(names, s.Name)
		}
	}
	return names
}

func TestAnInterruptedSearchGoesOnFromItsRuns(t *testing.T) {
	s := newSearch(t)
	want := s.whole(t)
	require.Len(t, want.Steps, 5)
	require.Empty(t, kept(want))
	require.NotContains(t, want.MimeBundle().Plain(), "interrupted")

	s.options.Root = t.TempDir()
	s.after(t, 2)
	out := s.whole(t)
	require.Equal(t, want.Words, out.Words)
	require.GreaterOrEqual(t, len(kept(out)), 2)
	require.Contains(t, out.MimeBundle().Plain(), "Of a search that was interrupted before are the runs of: as deployed; strip to ")
	runs, err := run.List(s.options.Root)
	require.NoError(t, err)
	require.Len(t, runs, 5, "each once")

	again := s.whole(t)
	require.Empty(t, kept(again), "a search that has ended is made anew")
	require.Equal(t, 10, s.done(t))
}

func TestASearchInterruptedAgainAndAgainAsksEverythingOnce(t *testing.T) {
	s := newSearch(t)
	want := s.whole(t)
	s.options.Root = t.TempDir()
	rng := rand.New(rand.NewPCG(3, 4))
	var out *diagnose.Isolation
	for try := 0; out == nil; try++ { // longer and longer, on a machine that is slow
		ctx, stop := context.WithTimeout(t.Context(), time.Duration(rng.IntN(100+20*try))*time.Millisecond)
		ended, err := s.isolate(ctx)
		stop()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		out = ended
	}
	require.Equal(t, want.Words, out.Words)
	require.Equal(t, 5, s.done(t))
	for _, step := range out.Steps {
		samples, err := step.Comparison.Test.Samples()
		require.NoError(t, err)
		require.Len(t, samples, out.N)
	}
}

func TestRunsThatWouldBeOthersNowAreNotKept(t *testing.T) {
	t.Run("another checkpoint in the folder", func(t *testing.T) {
		s := newSearch(t)
		s.after(t, 2)
		require.NoError(t, os.WriteFile(filepath.Join(s.d.Model, "model.safetensors"), []byte("others!"), 0o644))
		require.Empty(t, kept(s.whole(t)))
	})
	t.Run("another setting", func(t *testing.T) {
		s := newSearch(t)
		s.after(t, 2)
		s.d = s.d.With(1, "seed")
		require.Empty(t, kept(s.whole(t)))
	})
	t.Run("another comparison", func(t *testing.T) {
		s := newSearch(t)
		s.after(t, 2)
		other := newSearch(t)
		other.options.Root = s.options.Root
		out, err := other.isolate(t.Context())
		require.NoError(t, err)
		require.Empty(t, kept(out))
		require.NotEmpty(t, s.marks(t), "the other search may go on")
	})
	t.Run("another version of the engine", func(t *testing.T) {
		s := newSearch(t)
		s.after(t, 2)
		specs, err := filepath.Glob(filepath.Join(s.options.Root, "*", "spec.json"))
		require.NoError(t, err)
		for _, path := range specs {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(text), `"Version": "1"`, `"Version": "0"`, 1)), 0o644))
		}
		_, err = s.isolate(t.Context())
		require.ErrorContains(t, err, "the engine is toy 0 in one run and toy 1 in another")
		require.Empty(t, kept(s.whole(t)))
	})
}
