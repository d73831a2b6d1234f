package transformers

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/settings"
	"adkernel/internal/suggest"
)

// attentions are the words for attn_backend with transformers' own. AutoDeploy's
// "torch" is the plain formula, which transformers calls eager.
var attentions = map[string]string{
	"torch": "eager", "eager": "eager", "sdpa": "sdpa", "flash_attention_2": "flash_attention_2", "flex_attention": "flex_attention",
}

const oneProcess = "the transformers engine is one process"

// keys lists the settings, in AutoDeploy's words where it has any, so that
// what is found out on one engine can be asked of the other.
var keys = []settings.Key{
	{Name: "world_size", Default: 1, Least: 1, Fixed: oneProcess + "; device: balanced spreads the layers over all GPUs"},
	{Name: "device", Default: "auto"},
	{Name: "attn_backend", Default: "sdpa", OneOf: slices.Sorted(maps.Keys(attentions))},
	{Name: "compile_backend", Default: "torch-simple", OneOf: []string{"torch-simple", "torch-compile"}},
	{Name: "max_batch_size", Default: 32, Least: 1},
	{Name: "max_num_tokens", Default: 8192, Least: 1},
	{Name: "max_seq_len", Default: 1 << 20, Least: 1},
	{Name: "enable_chunked_prefill", Default: false, Fixed: "prompts are computed whole"},
	{Name: "trust_remote_code", Default: false},
	{Name: "model_kwargs.torch_dtype", Default: "auto", OneOf: []string{"auto", "float32", "bfloat16", "float16"}},
	{Name: "kv_cache_config.enable_block_reuse", Default: true},
	{Name: "kv_cache_config.dtype", Default: "auto", OneOf: []string{"auto", "float32", "bfloat16", "float16"}},
	{Name: "transforms.fuse_fp8_linear.enabled", Default: true},
	{Name: "transforms.fuse_finegrained_fp8_linear.enabled", Default: true},
	{Name: "transforms.fuse_nvfp4_linear.enabled", Default: false, Fixed: "it has no FP4 kernel, and computes NVFP4 by fake quantization"},
	{Name: "transforms.detect_sharding.allreduce_strategy", Default: "NCCL", Fixed: oneProcess},
}

// readSettings checks the deployment's configuration and returns what the
// program is started with. What is let through though it is not known is logged.
func readSettings(d engine.Deployment, logf func(format string, args ...any)) (map[string]any, error) {
	overrides := map[string]any{}
	values, err := settings.Read(d, "transformers", keys, func(name string, v any) error {
		if entry, ok := strings.CutPrefix(name, "model_kwargs."); ok && !strings.Contains(entry, ".") {
			overrides[entry] = v
			return nil
		}
		if pass, ok := settings.Pass(name); ok && v == false {
			return absent(pass, logf)
		}
		return settings.ErrUnknown
	})
	if err != nil {
		return nil, err
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

// absent lets a pass be off that this engine does not have. A name that is almost
// that of one which it has is refused: that one would stay on.
func absent(pass string, logf func(format string, args ...any)) error {
	if slices.Contains(settings.Passes, pass) {
		return nil
	}
	var own []string
	for _, key := range keys {
		if name, ok := settings.Pass(key.Name); ok {
			own = append(own, name)
		}
	}
	if suggest.Nearest(pass, own) != "" {
		return settings.ErrUnknown
	}
	logf("transforms.%s.enabled: false changes nothing: neither this engine nor any known AutoDeploy has a pass of that name", pass)
	return nil
}
