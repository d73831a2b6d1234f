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
		require.InDelta(t, task.Advantage(likelihoods, []int{i % 5}), float64(s.Margin), 1e-5)
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

// One text behind several prompts, and one behind one: as winogrande and lambada ask.
func TestWhatIsGivenOfAChoiceIsNotRanked(t *testing.T) {
	write := func(name string, lines ...map[string]any) Spec {
		var text strings.Builder
		for i, line := range lines {
			line["doc_id"] = i
			encoded, err := json.Marshal(line)
			require.NoError(t, err)
			text.Write(append(encoded, '\n'))
		}
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o644))
		spec := testSpec("", nil)
		spec.Task = task.Spec{Kind: "lm-eval", Dataset: path}
		return spec
	}
	ask := func(prompt, behind string) map[string]string {
		return map[string]string{"arg_0": prompt, "arg_1": behind}
	}
	e := &hashEngine{vocab: tokenCount}
	encode := func(text string) []int32 {
		ids, err := e.Encode(text, true)
		require.NoError(t, err)
		return ids
	}
	likelihood := func(context, behind string) (sum float64, greedy bool) {
		whole, greedy := encode(context+behind), true
		for at := len(encode(context)); at < len(whole); at++ {
			row := e.row(whole[:at])
			sum += logits.LogSoftmax(row)[whole[at]]
			greedy = greedy && logits.TopK(row, 1)[0].ID == whole[at]
		}
		return sum, greedy
	}

	r := executed(t, write("samples_wino_x.jsonl", map[string]any{"target": "is it.", "acc": 0, "resps": [][][]string{{{"-2", "False"}}, {{"-1", "False"}}},
		"arguments": map[string]any{"gen_args_0": ask("It is said that Anna", " is it."), "gen_args_1": ask("It is said that Bob", " is it.")}}), testOptions(t))
	samples, err := r.Samples()
	require.NoError(t, err)
	first, _ := likelihood("It is said that Anna", " is it.")
	second, _ := likelihood("It is said that Bob", " is it.")
	s := samples[0]
	require.Equal(t, []string{" Anna is it.", " Bob is it."}, []string{s.Choices[0].Text, s.Choices[1].Text})
	require.Equal(t, " Anna", s.Choices[0].Given)
	require.InDelta(t, first, s.Choices[0].LogLikelihood, 1e-9)
	require.InDelta(t, second, s.Choices[1].LogLikelihood, 1e-9)
	require.Equal(t, first > second, s.Correct, "the harness took the second, which was wrong")
	require.InDelta(t, first-second, float64(s.Margin), 1e-5)

	r = executed(t, write("samples_last_x.jsonl", map[string]any{"target": " A", "arguments": map[string]any{"gen_args_0": ask("question?", " A")}}), testOptions(t))
	samples, err = r.Samples()
	require.NoError(t, err)
	sum, greedy := likelihood("question?", " A")
	require.InDelta(t, sum, samples[0].Choices[0].LogLikelihood, 1e-9)
	require.Equal(t, greedy, samples[0].Correct)

	var broken Sample
	require.ErrorContains(t, json.Unmarshal([]byte(`{"index": 0, "row": -1, "prompt_tokens": 1, "prompt_sha256": "`+strings.Repeat("0", 64)+`", "choices": [{"text": " A", "given": " B", "loglikelihood": -1}]}`), &broken), "which is given of it")
}
