package transformers_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// What requests are computed together must not show in the answers.
func TestAnswersDoNotDependOnTheBatch(t *testing.T) {
	d := engine.Deployment{Model: fixture("llama"), DType: "float32"}
	one, _ := open(t, engine.Deployment{Model: d.Model, DType: d.DType, BatchSize: 1}.With(false, "kv_cache_config", "enable_block_reuse"))
	requests := asked(t, one, sentences(), 12)
	want := answers(t, one, requests)
	for name, d := range map[string]engine.Deployment{
		"batches":                      d.With(false, "kv_cache_config", "enable_block_reuse"),
		"shared beginnings":            d,
		"small batches, shared, eager": d.With(2, "max_batch_size").With("torch", "attn_backend"),
		"few tokens a batch":           d.With(150, "max_num_tokens"),
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := open(t, d)
			got := answers(t, e, requests)
			most, _ := compare(t, got, want)
			t.Logf("%s: logits within %.1e", name, most)
			require.LessOrEqual(t, most, 1e-4)
			for i := range want {
				require.Equal(t, want[i].Tokens, got[i].Tokens, "prompt %d", i)
			}
		})
	}
}

// One engine, asked everything that a request can ask.
func TestWhatARequestCanAsk(t *testing.T) {
	e, _ := open(t, engine.Deployment{Model: fixture("llama"), DType: "float32"})
	vocab := e.Info().Vocab
	plain := asked(t, e, sentences(), 10)
	greedy := answers(t, e, plain)

	t.Run("logits of whole prompts", func(t *testing.T) {
		requests := slices.Clone(plain)
		for i := range requests {
			requests[i].PromptLogits, requests[i].MaxTokens, requests[i].Logits = true, 0, false
		}
		requests[2].MaxTokens, requests[2].Logits = 1, true
		for i, r := range answers(t, e, requests) {
			require.Len(t, r.PromptLogits, len(requests[i].Tokens)*vocab)
			most, _ := difference(r.PromptLogits[len(r.PromptLogits)-vocab:], greedy[i].Logits)
			require.LessOrEqual(t, most, 1e-4, "the last row chooses the first output token")
			require.Len(t, r.Tokens, requests[i].MaxTokens)
		}
		// A row depends on what comes before it only.
		short := requests[0]
		short.Tokens = short.Tokens[:9]
		first := answers(t, e, []engine.Request{short})[0].PromptLogits
		most, _ := difference(first, answers(t, e, requests[:1])[0].PromptLogits[:9*vocab])
		require.LessOrEqual(t, most, 1e-4)
	})
	t.Run("stops", func(t *testing.T) {
		for i, want := range greedy {
			at := min(4, len(want.Tokens)-1)
			stopped := plain[i]
			stopped.Stop = []int32{want.Tokens[at]}
			first := slices.Index(want.Tokens, want.Tokens[at])
			got := answers(t, e, []engine.Request{stopped})[0]
			require.Equal(t, "stop", got.Finish)
			require.Equal(t, want.Tokens[:first], got.Tokens[:first])
			require.Len(t, got.Tokens, first)

			text := e.Decode(want.Tokens[3:5])
			if text == "" || strings.ContainsRune(want.Text, '\uFFFD') {
				continue
			}
			stopped.Stop, stopped.StopTexts = []int32{}, []string{"no such text", text}
			got = answers(t, e, []engine.Request{stopped})[0]
			before, _, found := strings.Cut(want.Text, text)
			require.True(t, found)
			require.Equal(t, before, got.Text)
			require.Equal(t, "stop", got.Finish)
		}
	})
	t.Run("sampling", func(t *testing.T) {
		draw := func(s engine.Sampling, n int) [][]int32 {
			requests := slices.Clone(plain[:n])
			for i := range requests {
				requests[i].Sampling = s
			}
			var out [][]int32
			for _, r := range answers(t, e, requests) {
				out = append(out, r.Tokens)
			}
			return out
		}
		all := draw(engine.Sampling{Temperature: 1.5, Seed: 7}, len(plain))
		require.Equal(t, all, draw(engine.Sampling{Temperature: 1.5, Seed: 7}, len(plain)), "a seed repeats")
		require.Equal(t, all[:1], draw(engine.Sampling{Temperature: 1.5, Seed: 7}, 1), "whatever comes with it")
		require.NotEqual(t, all, draw(engine.Sampling{Temperature: 1.5, Seed: 8}, len(plain)))
		for name, s := range map[string]engine.Sampling{
			"one token":         {Temperature: 1.5, TopK: 1, Seed: 7},
			"no share":          {Temperature: 1.5, TopP: 1e-9, Seed: 7},
			"next to no chance": {Temperature: 1e-6, Seed: 7},
		} {
			for i, tokens := range draw(s, len(plain)) {
				require.Equal(t, greedy[i].Tokens, tokens, "%s, prompt %d", name, i)
			}
		}
	})
	t.Run("layers", func(t *testing.T) {
		tokens := plain[0].Tokens
		layers, err := e.Trace(t.Context(), tokens)
		require.NoError(t, err)
		var names []string
		for _, a := range layers {
			names = append(names, a.Module)
			require.Equal(t, len(tokens), a.Rows)
			require.Len(t, a.Values, a.Rows*a.Cols)
		}
		require.Equal(t, []string{"model.layers.0", "model.layers.1"}, names)

		head, err := e.Trace(t.Context(), tokens, "lm_head")
		require.NoError(t, err)
		require.Len(t, head, 1)
		request := plain[0]
		request.PromptLogits = true
		most, _ := difference(head[0].Values, answers(t, e, []engine.Request{request})[0].PromptLogits)
		require.LessOrEqual(t, most, 1e-4, "the head's output is the logits")

		_, err = e.Trace(t.Context(), tokens, "model.layer.*")
		require.ErrorContains(t, err, "no module matches model.layer.*: the first are model,")
	})
	t.Run("layers of a compiled model", func(t *testing.T) {
		compiled, _ := open(t, engine.Deployment{Model: fixture("llama")}.With("torch-compile", "compile_backend"))
		_, err := compiled.Trace(t.Context(), plain[0].Tokens)
		require.ErrorContains(t, err, "set compile_backend: torch-simple to trace that one")
	})
	t.Run("too long", func(t *testing.T) {
		short, _ := open(t, engine.Deployment{Model: fixture("llama")}.With(20, "max_seq_len"))
		err := short.Generate(t.Context(), plain[:1], func(engine.Response) error { return nil })
		require.ErrorContains(t, err, "more exceed max_seq_len 20: truncate the prompt")
		require.Equal(t, "20", short.Info().Settings["max_seq_len"])
		require.Equal(t, "256", e.Info().Settings["max_seq_len"], "the model's positions")
	})
}

func TestTextsOfPrompts(t *testing.T) {
	e, _ := open(t, engine.Deployment{Model: filepath.Join(demo, "dense")})
	ids, err := e.Encode("What is 12 + 30?", true)
	require.NoError(t, err)
	require.Equal(t, "What is 12 + 30?", e.Decode(ids))
	text := ""
	for _, id := range ids {
		text += e.Decode([]int32{id})
	}
	require.Equal(t, "What is 12 + 30?", text)
}
