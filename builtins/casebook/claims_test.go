package casebook

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/stats"
	"adkernel/builtins/task"
)

// answers reports which questions of the evaluation a deployment gets right.
func answers(t *testing.T, d engine.Deployment, evaluation *task.Task) []bool {
	t.Helper()
	e, err := backend.Open(t.Context(), d, engine.Site{})
	require.NoError(t, err)
	defer e.Close()
	requests := make([]engine.Request, len(evaluation.Questions))
	for i, q := range evaluation.Questions {
		ids, err := e.Encode(q.Prompt, true)
		require.NoError(t, err)
		requests[i] = engine.Request{ID: i, Tokens: ids, MaxTokens: evaluation.MaxTokens}
	}
	right := make([]bool, len(requests))
	require.NoError(t, e.Generate(t.Context(), requests, func(r engine.Response) error {
		right[r.ID] = evaluation.Score(evaluation.Questions[r.ID], r.Text)
		return nil
	}))
	return right
}

func compared(t *testing.T, base, test []bool) (points float64, p float64) {
	t.Helper()
	pairs, err := stats.Pair(base, test)
	require.NoError(t, err)
	exact, err := stats.McNemar(pairs)
	require.NoError(t, err)
	return 100 * pairs.Change(), exact.P
}

func TestEveryCaseLosesFivePointsAndNoCorrectVariantLosesTwo(t *testing.T) {
	if testing.Short() {
		t.Skip("nine evaluations of the demo")
	}
	demo, err := Open(context.Background())
	require.NoError(t, err)
	all, err := demo.Task.Load()
	require.NoError(t, err)
	require.Len(t, all.Questions, 1800)
	base := map[string][]bool{
		demo.BF16.Model: answers(t, demo.BF16, all),
		demo.MoE.Model:  answers(t, demo.MoE, all),
	}
	for _, d := range []engine.Deployment{demo.FP8, demo.FP8Block, demo.NVFP4} {
		points, p := compared(t, base[demo.BF16.Model], answers(t, d, all))
		t.Logf("%s: %+.1f points, exact McNemar p = %.2g, n = %d", d.Label(), points, p, len(all.Questions))
		require.Greater(t, points, -2.0, d.Label())
	}
	for _, s := range symptoms {
		deploy, reference := s.make(demo)
		points, p := compared(t, base[reference.Model], answers(t, deploy, all))
		t.Logf("%s: %+.1f points, exact McNemar p = %.2g, n = %d", s.name, points, p, len(all.Questions))
		require.Less(t, points, -5.0, s.name)
		require.Less(t, p, 0.01, s.name)

		correct := deploy
		correct.Build = ""
		points, _ = compared(t, base[reference.Model], answers(t, correct, all))
		t.Logf("%s on the current build: %+.1f points", s.name, points)
		require.Greater(t, points, -2.0, s.name)
	}
}
