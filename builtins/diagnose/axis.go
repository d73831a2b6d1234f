package diagnose

import (
	"slices"
	"strings"

	"adkernel/builtins/engine"
)

// An axis is one component of a configuration that can be switched off by
// itself.
type axis struct {
	name  string // of the component as it is: "world_size 2"
	off   string // of its absence: "world_size 1"
	strip func(engine.Deployment) engine.Deployment
}

// plainTokens is how many tokens a step must hold for prompts to fit whole.
const plainTokens = 8192

// A settingAxis is a setting that can be stripped, with its plain value.
type settingAxis struct {
	path  []string
	plain any
}

// settingAxes lists the settings of d's engine that can be stripped beside the
// number of ranks, cheapest and likeliest first.
func settingAxes(d engine.Deployment) []settingAxis {
	return []settingAxis{
		{[]string{"transforms", "detect_sharding", "allreduce_strategy"}, "NCCL"},
		{[]string{"compile_backend"}, "torch-simple"},
		{[]string{"transforms", "multi_stream_moe", "enabled"}, false},
		{[]string{"transforms", "multi_stream_mla_attn", "enabled"}, false},
		{[]string{"transforms", "multi_stream_gemm", "enabled"}, false},
		{[]string{"attn_backend"}, d.PlainAttention()},
		{[]string{"enable_chunked_prefill"}, false},
		{[]string{"kv_cache_config", "enable_block_reuse"}, false},
		{[]string{"kv_cache_config", "dtype"}, "auto"},
	}
}

// fusionGroups are the passes after loading that are switched off together.
var fusionGroups = []struct {
	name   string
	passes []string
}{
	{"fusion of swiglu", []string{"fuse_silu_mul", "fuse_swiglu"}},
	{"fusion of MoE", []string{"fuse_moe"}},
	{"fusion of norm, all-reduce and rope", []string{"fuse_rmsnorm", "fuse_add_rms_norm", "fuse_l2norm", "fuse_allreduce_residual_rmsnorm", "fuse_rope_into_trtllm_attention", "fuse_rope_into_trtllm_mla"}},
	{"fusion of matrix products", []string{"fuse_gemms", "fuse_gemms_mixed_children"}},
}

// axesOf lists what can be stripped from d: settings given with another value
// than the plain one, and for a quantized model its low-precision kernels,
// which are on by default, where the engine has anything in their place.
func axesOf(d engine.Deployment, quantized bool) ([]axis, error) {
	settings, err := d.Settings()
	if err != nil {
		return nil, err
	}
	var axes []axis
	if _, as, off := onOneRank(d, settings); off != "" {
		axes = append(axes, axis{as, off, func(d engine.Deployment) engine.Deployment {
			one, _, _ := onOneRank(d, settings)
			return one
		}})
	}
	for _, s := range settingAxes(d) {
		value := lookup(settings, s.path)
		if value == nil || words(value) == words(s.plain) {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(strings.Join(s.path, "."), "transforms."), ".enabled")
		axes = append(axes, axis{name + " " + words(value), name + " " + words(s.plain), func(d engine.Deployment) engine.Deployment {
			if name == "enable_chunked_prefill" { // whole prompts need room
				d = d.With(plainTokens, "max_num_tokens")
			}
			return d.With(s.plain, s.path[0], s.path[1:]...)
		}})
	}
	if quantized && noFakeQuantization(d) == "" {
		axes = append(axes, axis{"quantized kernels", "fake quantization", withoutFusion})
	}
	for _, g := range fusionGroups {
		given := slices.DeleteFunc(slices.Clone(g.passes), func(pass string) bool {
			return lookup(settings, []string{"transforms", pass, "enabled"}) != true
		})
		if len(given) == 0 {
			continue
		}
		axes = append(axes, axis{g.name, "no " + g.name, func(d engine.Deployment) engine.Deployment {
			for _, pass := range given {
				d = d.With(false, "transforms", pass, "enabled")
			}
			return d
		}})
	}
	return axes, nil
}

// lookup returns the value at a path of nested settings, nil where there is
// none.
func lookup(settings map[string]any, path []string) any {
	var v any = settings
	for _, key := range path {
		nested, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = nested[key]
	}
	return v
}
