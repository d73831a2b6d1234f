package embedded

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// sampled is what a caller of Steer saw of one request.
type sampled struct {
	positions []int
	rows      [][]float32
	tokens    []int32
}

// greedy samples the most likely tokens, and keeps every row.
func greedy(t *testing.T, e engine.Engine, prompts [][]int32, tokens int, wantPrompt bool) []sampled {
	t.Helper()
	out := make([]sampled, len(prompts))
	requests := make([]engine.Steered, len(prompts))
	for i, p := range prompts {
		requests[i] = engine.Steered{ID: i, Tokens: p, MaxTokens: tokens, Next: func(row []float32) (int32, bool) {
			best := 0
			for id, v := range row {
				if v > row[best] {
					best = id
				}
			}
			out[i].rows = append(out[i].rows, slices.Clone(row))
			out[i].tokens = append(out[i].tokens, int32(best))
			return int32(best), true
		}}
		if wantPrompt {
			requests[i].Prompt = func(position int, row []float32) {
				out[i].positions = append(out[i].positions, position)
				out[i].rows = append(out[i].rows, slices.Clone(row))
			}
		}
	}
	require.NoError(t, e.(engine.Steerable).Steer(context.Background(), requests, nil))
	return out
}

// The row at every position is the one that Generate answers the prompt up to
// there with, under all settings that divide the work otherwise.
func TestSteerShowsTheRowsOfGenerate(t *testing.T) {
	settings := [][]any{
		{},
		{"compile_backend", "torch-cudagraph"},
		{"enable_chunked_prefill", true, "max_num_tokens", 17, "max_batch_size", 5},
		{"kv_cache_config.enable_block_reuse", false},
	}
	prompts := sharedPrefixPrompts()[:6]
	for _, name := range []string{"llama", "qwen2-moe"} {
		var prefixes [][]int32
		for _, p := range prompts {
			for i := range p {
				prefixes = append(prefixes, p[:i+1])
			}
		}
		want := generate(t, openEngine(t, fixture(name)), prefixes, 3)
		for _, set := range settings {
			t.Run(fmt.Sprint(name, set), func(t *testing.T) {
				e := openEngine(t, fixture(name, set...))
				for range 2 { // the second time, blocks could be reused
					at := 0
					for i, got := range greedy(t, e, prompts, 3, true) {
						for position := range prompts[i] {
							require.Equal(t, want[at].Logits, got.rows[position], "prompt %d, position %d", i, position)
							at++
						}
						require.Len(t, got.positions, len(prompts[i])-1)
						require.Equal(t, want[at-1].Tokens, got.tokens)
					}
				}
			})
		}
	}
}

func TestSteerWithoutPromptRowsReusesBlocks(t *testing.T) {
	e := openEngine(t, fixture("llama"))
	want := generate(t, e, sharedPrefixPrompts(), 4)
	for i, got := range greedy(t, e, sharedPrefixPrompts(), 4, false) {
		require.Equal(t, want[i].Tokens, got.tokens)
		require.Empty(t, got.positions)
	}
}

func TestSteerEndsWhenItsCallerSaysSo(t *testing.T) {
	e := openEngine(t, fixture("llama"))
	calls := 0
	require.NoError(t, e.(engine.Steerable).Steer(context.Background(), []engine.Steered{{
		Tokens: []int32{1, 2, 3}, MaxTokens: 10,
		Next: func([]float32) (int32, bool) { calls++; return 5, calls < 3 },
	}}, nil))
	require.Equal(t, 3, calls)
}

// A prompt as long as the longest sequence can be scored, though nothing can
// follow it.
func TestSteerScoresAPromptOfFullLength(t *testing.T) {
	e := openEngine(t, fixture("llama", "max_seq_len", 64))
	prompt := make([]int32, 64)
	rows := 0
	require.NoError(t, e.(engine.Steerable).Steer(context.Background(), []engine.Steered{{
		Tokens: prompt, Prompt: func(position int, row []float32) { require.Equal(t, rows, position); rows++ },
	}}, nil))
	require.Equal(t, 63, rows)
	require.Equal(t, 64, e.(engine.Steerable).Limits().SequenceTokens)
	err := e.(engine.Steerable).Steer(context.Background(), []engine.Steered{{Tokens: append(prompt, 1)}}, nil)
	require.ErrorContains(t, err, "exceed max_seq_len 64")
}

func TestSteerRefusesWhatItCannotCompute(t *testing.T) {
	e := openEngine(t, fixture("llama"))
	next := func([]float32) (int32, bool) { return 0, true }
	for message, r := range map[string]engine.Steered{
		"the prompt is empty":                 {MaxTokens: 1, Next: next},
		"want 0 or more":                      {Tokens: []int32{1}, MaxTokens: -1, Next: next},
		"nobody chooses its tokens":           {Tokens: []int32{1}, MaxTokens: 1},
		"the tokenizer is another model's":    {Tokens: []int32{1 << 20}, MaxTokens: 1, Next: next},
		"request 7: the prompt is empty":      {ID: 7, MaxTokens: 1, Next: next},
		"2000000 more exceed max_seq_len 256": {Tokens: []int32{1}, MaxTokens: 2000000, Next: next},
	} {
		require.ErrorContains(t, e.(engine.Steerable).Steer(context.Background(), []engine.Steered{r}, nil), message)
	}
}

// A request may join between two forward passes of others, and gets what it
// would get alone.
func TestSteerLetsRequestsJoin(t *testing.T) {
	e := openEngine(t, fixture("llama")).(engine.Steerable)
	prompts := sharedPrefixPrompts()[:5]
	want := greedy(t, e, prompts, 6, true)
	got := make([]sampled, len(prompts))
	done := make([]int, len(prompts))
	request := func(i int) engine.Steered {
		step := 0
		return engine.Steered{
			ID: i, Tokens: prompts[i], MaxTokens: 6,
			Next: func([]float32) (int32, bool) {
				token := want[i].tokens[step]
				step++
				got[i].tokens = append(got[i].tokens, token)
				return token, true
			},
			Done: func() { done[i]++ },
		}
	}
	joined := 1
	require.NoError(t, e.Steer(context.Background(), []engine.Steered{request(0)}, func() []engine.Steered {
		if joined == len(prompts) {
			return nil
		}
		joined++
		return []engine.Steered{request(joined - 1)}
	}))
	for i := range prompts {
		require.Equal(t, want[i].tokens, got[i].tokens)
		require.Equal(t, 1, done[i])
	}
}
