package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

func TestSettingsThatCannotBeHonouredAreRefusedByName(t *testing.T) {
	cases := []struct {
		key   string
		value any
		want  string
	}{
		{"compile_backent", "torch-simple", "no setting compile_backent; did you mean \"compile_backend\"?"},
		{"tensor_parallel_size", 2, "no setting tensor_parallel_size"},
		{"transforms.fuse_fp8_linear.enable", false, "did you mean \"transforms.fuse_fp8_linear.enabled\"?"},
		{"compile_backend", "torch-opt", "compile_backend: torch-opt: want torch-simple, torch-cudagraph"},
		{"compile_backend", 7, "compile_backend: 7: want"},
		{"attn_backend", "flashinfer", "attn_backend: flashinfer: want torch, paged, triton_paged"},
		{"world_size", 0, "world_size: 0: want a whole number from 1"},
		{"world_size", 1.5, "world_size: 1.5: want a whole number"},
		{"world_size", 4, "world_size 4 does not divide num_key_value_heads 2"},
		{"enable_chunked_prefill", "yes", "enable_chunked_prefill: \"yes\" is a text, not true or false: write true"},
		{"transforms.multi_stream_moe.enabled", true, "transforms.multi_stream_moe.enabled: true has no effect here"},
		{"transforms.detect_sharding.allreduce_strategy", "ONESHOT", "allreduce_strategy: ONESHOT has no effect here"},
		{"kv_cache_config.tokens_per_block", 40, "tokens_per_block is 40: want a multiple of 32"},
		{"kv_cache_config.max_tokens", 64, "max_tokens 64 holds no sequence of max_seq_len 256"},
		{"kv_cache_config.dtype", "fp8", "an FP8 cache needs calibrated scales: testdata/llama: tensor model.layers.0.self_attn.k_proj.k_scale is missing; set kv_cache_config.dtype: bfloat16"},
		{"kv_cache_config.dtype", "float16", "kv_cache_config.dtype is float16: activations are bfloat16"},
		{"max_seq_len", 512, "max_seq_len 512 exceeds max_position_embeddings 256 of the model"},
		{"max_num_tokens", 32, "max_num_tokens 32 is less than max_batch_size 64"},
		{"model", "other", "model: other has no effect here (the deployment names the model)"},
	}
	for _, c := range cases {
		_, err := Open(t.Context(), fixture("llama", c.key, c.value))
		require.ErrorContains(t, err, c.want)
	}
}

func TestSettingsInForceAreAllReported(t *testing.T) {
	d := fixture("llama", "attn_backend", "paged", "transforms.multi_stream_moe.enabled", false)
	d.WorldSize = 2
	info := openEngine(t, d).Info()
	require.Equal(t, "2", info.Settings["world_size"])
	require.Equal(t, "paged", info.Settings["attn_backend"])
	require.Equal(t, "256", info.Settings["max_seq_len"])
	require.Equal(t, "true", info.Settings["transforms.fuse_fp8_linear.enabled"])
	require.Equal(t, "LlamaForCausalLM", info.Arch)
	require.Equal(t, "bfloat16", info.DType)
}

func TestRequestsThatCannotBeAnsweredAreRefusedBeforeAnyIsBegun(t *testing.T) {
	e := openEngine(t, fixture("llama", "max_num_tokens", 100))
	cases := []struct {
		request engine.Request
		want    string
	}{
		{engine.Request{ID: 3, MaxTokens: 1}, "request 3: the prompt is empty"},
		{engine.Request{Tokens: []int32{1}}, "max_tokens is 0: want 1 or more"},
		{engine.Request{Tokens: []int32{1, 272}, MaxTokens: 1}, "token 1 is id 272, but the vocabulary has 272"},
		{engine.Request{Tokens: []int32{-1}, MaxTokens: 1}, "token 0 is id -1"},
		{engine.Request{Tokens: make([]int32, 255), MaxTokens: 2}, "255 prompt tokens and 2 more exceed max_seq_len 256"},
		{engine.Request{Tokens: make([]int32, 101), MaxTokens: 2}, "101 prompt tokens exceed max_num_tokens 100: raise it, or set enable_chunked_prefill: true"},
	}
	for _, c := range cases {
		answered := false
		good := engine.Request{Tokens: []int32{5}, MaxTokens: 1}
		err := e.Generate(t.Context(), []engine.Request{good, c.request}, func(engine.Response) error { answered = true; return nil })
		require.ErrorContains(t, err, c.want)
		require.False(t, answered)
	}
}

func TestACancelledOrFailedBatchLeavesTheEngineUsable(t *testing.T) {
	e := openEngine(t, fixture("llama", "max_batch_size", 4))
	want := generate(t, e, sharedPrefixPrompts(), 3)
	var requests []engine.Request
	for i, p := range sharedPrefixPrompts() {
		requests = append(requests, engine.Request{ID: i, Tokens: p, MaxTokens: 3, Stop: []int32{}})
	}
	full := errors.New("disk full")
	require.ErrorIs(t, e.Generate(t.Context(), requests, func(engine.Response) error { return full }), full)

	ctx, cancel := context.WithCancel(t.Context())
	err := e.Generate(ctx, requests, func(engine.Response) error { cancel(); return nil })
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, want, generate(t, e, sharedPrefixPrompts(), 3))
}

func TestStopTokensEndAnAnswerAndAreLeftOut(t *testing.T) {
	e := openEngine(t, fixture("llama"))
	prompt := []int32{1, 2, 3}
	free := generate(t, e, [][]int32{prompt}, 3)[0]
	var got engine.Response
	request := engine.Request{Tokens: prompt, MaxTokens: 3, Stop: []int32{free.Tokens[1]}}
	require.NoError(t, e.Generate(t.Context(), []engine.Request{request}, func(r engine.Response) error { got = r; return nil }))
	require.Equal(t, "stop", got.Finish)
	require.Equal(t, free.Tokens[:1], got.Tokens)
	require.Nil(t, got.Logits)
	require.Equal(t, e.Decode(got.Tokens), got.Text)
}

// damaged is a copy of a fixture in which config.json has other values.
func damaged(t *testing.T, name string, change map[string]any) engine.Deployment {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))))
	path := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var config map[string]any
	require.NoError(t, json.Unmarshal(text, &config))
	for k, v := range change {
		config[k] = v
	}
	writeJSON(t, path, config)
	return engine.Deployment{Model: dir}
}

func TestConfigurationsThatAreNotComputedAreRefusedByName(t *testing.T) {
	cases := []struct {
		fixture string
		change  map[string]any
		want    string
	}{
		{"llama", map[string]any{"architectures": []string{"GemmaForCausalLM"}}, `architecture "GemmaForCausalLM" is not supported`},
		{"llama", map[string]any{"hidden_act": "gelu"}, `hidden_act "gelu" is not supported: want silu`},
		{"llama", map[string]any{"sliding_window": 128}, "sliding-window attention is not supported"},
		{"qwen2-moe", map[string]any{"layer_types": []string{"sliding_attention"}}, `layer 0 is "sliding_attention"`},
		{"llama", map[string]any{"rope_parameters": map[string]any{"rope_type": "yarn", "rope_theta": 1e4}}, `rope_type "yarn" is not supported: want default, linear or llama3`},
		{"llama", map[string]any{"rope_parameters": map[string]any{"rope_type": "llama3", "rope_theta": 1e4}}, "rope_type llama3 with factor 0"},
		{"llama", map[string]any{"rope_parameters": map[string]any{"rope_theta": -1}}, "rope_theta is -1"},
		{"llama", map[string]any{"dtype": "int8"}, `dtype "int8": want float32, bfloat16 or float16`},
		{"llama", map[string]any{"dtype": nil}, "neither dtype nor torch_dtype is there"},
		{"llama", map[string]any{"rms_norm_eps": 0}, "rms_norm_eps is 0"},
		{"llama", map[string]any{"num_hidden_layers": 1 << 40}, "num_hidden_layers is 1099511627776"},
		{"llama", map[string]any{"head_dim": 15}, "head_dim 15: want an even number"},
		{"llama", map[string]any{"head_dim": 18}, "self_attn.q_proj.weight is [64, 64]: config.json asks for [72, 64]"},
		{"llama", map[string]any{"num_key_value_heads": 3}, "num_attention_heads 4 is not divisible by num_key_value_heads 3"},
		{"llama", map[string]any{"num_hidden_layers": 3}, "tensor model.layers.2.input_layernorm.weight is missing"},
		{"llama", map[string]any{"vocab_size": 300}, "tensor model.embed_tokens.weight has shape [272 64]: config.json asks for [300 64]"},
		{"llama", map[string]any{"tie_word_embeddings": false}, "no tensor lm_head.weight"},
		{"llama", map[string]any{"hidden_size": "64"}, "config.json: hidden_size is a string: want int"},
		{"qwen2-moe", map[string]any{"num_experts_per_tok": 7}, "num_experts_per_tok 7 is more than num_experts 6"},
		{"qwen2-moe", map[string]any{"decoder_sparse_step": 0}, "decoder_sparse_step is 0"},
		{"qwen2-moe", map[string]any{"num_experts": 8}, "mlp.gate.weight is [6, 48]: config.json asks for [8, 48]"},
	}
	for _, c := range cases {
		_, err := Open(t.Context(), damaged(t, c.fixture, c.change))
		require.ErrorContains(t, err, c.want)
	}
}

func TestFilesThatDoNotFitAreRefused(t *testing.T) {
	d := damaged(t, "llama", nil)
	text, err := os.ReadFile("testdata/llama/model.safetensors")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(d.Model, "model.safetensors"), text[:len(text)/2], 0o644))
	_, err = Open(t.Context(), d)
	require.ErrorContains(t, err, "model.safetensors")

	d = damaged(t, "llama", nil)
	require.NoError(t, os.Remove(filepath.Join(d.Model, "tokenizer.json")))
	_, err = Open(t.Context(), d)
	require.ErrorIs(t, err, os.ErrNotExist)

	_, err = Open(t.Context(), engine.Deployment{Model: filepath.Join(t.TempDir(), "absent")})
	require.ErrorContains(t, err, "absent does not exist")

	_, err = Open(t.Context(), engine.Deployment{Model: "testdata/llama", Backend: "pytorch"})
	require.ErrorContains(t, err, `backend "pytorch" is not the embedded engine`)

	d = quantizedWithoutCalibration(t)
	_, err = Open(t.Context(), d)
	require.ErrorContains(t, err, "input_scale is missing")
}

func TestCalibrateReportsTheInputOfEveryLinearLayer(t *testing.T) {
	amax, err := Calibrate(t.Context(), "testdata/llama", sharedPrefixPrompts())
	require.NoError(t, err)
	require.Len(t, amax, 2*7+1)
	require.Equal(t, amax["model.layers.0.self_attn.q_proj"], amax["model.layers.0.self_attn.v_proj"])
	require.Positive(t, amax["model.layers.1.mlp.down_proj"])

	broken := writeRandomModel(t, demoShape, func(tensors map[string]testTensor) {
		tensors["model.layers.1.mlp.up_proj.weight"].values[0] = float32(math.NaN())
	})
	_, err = Calibrate(t.Context(), broken, [][]int32{{1, 2, 3}})
	require.ErrorContains(t, err, "is not finite")
}

func FuzzArchitecture(f *testing.F) {
	for _, name := range fixtures {
		text, err := os.ReadFile(filepath.Join("testdata", name, "config.json"))
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var c configFile
		if json.Unmarshal(text, &c) != nil {
			return
		}
		a, err := c.architecture()
		if err == nil {
			require.Positive(t, a.headDim)
			require.Positive(t, a.layers)
			require.Len(t, a.rope.frequencies, a.headDim/2)
		}
	})
}
