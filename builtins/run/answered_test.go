package run

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/frame"
	"adkernel/builtins/task"
)

const aborted = "no answer of the model: the server ended the output (abort)"

// healed opens the engine without what a test lets it do wrong.
func healed(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	d.Args = nil
	return openHashEngine(ctx, d, at)
}

// An output that the server ended is no wrong answer: it has no verdict, is not
// counted, and is asked for again by whoever resumes the run.
func TestAnOutputThatTheServerEndedIsNoAnswer(t *testing.T) {
	data, options := dataset(t, 10), testOptions(t)
	right := samplesOf(t, executed(t, testSpec(data, nil), testOptions(t)))
	at := 0
	for !right[at].Correct {
		at++
	}
	r := executed(t, testSpec(data, map[string]any{"abort_at": at}), options)

	counts := func(want, unjudged int) {
		t.Helper()
		p, err := r.Progress()
		require.NoError(t, err)
		require.Equal(t, []int{20, want, unjudged}, []int{p.Done, p.Correct, p.Unjudged})
		state, err := r.State()
		require.NoError(t, err)
		require.Equal(t, []int{20, want, unjudged}, []int{state.Done, state.Correct, state.Unjudged})
	}
	correct := 0
	for _, s := range right {
		if s.Correct {
			correct++
		}
	}
	counts(correct-1, 1)
	s, err := r.Sample(at)
	require.NoError(t, err)
	require.Equal(t, []any{false, aborted, "abort", right[at].Output}, []any{s.Correct, s.Unjudged, s.Finish, s.Output})
	require.Contains(t, r.MimeBundle().Plain(), "of 19 judged")
	f, err := r.Frame()
	require.NoError(t, err)
	requireRow(t, f, at, nil, aborted)
	log, err := os.ReadFile(filepath.Join(r.Dir(), logFile))
	require.NoError(t, err)
	require.Contains(t, string(log), "1 of them without an answer of the model: resume the run to ask again")

	// No function judges it either.
	require.NoError(t, r.Rescore(task.NewScorer("yes", func(string, task.Question) bool { return true })))
	counts(19, 1)
	require.NoError(t, r.Rescore(nil))
	counts(correct-1, 1)

	// Nor does what an earlier version recorded of it.
	path := filepath.Join(r.Dir(), samplesFile)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	old := strings.Replace(string(text), `"correct":false,"unjudged":"`+aborted+`"`, `"correct":true`, 1)
	require.NotEqual(t, string(text), old)
	require.NoError(t, replaceFile(path, []byte(old)))
	counts(correct-1, 1)

	require.NoError(t, r.Resume(t.Context(), Options{Command: []string{"/bin/true"}}), "a run that is done, but not whole")
	require.ErrorContains(t, r.Wait(deadline(t)), "was killed")
	require.NoError(t, Execute(t.Context(), r.Dir(), healed))
	counts(correct, 0)
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, 19, state.Resumed)
	require.NoError(t, r.Resume(t.Context(), Options{Command: []string{filepath.Join(t.TempDir(), "absent")}}), "a whole run is left as it is")
}

func TestAnImportedOutputThatTheServerEndedIsNoAnswer(t *testing.T) {
	w, err := NewWriter(Spec{Deployment: engine.Deployment{Name: "batch", Model: "m"}, Import: &Import{Format: "test"}}, testOptions(t))
	require.NoError(t, err)
	for i, finish := range []string{"stop", "length", "content_filter", ""} {
		require.NoError(t, w.Add(Sample{Index: i, Subject: "s", Ref: "A", Output: "A", Correct: true, Finish: finish}, "prompt", nil))
	}
	r, err := w.Finish()
	require.NoError(t, err)
	p, err := r.Progress()
	require.NoError(t, err)
	require.Equal(t, []int{4, 3, 1}, []int{p.Done, p.Correct, p.Unjudged})
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, []int{4, 3, 1}, []int{state.Done, state.Correct, state.Unjudged})
}

func samplesOf(t *testing.T, r *Run) []Sample {
	t.Helper()
	samples, err := r.Samples()
	require.NoError(t, err)
	return samples
}

func requireRow(t *testing.T, f *frame.Frame, at int, correct, unjudged any) {
	t.Helper()
	row, err := f.Row(at)
	require.NoError(t, err)
	require.Equal(t, correct, row["correct"])
	require.Equal(t, unjudged, row["unjudged"])
}
