package run

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/task"
)

// A checkpoint's answers come from its arithmetic alone, so a run that stopped
// and resumed must equal, bit for bit, one that did not.
func TestTheEmbeddedEngineResumesToTheSameLogits(t *testing.T) {
	demo := filepath.Join("..", "..", "notebooks", "demo")
	spec := Spec{
		Deployment: engine.Deployment{Model: filepath.Join(demo, "dense")},
		Task:       task.Spec{Kind: "mmlu", Dataset: filepath.Join(demo, "task"), Samples: 12, Subjects: []string{"world_capitals", "prime_numbers", "medians"}},
	}
	options := testOptions(t)
	options.Command = []string{"/bin/true"} // the run is executed here
	open := func(ctx context.Context, d engine.Deployment, _ engine.Site) (engine.Engine, error) {
		return embedded.Open(ctx, d)
	}
	execute := func(r *Run) {
		t.Helper()
		require.ErrorContains(t, r.Wait(deadline(t)), "was killed")
		require.NoError(t, Execute(t.Context(), r.Dir(), open))
	}
	whole, parts := launch(t, spec, options), launch(t, spec, options)
	execute(whole)
	execute(parts)
	cutAfter(t, parts, 1)
	require.NoError(t, Execute(t.Context(), parts.Dir(), open))

	samples, err := whole.Samples()
	require.NoError(t, err)
	require.NotEmpty(t, samples)
	for i, s := range samples {
		require.Len(t, s.Letters, 4)
		require.Equal(t, s.Correct, s.Margin > 0, "sample %d", i)
		want, err := whole.LogitRow(i)
		require.NoError(t, err)
		got, err := parts.LogitRow(i)
		require.NoError(t, err)
		require.Equal(t, want, got, "sample %d", i)
	}
}
