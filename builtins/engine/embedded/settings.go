package embedded

import (
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded/internal/compute"
	"adkernel/builtins/engine/settings"
)

// config holds AutoDeploy's configuration as this engine honours it.
type config struct {
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

func (s *config) cacheBlocks() int { return s.cacheTokens / s.tokensPerBlock }

// promptTokens is the length of the longest prompt: one that is not divided
// must fit a step.
func (s *config) promptTokens() int {
	if s.chunked {
		return s.maxSeqLen
	}
	return min(s.maxTokens, s.maxSeqLen)
}

// transformNames has each format with the part of the transforms' names that stands for them.
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

const (
	onCPU    = "the embedded engine computes on the processor"
	notFused = "the embedded engine has no such pass"
)

// keys lists every key with the defaults for a model.
func keys(a *architecture, model string) []settings.Key {
	list := []settings.Key{
		{Name: "model", Default: model, Fixed: "the deployment names the model"},
		{Name: "world_size", Default: 1, Least: 1, Most: maxSize},
		{Name: "runtime", Default: "trtllm", Fixed: onCPU},
		{Name: "mode", Default: "graph", Fixed: onCPU},
		{Name: "skip_loading_weights", Default: false, Fixed: "logits of random weights mean nothing"},
		{Name: "compile_backend", Default: "torch-simple", OneOf: []string{"torch-simple", "torch-cudagraph"}},
		{Name: "attn_backend", Default: "torch", OneOf: []string{"torch", "paged", "triton_paged"}},
		{Name: "enable_chunked_prefill", Default: false},
		{Name: "max_num_tokens", Default: 8192, Least: 1, Most: maxSize},
		{Name: "max_batch_size", Default: 64, Least: 1, Most: maxSize},
		{Name: "max_seq_len", Default: min(a.maxPositions, 8192), Least: 1, Most: maxSize},
		{Name: "model_kwargs.torch_dtype", Default: a.format.String(), OneOf: []string{"float32", "bfloat16", "float16"}},
		{Name: "kv_cache_config.enable_block_reuse", Default: true},
		{Name: "kv_cache_config.tokens_per_block", Default: tileTokens, Least: tileTokens, Most: maxSize},
		{Name: "kv_cache_config.max_tokens", Default: 32768, Least: tileTokens, Most: maxSize},
		{Name: "kv_cache_config.dtype", Default: "auto", OneOf: []string{"auto", "fp8", "float32", "bfloat16", "float16"}},
		{Name: "transforms.detect_sharding.allreduce_strategy", Default: "NCCL", Fixed: "ranks add up in their order"},
	}
	var own []string
	for format := range transformNames {
		own = append(own, fuseTransform(format, "linear"), fuseTransform(format, "moe"))
	}
	for _, name := range settings.Passes {
		key := settings.Key{Name: "transforms." + name + ".enabled", Default: true}
		if !slices.Contains(own, name) {
			key.Default, key.Fixed = false, notFused // it neither merges operations nor has streams
		}
		list = append(list, key)
	}
	return list
}

// readSettings checks the deployment's configuration.
func readSettings(d engine.Deployment, a *architecture, quantization checkpoint.Quantization) (*config, error) {
	values, err := settings.Read(d, "embedded", keys(a, d.Model), nil)
	if err != nil {
		return nil, err
	}
	s, err := newConfig(values, a, quantization)
	if err != nil {
		return nil, fmt.Errorf("deployment %s: %w", d.Label(), err)
	}
	return s, nil
}

func newConfig(values map[string]any, a *architecture, quantization checkpoint.Quantization) (*config, error) {
	s := &config{
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
