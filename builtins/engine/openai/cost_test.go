package openai

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// vllmAnswer is what vLLM says to a prompt of n tokens of which two are
// generated, with the likeliest 20 by id.
func vllmAnswer(t testing.TB, n int) []byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var tops []map[string]float64
	for range 2 {
		top := map[string]float64{}
		for len(top) < 20 {
			top[fmt.Sprint("token_id:", rng.IntN(150_000))] = -20 * rng.Float64()
		}
		tops = append(tops, top)
	}
	text, err := json.Marshal(map[string]any{
		"id": "cmpl-1f0e8d6dc0b64f3db2ab2a8e4b2f3f6b", "object": "text_completion", "created": 1764190000, "model": "demo",
		"choices": []any{map[string]any{
			"index": 0, "text": " A\n", "finish_reason": "length", "stop_reason": nil, "token_ids": []int{320, 198},
			"prompt_logprobs": nil, "prompt_token_ids": make([]int, n),
			"logprobs": map[string]any{"text_offset": []int{0, 2}, "token_logprobs": []float64{-0.1, -0.2},
				"tokens": []string{"token_id:320", "token_id:198"}, "top_logprobs": tops},
		}},
		"usage": map[string]any{"prompt_tokens": n, "total_tokens": n + 2, "completion_tokens": 2, "prompt_tokens_details": nil},
	})
	require.NoError(t, err)
	return text
}

func BenchmarkAnswer(b *testing.B) {
	text := vllmAnswer(b, 600)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var got answer
		require.NoError(b, json.Unmarshal(text, &got))
		require.Len(b, got.Choices[0].LogProbs.value.first(20), 20)
	}
}
