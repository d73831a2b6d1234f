package openai_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/logits"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/internal/neighbours"
	"adkernel/internal/runtest"
)

// TestMain lets the test binary be the process that a run is executed by.
func TestMain(m *testing.M) { runtest.Main(m, backend.Open) }

const notAvailable = "not available from this server"

func demo(t *testing.T, part string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "notebooks", "demo", part))
	require.NoError(t, err)
	return dir
}

// launched starts a run of the demo's task.
func launched(t *testing.T, d engine.Deployment, samples int) *run.Run {
	t.Helper()
	if d.Model == "" {
		d.Model = demo(t, "dense")
	}
	spec := run.Spec{Deployment: d, Task: task.Spec{Kind: "mmlu", Dataset: demo(t, "task"), Samples: samples}}
	r, err := run.Launch(t.Context(), spec, options(t))
	require.NoError(t, err)
	t.Cleanup(func() { r.Cancel() })
	return r
}

func options(t *testing.T) run.Options {
	return run.Options{Root: t.TempDir(), Command: runtest.Command()}
}

func wait(t *testing.T, r *run.Run) error {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 15*time.Minute)
	defer stop()
	err := r.Wait(ctx)
	require.NoError(t, ctx.Err(), "the run goes on for ever")
	return err
}

// ran is a run of the demo's task that ended well.
func ran(t *testing.T, d engine.Deployment, samples int) *run.Run {
	t.Helper()
	r := launched(t, d, samples)
	require.NoError(t, wait(t, r))
	return r
}

func samplesOf(t *testing.T, r *run.Run) []run.Sample {
	t.Helper()
	samples, err := r.Samples() // refuses a sample that is recorded twice
	require.NoError(t, err)
	return samples
}

// equalAnswers demands that a server's run answered as another engine's did,
// question by question.
func equalAnswers(t *testing.T, want, got *run.Run) {
	t.Helper()
	other := samplesOf(t, got)
	require.Len(t, other, len(samplesOf(t, want)))
	for i, w := range samplesOf(t, want) {
		require.Equal(t, w.PromptSHA256, other[i].PromptSHA256)
		require.Equal(t, w.Output, other[i].Output, "sample %d", i)
		require.Equal(t, w.Tokens, other[i].Tokens, "sample %d", i)
		require.Equal(t, w.Finish, other[i].Finish, "sample %d", i)
		require.Equal(t, w.Correct, other[i].Correct, "sample %d", i)
	}
}

// equalLogProbs demands of each sample's 20 likeliest tokens the log-probabilities
// of another engine's logits.
func equalLogProbs(t *testing.T, want, got *run.Run) {
	t.Helper()
	base := samplesOf(t, want)
	for i, s := range samplesOf(t, got) {
		row, err := want.LogitRow(i)
		require.NoError(t, err)
		all := logits.LogSoftmax(row)
		require.Len(t, s.LogProbs, 20)
		for _, p := range s.LogProbs {
			require.InDelta(t, all[p.ID], p.LogProb, 1e-3, "sample %d, token %d", i, p.ID)
		}
		require.Equal(t, base[i].Top[0].Text, s.LogProbs[0].Text)
		require.Empty(t, s.MissingLetters())
		require.InDelta(t, base[i].Margin, s.Margin, 1e-3)
	}
}

// noLogits demands that what needs logits says that there are none.
func noLogits(t *testing.T, test, base *run.Run) *compare.Comparison {
	t.Helper()
	_, err := test.LogitRow(0)
	require.ErrorIs(t, err, run.ErrNotAvailable)
	require.ErrorContains(t, err, "logits")
	c, err := compare.Runs(test, base)
	require.NoError(t, err)
	has, baseHas := c.HasLogits()
	require.Equal(t, []bool{false, true}, []bool{has, baseHas})
	require.Contains(t, c.MimeBundle().Plain(), "of base; the test run has no logits")
	_, err = c.LogitsFigure()
	require.ErrorIs(t, err, run.ErrNotAvailable)
	in, err := compare.Inspect(test, base, 0)
	require.NoError(t, err)
	require.Empty(t, in.Logits)
	require.True(t, math.IsNaN(in.KL))
	require.Contains(t, in.Lacking[0], "not available: logits")
	return c
}

func served(t *testing.T, s *neighbours.Server, args map[string]any) engine.Deployment {
	t.Helper()
	all := map[string]any{"served_model_name": s.Name}
	for key, value := range args {
		all[key] = value
	}
	return engine.Deployment{Name: "served", Backend: "openai", URL: s.URL, Args: all}
}

// penalizing is the demo's checkpoint with a penalty in its
// generation_config.json, as some are published: servers apply it to requests
// that do not say otherwise.
func penalizing(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json"} {
		require.NoError(t, os.Symlink(filepath.Join(demo(t, "dense"), name), filepath.Join(dir, name)))
	}
	text := `{"bos_token_id": 0, "eos_token_id": 1, "repetition_penalty": 1.5}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "generation_config.json"), []byte(text), 0o644))
	return dir
}

// vLLM gives all that a server can. It dies in the middle of a run, comes back
// on the same port, and the run ends as one that never stopped.
func TestVLLM(t *testing.T) {
	server := neighbours.ServeVLLM(t, penalizing(t))
	own := ran(t, engine.Deployment{Name: "embedded", DType: "float32"}, 180)

	warm := ran(t, served(t, server, nil), 18) // the first request takes a minute
	settings := warm.Spec().Engine.Settings
	for key, want := range map[string]string{
		"server.endpoint": "completions", "server.prompts": "token ids",
		"server.logprobs": "available, of the 20 likeliest tokens", "server.output_ids": "available",
		"server.echo": "available", "server.prompt_logprobs": "available", "server.logits": notAvailable, "server.finish_reason": "available",
		"request.repetition_penalty": "1", "request.frequency_penalty": "0", "request.presence_penalty": "0",
	} {
		require.Equal(t, want, settings[key], key)
	}

	t.Run("answers", func(t *testing.T) {
		r := ran(t, served(t, server, nil), 180)
		equalAnswers(t, own, r)
		equalLogProbs(t, own, r)
		c := noLogits(t, r, own)
		require.Equal(t, 180, c.Margins.N)
		require.InDelta(t, 0, c.Margins.Change.Estimate, 1e-3)
		_, err := c.MarginsFigure()
		require.NoError(t, err)
	})

	t.Run("two likeliest", func(t *testing.T) {
		r := ran(t, served(t, server, map[string]any{"logprobs": 2}), 180)
		exact, missing := samplesOf(t, own), 0
		for i, s := range samplesOf(t, r) {
			require.Len(t, s.LogProbs, 2)
			if s.MissingLetters() != "" {
				missing++
			}
			atLeast, atMost := s.MarginBounds()
			switch {
			case !math.IsNaN(float64(s.Margin)):
				require.InDelta(t, exact[i].Margin, s.Margin, 1e-3)
			case !math.IsNaN(float64(atLeast)):
				require.GreaterOrEqual(t, exact[i].Margin, atLeast-1e-3)
			case !math.IsNaN(float64(atMost)):
				require.LessOrEqual(t, exact[i].Margin, atMost+1e-3)
			}
		}
		require.Positive(t, missing)
	})

	t.Run("echoes", func(t *testing.T) { equalEchoes(t, server.URL) })

	t.Run("a full context", func(t *testing.T) {
		d := served(t, server, nil)
		d.Model = demo(t, "dense")
		fullContext(t, d, 1024, "request 0: the server answers 400: ")
	})

	t.Run("a wrong model", func(t *testing.T) {
		err := wait(t, launched(t, served(t, server, map[string]any{"served_model_name": "nope"}), 18))
		require.ErrorContains(t, err, `the server has no model "nope", but demo: the server answers 404`)
	})

	t.Run("killed and back", func(t *testing.T) {
		killedAndBack(t, server, own, served(t, server, map[string]any{"concurrency": 1, "retries": 1}), 180)
	})
}

// fullContext demands that an output for which a server's context has no room is
// told from one that the request ended, and of a prompt that does not fit the
// server's refusal.
func fullContext(t *testing.T, d engine.Deployment, context int, refusal string) {
	t.Helper()
	e, err := backend.Open(t.Context(), d, engine.Site{})
	require.NoError(t, err)
	defer e.Close()
	prompt, err := e.Encode(strings.Repeat("What is 1 + 1?\n", context/5), true)
	require.NoError(t, err)
	require.Greater(t, len(prompt), context)
	finish := map[int]string{}
	emit := func(r engine.Response) error {
		finish[r.ID] = r.Finish
		return nil
	}
	most := prompt[:context-4]
	require.NoError(t, e.Generate(t.Context(), []engine.Request{{ID: 4, Tokens: most, MaxTokens: 4}, {ID: 5, Tokens: most, MaxTokens: 5}}, emit))
	require.Equal(t, map[int]string{4: "length", 5: "server limit"}, finish)
	require.ErrorContains(t, e.Generate(t.Context(), []engine.Request{{Tokens: prompt, MaxTokens: 1}}, emit), refusal)
}

// killedAndBack kills a server in the middle of a run, and lets it come back on the
// same port: the run ends as one that never stopped.
func killedAndBack(t *testing.T, server *neighbours.Server, own *run.Run, d engine.Deployment, all int) {
	t.Helper()
	r := launched(t, d, all)
	require.Eventually(t, func() bool {
		p, err := r.Progress()
		return err == nil && p.Done >= all/9
	}, 5*time.Minute, 5*time.Millisecond)
	server.Kill()
	err := wait(t, r)
	require.ErrorContains(t, err, "after 2 attempts")
	require.ErrorContains(t, err, "connection refused")
	state, err := r.State()
	require.NoError(t, err)
	require.Equal(t, run.Failed, state.Status)
	require.Contains(t, state.Error, "connection refused")
	kept := samplesOf(t, r)
	require.GreaterOrEqual(t, len(kept), all/9)
	require.Less(t, len(kept), all, "the server was killed too late")
	require.Equal(t, len(kept), state.Done)

	server.Start()
	require.NoError(t, r.Resume(t.Context(), options(t)))
	require.NoError(t, wait(t, r))
	equalAnswers(t, own, r)
	state, err = r.State()
	require.NoError(t, err)
	require.Equal(t, run.Done, state.Status)
	require.Equal(t, len(kept), state.Resumed)
	text, err := os.ReadFile(filepath.Join(r.Dir(), "samples.jsonl"))
	require.NoError(t, err)
	require.Equal(t, all, lines(text))
}

func lines(text []byte) (n int) {
	for _, b := range text {
		if b == '\n' {
			n++
		}
	}
	return n
}

// transformers serve takes texts and gives texts; it ignores some of what it
// does not have, and refuses the rest.
func TestTransformersServe(t *testing.T) {
	server := neighbours.ServeTransformers(t, penalizing(t))
	own := ran(t, engine.Deployment{Name: "transformers", Backend: "transformers", Python: neighbours.Python(t), DType: "float32"}, 36)
	r := ran(t, served(t, server, map[string]any{"concurrency": 2}), 36)
	settings := r.Spec().Engine.Settings
	for key, want := range map[string]string{
		"server.endpoint": "completions", "server.prompts": "text",
		"server.logprobs": notAvailable, "server.output_ids": notAvailable,
		"server.echo": notAvailable, "server.prompt_logprobs": notAvailable, "server.logits": notAvailable, "server.finish_reason": "available",
		"request.repetition_penalty": "the server's own: it refuses the word", "request.frequency_penalty": "0", "request.top_p": "1",
	} {
		require.Equal(t, want, settings[key], key)
	}
	equalAnswers(t, own, r)
	c := noLogits(t, r, own)
	require.Nil(t, c.Margins)
	_, err := c.MarginsFigure()
	require.ErrorContains(t, err, "no margins")

	err = wait(t, launched(t, served(t, server, map[string]any{"served_model_name": "nope"}), 18))
	require.ErrorContains(t, err, "requested 'nope'")
}
