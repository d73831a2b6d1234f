package transformers

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/internal/suggest"
)

// A key is a setting: its default, whose type is the key's, and what else it
// may be.
type key struct {
	name     string
	fallback any
	oneOf    []string // strings: the values there are; nil: any
	fixed    string   // why nothing but the default is accepted
}

// attentions are the words for attn_backend with transformers' own. AutoDeploy's
// "torch" is the plain formula, which transformers calls eager.
var attentions = map[string]string{
	"torch": "eager", "eager": "eager", "sdpa": "sdpa", "flash_attention_2": "flash_attention_2", "flex_attention": "flex_attention",
}

const oneProcess = "the transformers engine is one process"

// keys lists the settings, in AutoDeploy's words where it has any, so that
// what is found out on one engine can be asked of the other.
var keys = []key{
	{name: "world_size", fallback: 1, fixed: oneProcess + "; device: balanced spreads the layers over all GPUs"},
	{name: "device", fallback: "auto"},
	{name: "attn_backend", fallback: "sdpa", oneOf: slices.Sorted(maps.Keys(attentions))},
	{name: "compile_backend", fallback: "torch-simple", oneOf: []string{"torch-simple", "torch-compile"}},
	{name: "max_batch_size", fallback: 32},
	{name: "max_num_tokens", fallback: 8192},
	{name: "max_seq_len", fallback: 1 << 20},
	{name: "enable_chunked_prefill", fallback: false, fixed: "prompts are computed whole"},
	{name: "trust_remote_code", fallback: false},
	{name: "model_kwargs.torch_dtype", fallback: "auto", oneOf: []string{"auto", "float32", "bfloat16", "float16"}},
	{name: "kv_cache_config.enable_block_reuse", fallback: true},
	{name: "kv_cache_config.dtype", fallback: "auto", oneOf: []string{"auto", "float32", "bfloat16", "float16"}},
	{name: "transforms.fuse_fp8_linear.enabled", fallback: true},
	{name: "transforms.fuse_finegrained_fp8_linear.enabled", fallback: true},
	{name: "transforms.fuse_nvfp4_linear.enabled", fallback: false, fixed: "it has no FP4 kernel, and computes NVFP4 by fake quantization"},
	{name: "transforms.detect_sharding.allreduce_strategy", fallback: "NCCL", fixed: oneProcess},
}

// readSettings checks the deployment's configuration and returns what the
// program is started with. An unknown key is refused, and so is a value that
// would have no effect.
func readSettings(d engine.Deployment) (map[string]any, error) {
	given, err := d.Settings()
	if err != nil {
		return nil, err
	}
	flat := map[string]any{}
	flatten("", given, flat)
	values, names := map[string]any{}, []string{}
	for _, k := range keys {
		names = append(names, k.name)
		values[k.name] = k.fallback
		if v, ok := flat[k.name]; ok {
			if values[k.name], err = k.parse(v); err != nil {
				return nil, fmt.Errorf("deployment %s: %s: %w", d.Label(), k.name, err)
			}
		}
	}
	overrides := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(flat)) {
		if _, known := values[name]; known {
			continue
		}
		if entry, ok := strings.CutPrefix(name, "model_kwargs."); ok && !strings.Contains(entry, ".") {
			overrides[entry] = flat[name]
			continue
		}
		if isTransform(name) && flat[name] == false {
			continue // a pass that is not there is off
		}
		return nil, fmt.Errorf("deployment %s: the transformers engine has no setting %s%s", d.Label(), name, suggest.Clause(name, names))
	}
	inForce := map[string]string{}
	for name, v := range values {
		inForce[name] = fmt.Sprint(v)
	}
	for entry, v := range overrides {
		inForce["model_kwargs."+entry] = fmt.Sprint(v)
	}
	return map[string]any{
		"device":            values["device"],
		"dtype":             values["model_kwargs.torch_dtype"],
		"kv_cache_dtype":    values["kv_cache_config.dtype"],
		"attention":         attentions[values["attn_backend"].(string)],
		"compile":           values["compile_backend"] == "torch-compile",
		"max_batch_size":    values["max_batch_size"],
		"max_num_tokens":    values["max_num_tokens"],
		"max_seq_len":       values["max_seq_len"],
		"prefix_cache":      values["kv_cache_config.enable_block_reuse"],
		"trust_remote_code": values["trust_remote_code"],
		"model_kwargs":      overrides,
		"fused": map[string]any{
			"fp8":       values["transforms.fuse_fp8_linear.enabled"],
			"fp8-block": values["transforms.fuse_finegrained_fp8_linear.enabled"],
			"nvfp4":     values["transforms.fuse_nvfp4_linear.enabled"],
		},
		"in_force": inForce,
	}, nil
}

func isTransform(name string) bool {
	return strings.HasPrefix(name, "transforms.") && strings.HasSuffix(name, ".enabled")
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

func (k key) parse(v any) (any, error) {
	parsed, err := k.convert(v)
	if err != nil {
		return nil, err
	}
	if k.fixed != "" && parsed != k.fallback {
		return nil, fmt.Errorf("%v has no effect here (%s): leave it out, or set %v", parsed, k.fixed, k.fallback)
	}
	return parsed, nil
}

func (k key) convert(v any) (any, error) {
	switch k.fallback.(type) {
	case bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, fmt.Errorf("%v is not true or false", v)
	case int:
		if n, ok := integer(v); ok && n >= 1 {
			return n, nil
		}
		return nil, fmt.Errorf("%v: want a whole number from 1 on", v)
	}
	text, ok := v.(string)
	if !ok || k.oneOf != nil && !slices.Contains(k.oneOf, text) {
		return nil, fmt.Errorf("%v: want %s", v, strings.Join(k.oneOf, ", "))
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
