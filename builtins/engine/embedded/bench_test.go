package embedded

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
)

// demoShape is a network of about two million parameters, the size of the demo
// checkpoint.
var demoShape = modelShape{hidden: 192, layers: 4, heads: 6, kvHeads: 2, headDim: 32, intermediate: 576, vocab: 272, positions: 1024}

// evaluationPrompts are n prompts of five-shot questions: in each of 16
// subjects they share their first 300 tokens.
func evaluationPrompts(n int) [][]int32 {
	random := rand.New(rand.NewPCG(5, 6))
	draw := func(n int) []int32 {
		tokens := make([]int32, n)
		for i := range tokens {
			tokens[i] = 2 + random.Int32N(250)
		}
		return tokens
	}
	var out [][]int32
	for range 16 {
		shots := draw(300)
		for range n / 16 {
			out = append(out, append(append([]int32{}, shots...), draw(30+random.IntN(60))...))
		}
	}
	return out
}

func benchmarkEvaluation(b *testing.B, d engine.Deployment) {
	e, err := Open(context.Background(), d)
	require.NoError(b, err)
	defer e.Close()
	prompts := evaluationPrompts(320)
	var requests []engine.Request
	for i, p := range prompts {
		requests = append(requests, engine.Request{ID: i, Tokens: p, MaxTokens: 2, Stop: []int32{}, Logits: true})
	}
	b.ResetTimer()
	for b.Loop() {
		require.NoError(b, e.Generate(context.Background(), requests, func(engine.Response) error { return nil }))
	}
	b.ReportMetric(float64(b.N*len(prompts))/b.Elapsed().Seconds(), "prompts/s")
}

func BenchmarkEvaluation(b *testing.B) {
	model := writeRandomModel(b, demoShape, nil)
	for _, c := range []struct {
		name     string
		settings []any
	}{
		{"bf16", nil},
		{"bf16 without block reuse", []any{"kv_cache_config.enable_block_reuse", false}},
		{"bf16 paged", []any{"attn_backend", "paged"}},
		{"bf16 on two ranks", []any{"world_size", 2}},
		{"fp32", []any{"model_kwargs.torch_dtype", "float32"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			benchmarkEvaluation(b, with(engine.Deployment{Model: model}, c.settings...))
		})
	}
	amax, err := Calibrate(context.Background(), model, evaluationPrompts(16))
	require.NoError(b, err)
	for _, format := range []checkpoint.Format{checkpoint.FP8, checkpoint.FP8Block, checkpoint.NVFP4} {
		b.Run(string(format), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "quantized")
			require.NoError(b, checkpoint.Quantize(model, format, dir, checkpoint.QuantizeOptions{InputMaxima: amax}))
			benchmarkEvaluation(b, engine.Deployment{Model: dir})
		})
	}
}
