package run

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/logits"
	"adkernel/builtins/task"
)

// rankedSpec asks n questions of a samples file, with choices of one token and
// of several, some of which begin alike.
func rankedSpec(t *testing.T, n int, settings map[string]any) Spec {
	t.Helper()
	var text strings.Builder
	for i := range n {
		arguments := map[string]any{}
		for c, choice := range []string{" A", " B", "xyz", "xya", "x"} {
			arguments[fmt.Sprintf("gen_args_%d", c)] = map[string]any{"arg_0": fmt.Sprintf("question %d?", i), "arg_1": choice}
		}
		line, err := json.Marshal(map[string]any{"doc_id": i, "target": fmt.Sprint(i % 5), "arguments": arguments})
		require.NoError(t, err)
		text.Write(append(line, '\n'))
	}
	path := filepath.Join(t.TempDir(), "samples_ranked_2026-01-01T00-00-00.000000.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o644))
	spec := testSpec("", settings)
	spec.Task = task.Spec{Kind: "lm-eval", Dataset: path}
	return spec
}

func TestChoicesAreRankedByTheirLikelihood(t *testing.T) {
	r := executed(t, rankedSpec(t, 12, nil), testOptions(t))
	samples, err := r.Samples()
	require.NoError(t, err)
	require.Len(t, samples, 12)
	e := &hashEngine{vocab: tokenCount}
	right := 0
	for i, s := range samples {
		prompt, err := r.PromptTokens(i)
		require.NoError(t, err)
		likelihoods := make([]float64, len(s.Choices))
		for c, choice := range s.Choices {
			whole, err := e.Encode(fmt.Sprintf("question %d?", i)+choice.Text, true)
			require.NoError(t, err)
			greedy := true
			for at := len(prompt); at < len(whole); at++ {
				row := e.row(whole[:at])
				likelihoods[c] += logits.LogSoftmax(row)[whole[at]]
				greedy = greedy && logits.TopK(row, 1)[0].ID == whole[at]
			}
			require.InDelta(t, likelihoods[c], choice.LogLikelihood, 1e-9)
			require.Equal(t, greedy, choice.Greedy)
		}
		chosen := task.Likeliest(likelihoods, nil)
		require.Equal(t, s.Choices[chosen].Text, s.Output)
		require.Equal(t, chosen == i%5, s.Correct)
		require.Equal(t, s.Correct, s.Margin > 0)
		require.InDelta(t, task.Advantage(likelihoods, i%5), float64(s.Margin), 1e-5)
		row, err := r.LogitRow(i)
		require.NoError(t, err)
		require.Equal(t, e.row(prompt), row, "the row behind the prompt is kept")
		if s.Correct {
			right++
		}
	}
	require.Positive(t, right)

	p, err := r.Progress()
	require.NoError(t, err)
	require.Equal(t, []int{12, 12, right}, []int{p.Done, p.Total, p.Correct})
}

func TestARankingThatFailedIsResumed(t *testing.T) {
	spec := rankedSpec(t, 9, map[string]any{"fail_at": 20})
	options := testOptions(t)
	r := launch(t, spec, options)
	require.Error(t, r.Wait(deadline(t)))
	before, err := r.Samples()
	require.NoError(t, err)
	require.NotEmpty(t, before)
	require.Less(t, len(before), 9)

	sound := func(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
		return &hashEngine{vocab: tokenCount, failAt: -1, panicAt: -1, stallAt: -1, nanAt: -1}, nil
	}
	require.NoError(t, Execute(t.Context(), r.Dir(), sound))
	after, err := r.Samples()
	require.NoError(t, err)
	require.Len(t, after, 9)
	whole, err := executed(t, rankedSpec(t, 9, nil), testOptions(t)).Samples()
	require.NoError(t, err)
	for i := range whole {
		require.Equal(t, whole[i].Choices, after[i].Choices)
	}
}

func TestAnEngineWithoutLogitsCannotRank(t *testing.T) {
	r := launch(t, rankedSpec(t, 3, map[string]any{"rowless": 1}), testOptions(t))
	require.ErrorContains(t, r.Wait(deadline(t)), "the engine returns no logits, and the task's choices are ranked by their likelihood")
}
