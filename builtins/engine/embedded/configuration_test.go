package embedded

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
)

// sharedPrefixPrompts are prompts that begin alike, as the questions of one
// subject do, some longer than a block of the cache and some shorter.
func sharedPrefixPrompts() [][]int32 {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) []int32 {
		tokens := make([]int32, n)
		for i := range tokens {
			tokens[i] = random.Int32N(256)
		}
		return tokens
	}
	first, second := draw(100), draw(70)
	out := [][]int32{draw(1), draw(32), draw(33), first, first[:96], first[:64]}
	for i := range 12 {
		out = append(out, append(append([]int32{}, first...), draw(5+7*i)...))
		out = append(out, append(append([]int32{}, second...), draw(1+i)...))
	}
	return out
}

// Settings that divide the work otherwise but do not change the order of any
// sum must not change a bit.
func TestSettingsThatKeepTheOrderOfSumsKeepEveryBit(t *testing.T) {
	settings := [][]any{
		{"kv_cache_config.enable_block_reuse", false},
		{"compile_backend", "torch-cudagraph"},
		{"enable_chunked_prefill", true, "max_num_tokens", 17, "max_batch_size", 5},
		{"enable_chunked_prefill", true, "max_num_tokens", 64},
		{"max_batch_size", 1},
		{"max_batch_size", 3, "compile_backend", "torch-cudagraph"},
		{"kv_cache_config.tokens_per_block", 64},
		{"kv_cache_config.max_tokens", 320, "max_seq_len", 256},
	}
	for _, name := range []string{"llama", "qwen2-moe", "llama-fp8", "llama-fp8-block", "llama-nvfp4"} {
		want := generate(t, openEngine(t, fixture(name)), sharedPrefixPrompts(), 5)
		for _, set := range settings {
			t.Run(fmt.Sprint(name, set), func(t *testing.T) {
				require.Equal(t, want, generate(t, openEngine(t, fixture(name, set...)), sharedPrefixPrompts(), 5))
			})
		}
	}
}

// Pages rescale sums as they go, and ranks add up partial sums: float32 then
// differs in its last bits.
func TestPagedAttentionAndRanksAgreeToRounding(t *testing.T) {
	settings := [][]any{
		{"attn_backend", "paged"},
		{"attn_backend", "triton_paged", "kv_cache_config.tokens_per_block", 64},
		{"attn_backend", "paged", "enable_chunked_prefill", true, "max_num_tokens", 40, "max_batch_size", 8},
		{"world_size", 2},
		{"world_size", 2, "compile_backend", "torch-cudagraph", "attn_backend", "paged"},
	}
	for _, name := range fixtures {
		single := []any{"model_kwargs.torch_dtype", "float32"}
		want := generate(t, openEngine(t, fixture(name, single...)), sharedPrefixPrompts(), 5)
		for _, set := range settings {
			t.Run(fmt.Sprint(name, set), func(t *testing.T) {
				got := generate(t, openEngine(t, with(fixture(name, single...), set...)), sharedPrefixPrompts(), 5)
				for i := range want {
					require.Less(t, largestDifference(t, got[i].Logits, want[i].Logits), 1e-4)
					require.Equal(t, want[i].Tokens, got[i].Tokens)
				}
			})
		}
	}
}

func TestQuantizedModelsAgreeAcrossRanks(t *testing.T) {
	for _, name := range []string{"llama-fp8", "llama-fp8-block", "llama-nvfp4"} {
		t.Run(name, func(t *testing.T) {
			if name == "llama-nvfp4" {
				_, err := Open(t.Context(), fixture(name, "world_size", 2))
				require.ErrorContains(t, err, "cut an NVFP4 group of 16")
				return
			}
			one := openEngine(t, fixture(name, "model_kwargs.torch_dtype", "float32"))
			two := openEngine(t, fixture(name, "model_kwargs.torch_dtype", "float32", "world_size", 2))
			want := generate(t, one, sharedPrefixPrompts(), 1)
			for i, r := range generate(t, two, sharedPrefixPrompts(), 1) {
				// A block of 128 that two ranks share has a scale on each.
				require.Less(t, rmsDifference(r.Logits, want[i].Logits), 0.1)
			}
		})
	}
}

// quantizedMixture is the fixture with experts, calibrated and quantized.
func quantizedMixture(t *testing.T, format checkpoint.Format) engine.Deployment {
	t.Helper()
	amax, err := Calibrate(t.Context(), "testdata/qwen2-moe", sharedPrefixPrompts())
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "quantized")
	require.NoError(t, checkpoint.Quantize("testdata/qwen2-moe", format, dir, checkpoint.QuantizeOptions{InputMaxima: amax}))
	return engine.Deployment{Model: dir}
}

// Prompts of one token: longer ones of a random network amplify the error of
// quantization until it says nothing.
func TestQuantizedExpertsStayCloseToTheOriginalFusedAndFake(t *testing.T) {
	var prompts [][]int32
	for id := range int32(40) {
		prompts = append(prompts, []int32{id})
	}
	want := generate(t, openEngine(t, fixture("qwen2-moe")), prompts, 1)
	limits := map[checkpoint.Format]float64{checkpoint.FP8: 0.2, checkpoint.FP8Block: 0.2, checkpoint.NVFP4: 0.6}
	for format, limit := range limits {
		d := quantizedMixture(t, format)
		cases := [][]any{nil,
			{"transforms." + fuseTransform(format, "moe") + ".enabled", false},
			{"transforms." + fuseTransform(format, "linear") + ".enabled", false}}
		if format != checkpoint.NVFP4 { // 48 over two ranks cuts a group
			cases = append(cases, []any{"world_size", 2})
		}
		for _, set := range cases {
			t.Run(fmt.Sprint(format, set), func(t *testing.T) {
				var sum float64
				answered := 0
				for i, r := range generate(t, openEngine(t, with(d, set...)), prompts, 1) {
					difference := rmsDifference(r.Logits, want[i].Logits)
					if math.IsNaN(difference) {
						require.Contains(t, set, false, "only fake quantization casts without a clamp")
						continue
					}
					sum += difference
					answered++
				}
				mean := sum / float64(answered)
				t.Logf("mean relative RMS difference %.2g of %d", mean, answered)
				require.Greater(t, answered, len(prompts)/2)
				require.Less(t, mean, limit)
				require.Positive(t, mean)
			})
		}
	}
}

// A damaged checkpoint must not take the process down with it.
func TestNaNInTheRouterGivesNaNLogits(t *testing.T) {
	x := []float32{0.5, float32(math.NaN()), float32(math.NaN()), 0.7}
	var chosen []int
	for range x {
		chosen = append(chosen, largest(x))
		x[chosen[len(chosen)-1]] = -1
	}
	require.Equal(t, []int{1, 2, 3, 0}, chosen)

	e, m, err := open(fixture("qwen2-moe"))
	require.NoError(t, err)
	defer e.Close()
	m.ranks[0].layers[0].mlpNorm[0] = float32(math.NaN())
	for _, v := range e.scheduler.executor.forward(oneToken(e)) {
		require.True(t, v != v)
	}
}

// oneToken is a batch of a single prompt of one token.
func oneToken(e *Engine) batch {
	var b batch
	b.add([]int32{65}, 0, []int{e.scheduler.pool.take()}, 1)
	return b
}

func TestAnFP8CacheRoundsKeysAndValues(t *testing.T) {
	shape := modelShape{hidden: 64, layers: 1, heads: 2, kvHeads: 1, headDim: 32, intermediate: 64, vocab: 272, positions: 256}
	d := engine.Deployment{Model: writeRandomModel(t, shape, func(tensors map[string]testTensor) {
		tensors["model.layers.0.self_attn.k_proj.k_scale"] = testTensor{[]int{}, []float32{6.0 / 448}}
		tensors["model.layers.0.self_attn.v_proj.v_scale"] = testTensor{[]int{}, []float32{6.0 / 448}}
	})}
	want := generate(t, openEngine(t, d), sharedPrefixPrompts(), 2)
	got := generate(t, openEngine(t, with(d, "kv_cache_config.dtype", "fp8")), sharedPrefixPrompts(), 2)
	for i := range want {
		difference := rmsDifference(got[i].Logits, want[i].Logits)
		require.Positive(t, difference)
		require.Less(t, difference, 0.2)
	}
}

func TestRanksAreRepeatable(t *testing.T) {
	d := fixture("qwen2-moe", "world_size", 2)
	want := generate(t, openEngine(t, d), sharedPrefixPrompts(), 3)
	for range 3 {
		require.Equal(t, want, generate(t, openEngine(t, d), sharedPrefixPrompts(), 3))
	}
}

// What comes together must not matter, nor in which order, nor what the cache
// holds from before.
func TestAnswersDoNotDependOnCompanyOrHistory(t *testing.T) {
	prompts := sharedPrefixPrompts()
	e := openEngine(t, fixture("llama"))
	want := generate(t, e, prompts, 4)
	require.Equal(t, want, generate(t, e, prompts, 4), "a second time, from the reused cache")
	for i := len(prompts) - 1; i >= 0; i-- {
		alone := generate(t, e, prompts[i:i+1], 4)[0]
		require.Equal(t, want[i].Logits, alone.Logits)
		require.Equal(t, want[i].Tokens, alone.Tokens)
	}
}

func TestDecodingEqualsPrefillOfTheSameTokens(t *testing.T) {
	e := openEngine(t, fixture("llama", "model_kwargs.torch_dtype", "float32"))
	prompt := sharedPrefixPrompts()[3]
	all := generate(t, e, [][]int32{prompt}, 6)[0].Tokens
	for n := range all {
		again := generate(t, e, [][]int32{append(append([]int32{}, prompt...), all[:n]...)}, 1)[0]
		require.Equal(t, all[n:n+1], again.Tokens)
	}
}

func opNames(g *graph, rank int) map[string]int {
	count := map[string]int{}
	for _, o := range g.ranks[rank] {
		count[o.name]++
	}
	return count
}

func TestCapturedGraphsAreReplayedNotTracedAgain(t *testing.T) {
	e, _, err := open(fixture("llama", "compile_backend", "torch-cudagraph"))
	require.NoError(t, err)
	defer e.Close()
	b := batch{}
	e.scheduler.pool.prepare(0)
	e.scheduler.pool.prepare(1)
	b.add([]int32{5}, 0, []int{0}, 1)
	b.add([]int32{6}, 0, []int{1}, 1)
	x := e.scheduler.executor
	first := x.forward(b)
	g := x.captured[2]
	require.NotNil(t, g)
	require.Same(t, &g.logits[0], &first[0])
	x.forward(b)
	require.Len(t, x.captured, 1)
	require.Same(t, g, x.captured[2])
}

func TestEveryLayerReducesOncePerBranch(t *testing.T) {
	_, m, err := open(fixture("qwen2-moe", "world_size", 2))
	require.NoError(t, err)
	names := opNames(m.trace(4, 1, m.workspaces()), 1)
	require.Equal(t, 2*m.arch.layers, names["all_reduce"])
	require.Zero(t, names["lm_head"], "only rank 0 computes logits")
}
