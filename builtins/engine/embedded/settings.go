package embedded

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded/internal/compute"
	"adkernel/internal/suggest"
)

// settings are AutoDeploy's configuration keys as this engine honours them.
type settings struct {
	worldSize      int
	capture        bool // replay captured graphs for decoding
	paged          bool // attention page by page
	chunked        bool // prompts may be divided among steps
	maxTokens      int  // of one step
	maxBatch       int  // sequences at the same time
	maxSeqLen      int
	reuse          bool // blocks of common prefixes are computed once
	tokensPerBlock int
	cacheTokens    int
	cacheFP8       bool
	format         compute.Format
	fused          map[string]bool // by transform: low-precision arithmetic, or fake quantization

	inForce map[string]string // every key with its value
}

func (s *settings) cacheBlocks() int { return s.cacheTokens / s.tokensPerBlock }

// An option is one key: its default, whose type is the key's, and what else it
// may be.
type option struct {
	key      string
	fallback any      // int, bool or string
	oneOf    []string // strings: the values there are
	least    int      // integers
	fixed    string   // why nothing but the default is accepted
}

// quantizedFormats with the part of the transforms' names that stands for them.
var transformNames = map[checkpoint.Format]string{
	checkpoint.FP8:      "fp8",
	checkpoint.FP8Block: "finegrained_fp8",
	checkpoint.NVFP4:    "nvfp4",
}

// fuseTransform names the pass that puts low-precision kernels in the place of
// fake quantization; kind is "linear" or "moe".
func fuseTransform(format checkpoint.Format, kind string) string {
	return "fuse_" + transformNames[format] + "_" + kind
}

// absentTransforms are passes of AutoDeploy that have nothing to work on here:
// this engine neither merges these operations nor has streams.
var absentTransforms = []string{
	"multi_stream_moe", "multi_stream_mla_attn", "multi_stream_gemm",
	"fuse_gemms", "fuse_gemms_mixed_children", "fuse_fp4_gemms", "fuse_fp8_gemms",
	"fuse_silu_mul", "fuse_swiglu", "fuse_nvfp4_swiglu", "fuse_finegrained_fp8_swiglu", "fuse_relu2_quant_nvfp4",
	"fuse_rmsnorm", "fuse_add_rms_norm", "fuse_rmsnorm_quant_fp8", "fuse_allreduce_residual_rmsnorm",
	"fuse_trtllm_attn_quant_fp8", "fuse_fp8_prequant_shared", "fuse_moe",
}

const (
	onCPU    = "the embedded engine computes on the processor"
	notFused = "the embedded engine has no such pass"
)

// options lists every key with the defaults for a model.
func options(a *architecture, quantization checkpoint.Quantization, model string) []option {
	list := []option{
		{key: "model", fallback: model, fixed: "the deployment names the model"},
		{key: "world_size", fallback: 1, least: 1},
		{key: "runtime", fallback: "trtllm", fixed: onCPU},
		{key: "mode", fallback: "graph", fixed: onCPU},
		{key: "skip_loading_weights", fallback: false, fixed: "logits of random weights mean nothing"},
		{key: "compile_backend", fallback: "torch-simple", oneOf: []string{"torch-simple", "torch-cudagraph"}},
		{key: "attn_backend", fallback: "torch", oneOf: []string{"torch", "paged", "triton_paged"}},
		{key: "enable_chunked_prefill", fallback: false},
		{key: "max_num_tokens", fallback: 8192, least: 1},
		{key: "max_batch_size", fallback: 64, least: 1},
		{key: "max_seq_len", fallback: min(a.maxPositions, 8192), least: 1},
		{key: "model_kwargs.torch_dtype", fallback: a.format.String(), oneOf: []string{"float32", "bfloat16", "float16"}},
		{key: "kv_cache_config.enable_block_reuse", fallback: true},
		{key: "kv_cache_config.tokens_per_block", fallback: tileTokens, least: tileTokens},
		{key: "kv_cache_config.max_tokens", fallback: 32768, least: tileTokens},
		{key: "kv_cache_config.dtype", fallback: "auto", oneOf: []string{"auto", "fp8", "float32", "bfloat16", "float16"}},
		{key: "transforms.detect_sharding.allreduce_strategy", fallback: "NCCL", fixed: "ranks add up in their order"},
	}
	for _, format := range []checkpoint.Format{checkpoint.FP8, checkpoint.FP8Block, checkpoint.NVFP4} {
		for _, kind := range []string{"linear", "moe"} {
			list = append(list, option{key: "transforms." + fuseTransform(format, kind) + ".enabled", fallback: true})
		}
	}
	for _, name := range absentTransforms {
		list = append(list, option{key: "transforms." + name + ".enabled", fallback: false, fixed: notFused})
	}
	return list
}

// readSettings checks the deployment's configuration. An unknown key is
// refused, and so is a value that would have no effect: a run must not be
// recorded with a setting that was ignored.
func readSettings(d engine.Deployment, a *architecture, quantization checkpoint.Quantization) (*settings, error) {
	given, err := d.Settings()
	if err != nil {
		return nil, err
	}
	flat := map[string]any{}
	flatten("", given, flat)

	values := map[string]any{}
	for _, o := range options(a, quantization, d.Model) {
		values[o.key] = o.fallback
		v, ok := flat[o.key]
		if !ok {
			continue
		}
		if values[o.key], err = o.parse(v); err != nil {
			return nil, fmt.Errorf("deployment %s: %s: %w", d.Label(), o.key, err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(flat)) {
		if _, known := values[key]; !known {
			return nil, fmt.Errorf("deployment %s: the embedded engine has no setting %s%s",
				d.Label(), key, suggest.Clause(key, slices.Sorted(maps.Keys(values))))
		}
	}
	s, err := newSettings(values, a, quantization)
	if err != nil {
		return nil, fmt.Errorf("deployment %s: %w", d.Label(), err)
	}
	return s, nil
}

func newSettings(values map[string]any, a *architecture, quantization checkpoint.Quantization) (*settings, error) {
	s := &settings{
		worldSize:      values["world_size"].(int),
		capture:        values["compile_backend"] == "torch-cudagraph",
		paged:          values["attn_backend"] != "torch",
		chunked:        values["enable_chunked_prefill"].(bool),
		maxTokens:      values["max_num_tokens"].(int),
		maxBatch:       values["max_batch_size"].(int),
		maxSeqLen:      values["max_seq_len"].(int),
		reuse:          values["kv_cache_config.enable_block_reuse"].(bool),
		tokensPerBlock: values["kv_cache_config.tokens_per_block"].(int),
		cacheTokens:    values["kv_cache_config.max_tokens"].(int),
		fused:          map[string]bool{},
		inForce:        map[string]string{},
	}
	var err error
	if s.format, err = compute.ParseFormat(values["model_kwargs.torch_dtype"].(string)); err != nil {
		return nil, err
	}
	if s.tokensPerBlock%tileTokens != 0 {
		return nil, fmt.Errorf("kv_cache_config.tokens_per_block is %d: want a multiple of %d", s.tokensPerBlock, tileTokens)
	}
	if longest := s.cacheBlocks() * s.tokensPerBlock; longest < s.maxSeqLen {
		return nil, fmt.Errorf("kv_cache_config.max_tokens %d holds no sequence of max_seq_len %d: raise the one or lower the other",
			s.cacheTokens, s.maxSeqLen)
	}
	if s.maxSeqLen > a.maxPositions {
		return nil, fmt.Errorf("max_seq_len %d exceeds max_position_embeddings %d of the model", s.maxSeqLen, a.maxPositions)
	}
	if s.maxTokens < s.maxBatch {
		return nil, fmt.Errorf("max_num_tokens %d is less than max_batch_size %d: a step must hold one token of each sequence",
			s.maxTokens, s.maxBatch)
	}
	switch dtype := values["kv_cache_config.dtype"].(string); dtype {
	case "auto": // follows the checkpoint, as in TensorRT-LLM
		s.cacheFP8 = strings.EqualFold(quantization.KVCache, "fp8")
	case "fp8":
		s.cacheFP8 = true
	case s.format.String():
	default:
		return nil, fmt.Errorf("kv_cache_config.dtype is %s: activations are %s, and the cache holds these or fp8", dtype, s.format)
	}
	for key, v := range values {
		if name, ok := strings.CutSuffix(strings.TrimPrefix(key, "transforms."), ".enabled"); ok {
			s.fused[name] = v.(bool)
		}
		s.inForce[key] = fmt.Sprint(v)
	}
	return s, nil
}

// flatten joins nested keys with dots.
func flatten(prefix string, nested map[string]any, into map[string]any) {
	for k, v := range nested {
		if inner, ok := v.(map[string]any); ok {
			flatten(prefix+k+".", inner, into)
			continue
		}
		into[prefix+k] = v
	}
}

func (o option) parse(v any) (any, error) {
	parsed, err := o.convert(v)
	if err != nil {
		return nil, err
	}
	if o.fixed != "" && parsed != o.fallback {
		return nil, fmt.Errorf("%v has no effect here (%s): leave it out, or set %v", parsed, o.fixed, o.fallback)
	}
	return parsed, nil
}

func (o option) convert(v any) (any, error) {
	switch o.fallback.(type) {
	case bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, fmt.Errorf("%v is not true or false", v)
	case int:
		n, ok := integer(v)
		if !ok || n < o.least || n > maxSize {
			return nil, fmt.Errorf("%v: want a whole number from %d to %d", v, o.least, maxSize)
		}
		return n, nil
	}
	text, ok := v.(string)
	if !ok || (o.oneOf != nil && !slices.Contains(o.oneOf, text)) {
		return nil, fmt.Errorf("%v: want %s", v, strings.Join(o.oneOf, ", "))
	}
	return text, nil
}

// integer accepts what YAML, JSON and Go make of a whole number.
func integer(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case int64:
		return int(n), true
	case uint64:
		return int(min(n, math.MaxInt32)), true
	case float64:
		return int(n), n == math.Trunc(n) && math.Abs(n) < math.MaxInt32
	}
	return 0, false
}
