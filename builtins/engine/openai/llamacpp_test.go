package openai_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/gguf"
	"adkernel/internal/neighbours"
)

// llama.cpp takes token ids and gives log-probabilities by ids. Samplers that its
// command line turns on would change greedy answers; here they do not. Its answers
// are those of the embedded engine with the checkpoint that is imported from the
// file that it serves.
func TestLlamaCpp(t *testing.T) {
	const samples = 54
	server, file := neighbours.ServeLlamaCpp(t, demo(t, "dense"), "n_parallel=2", "n_ctx=2048", // 1024 tokens of each slot
		"sampling.dry_multiplier=5", "sampling.typ_p=0.1", "sampling.dynatemp_range=2", "sampling.penalty_repeat=1.5")
	model := filepath.Join(t.TempDir(), "imported")
	require.NoError(t, gguf.Import(file, model))
	own := ran(t, engine.Deployment{Name: "embedded", Model: model, DType: "float32"}, samples)
	deployed := func(args map[string]any) engine.Deployment {
		d := served(t, server, args)
		d.Model = model
		return d
	}

	r := ran(t, deployed(nil), samples)
	settings := r.Spec().Engine.Settings
	for key, want := range map[string]string{
		"server.endpoint": "completions", "server.prompts": "token ids",
		"server.logprobs": "available, of the 20 likeliest tokens", "server.output_ids": notAvailable,
		"server.echo": notAvailable, "server.prompt_logprobs": notAvailable, "server.logits": notAvailable, "server.finish_reason": "available",
		"request.repeat_penalty": "1", "request.dry_multiplier": "0", "request.typical_p": "1", "request.dynatemp_range": "0",
	} {
		require.Equal(t, want, settings[key], key)
	}
	equalAnswers(t, own, r)
	equalLogProbs(t, own, r)
	c := noLogits(t, r, own)
	require.Equal(t, samples, c.Margins.N)
	require.InDelta(t, 0, c.Margins.Change.Estimate, 1e-3)

	t.Run("its own tokenizer", func(t *testing.T) {
		d := served(t, server, nil)
		d.Model = server.Name
		equalAnswers(t, own, ran(t, d, samples))
	})

	t.Run("a wrong model", func(t *testing.T) {
		err := wait(t, launched(t, deployed(map[string]any{"served_model_name": "nope"}), 18))
		require.ErrorContains(t, err, `the server has no model "nope": it answers with "demo"`)
	})

	t.Run("a full context", func(t *testing.T) {
		fullContext(t, deployed(nil), 1024, "exceeds the available context size (1024 tokens)")
	})

	t.Run("killed and back", func(t *testing.T) {
		killedAndBack(t, server, own, deployed(map[string]any{"concurrency": 1, "retries": 1}), samples)
	})
}
