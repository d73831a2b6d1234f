package diagnose

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/engine"
)

// A settingAxis is a setting that can be stripped.
type settingAxis struct {
	path  string   // joined with dots
	plain any      // its value then; nil: none of it
	as    []string // other names of the plain value

	// needs are the axes without which it has no effect or the engine does not
	// run: it is switched on with them.
	needs []string

	// implied is the value that the pass of the setting has by its class, where
	// its YAML says nothing.
	implied string

	// unused says that the model or the number of ranks gives it no effect. It
	// is stripped all the same where the deployment gives it.
	unused bool
}

// traits are what decides which settings have an effect.
type traits struct {
	ranks   bool           // more than one
	experts bool           // the model is a mixture of them
	format  string         // of the activations; "" where that is not known
	config  map[string]any // config.json
	kvCache string         // "FP8" where the checkpoint quantizes the KV cache
}

// traitsOf reads the model's files; what is not there has no trait. info is the
// record of d's engine, nil where it has none.
func traitsOf(d engine.Deployment, info *engine.Info) traits {
	var t traits
	if info != nil {
		t.experts, t.format = ofExperts(info.Arch), info.DType
	}
	var modelopt map[string]any
	readObject(filepath.Join(d.Model, "config.json"), &t.config)
	if text, ok := t.config["text_config"].(map[string]any); ok { // of a model that also sees
		t.config = engine.Merge(t.config, text)
	}
	readObject(filepath.Join(d.Model, "hf_quant_config.json"), &modelopt)
	for _, key := range []string{"dtype", "torch_dtype"} { // which "auto" follows
		if name, ok := t.config[key].(string); ok && !slices.Contains(formats, t.format) {
			t.format = name
		}
	}
	if !slices.Contains(formats, t.format) {
		t.format = ""
	}
	switch name, _ := lookup(modelopt, []string{"quantization", "kv_cache_quant_algo"}).(string); {
	case name != "":
		t.kvCache = name
	case modelopt == nil && lookup(t.config, []string{"quantization_config", "kv_cache_scheme"}) != nil:
		t.kvCache = "FP8"
	}
	return t
}

// readObject leaves the object alone where the file has none.
func readObject(path string, into *map[string]any) {
	if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, into) != nil {
		*into = nil
	}
}

// has reports whether config.json has one of the keys.
func (t traits) has(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return t.config[key] != nil })
}

// ofExperts reports whether an architecture is a mixture of experts.
func ofExperts(arch string) bool {
	return strings.Contains(arch, "Moe") || strings.Contains(arch, "Mixtral") || strings.Contains(arch, "Deepseek")
}

// Axes that are no single setting.
const (
	ranksAxis   = "ranks"
	kernelsAxis = "quantized kernels"
	expertsAxis = "fusion of MoE"
	stageAxis   = "stage " // and the stage of the passes
)

// settingAxes lists the settings of d's engine that can be stripped beside the
// number of ranks, cheapest and likeliest first. What is captured or compiled
// comes before the kernels within, whose plain forms cannot be captured.
func settingAxes(d engine.Deployment, t traits) []settingAxis {
	if d.TunedByDefault() && !d.HasTransforms() {
		return pyTorchSettings(d, t)
	}
	return autoDeploySettings(d, t)
}

// autoDeploySettings are AutoDeploy's, in whose words the other engines speak.
//
// compile_backend torch-simple is the module as it is; torch-cudagraph and
// torch-opt capture decoding, and prefill where compile_model.piecewise_enabled
// says so (auto_deploy/transform/library/compile_model.py). NCCL adds in one
// order (detect_sharding and its successor apply_sharding_hints).
func autoDeploySettings(d engine.Deployment, t traits) []settingAxis {
	const passes = "transforms."
	const mla, ssm, conv, delta = passes + "insert_cached_mla_attention.backend", passes + "insert_cached_ssm_attention.backend",
		passes + "insert_cached_causal_conv.backend", passes + "insert_cached_gated_delta_rule.backend"
	captured := t.capturable(d, "attn_backend", mla, ssm, conv, delta)
	several := []string{ranksAxis, stageAxis + "sharding"}
	hybrid := t.has("ssm_state_size", "mamba_d_state", "state_size")
	return []settingAxis{
		{path: passes + "detect_sharding.allreduce_strategy", plain: "NCCL", implied: "AUTO", needs: several, unused: !t.ranks},
		{path: passes + "apply_sharding_hints.allreduce_strategy", plain: "NCCL", implied: "AUTO", needs: several, unused: !t.ranks},
		{path: passes + "detect_sharding.enable_attention_dp", plain: false, needs: several, unused: !t.ranks},
		{path: passes + "apply_sharding_hints.enable_attention_dp", plain: false, needs: several, unused: !t.ranks},
		{path: passes + "compile_model.piecewise_enabled", plain: false, needs: append(captured, "compile_backend")},
		{path: "compile_backend", plain: "torch-simple", needs: captured},
		{path: passes + "multi_stream_moe.enabled", plain: false},
		{path: passes + "multi_stream_mla_attn.enabled", plain: false},
		{path: passes + "multi_stream_gemm.enabled", plain: false},
		{path: "disable_overlap_scheduler", plain: true},
		{path: "speculative_config", plain: nil},
		// The names of the plain forms are those of AttentionRegistry.register in
		// auto_deploy/custom_ops; MLA's was another one.
		{path: "attn_backend", plain: d.PlainAttention()},
		{path: mla, plain: "torch_mla", as: []string{"MultiHeadLatentAttention"}, unused: !t.has("kv_lora_rank")},
		{path: ssm, plain: "torch_ssm", unused: !hybrid},
		{path: conv, plain: "torch_causal_conv", unused: !hybrid && !t.has("linear_conv_kernel_dim")},
		{path: delta, plain: "torch_gated_delta", unused: !t.has("linear_num_value_heads")},
		{path: "enable_chunked_prefill", plain: false},
		{path: "kv_cache_config.enable_block_reuse", plain: false},
		{path: "kv_cache_config.dtype", plain: plainCache(d, t), as: []string{t.format}},
	}
}

// pyTorchSettings are those of TensorRT-LLM's PyTorch backend (TorchLlmArgs and
// the classes of its fields in tensorrt_llm/llmapi/llm_args.py). By default it
// captures decoding (cuda_graph_config is set), overlaps steps, lets TRTLLM's
// kernels attend and a tuner choose among others. Versions differ in what they
// have; what an installed one does not have its record does not name.
func pyTorchSettings(d engine.Deployment, t traits) []settingAxis {
	captured := t.capturable(d, "attn_backend", "moe_config.backend")
	several := []string{ranksAxis}
	return []settingAxis{
		{path: "allreduce_strategy", plain: "NCCL", needs: several, unused: !t.ranks},
		{path: "enable_attention_dp", plain: false, needs: several, unused: !t.ranks},
		{path: "prefill_cuda_graph_backend", plain: "disabled", needs: append(captured, "torch_compile_config")},
		{path: "torch_compile_config", plain: nil, needs: captured},
		{path: "cuda_graph_config", plain: nil, needs: captured},
		{path: "disable_overlap_scheduler", plain: true},
		{path: "speculative_config", plain: nil},
		{path: "sparse_attention_config", plain: nil, needs: []string{"attn_backend"}},
		{path: "enable_mla_skip_correction", plain: false, needs: []string{"attn_backend"}},
		{path: "attn_backend", plain: d.PlainAttention()},
		{path: "enable_chunked_prefill", plain: false},
		{path: "kv_cache_config.enable_block_reuse", plain: false},
		{path: "kv_cache_config.dtype", plain: plainCache(d, t), as: []string{t.format}},
		{path: "enable_min_latency", plain: false},
		{path: "moe_config.load_balancer", plain: nil, unused: !t.experts},
		{path: "moe_config.use_low_precision_moe_combine", plain: false, needs: []string{"moe_config.backend"}, unused: !t.experts},
		// One expert after the other (modules/fused_moe/fused_moe_vanilla.py).
		{path: "moe_config.backend", plain: "VANILLA", unused: !t.experts},
		{path: "force_dynamic_quantization", plain: false},
		{path: "use_cute_dsl_blockscaling_mm", plain: false},
		{path: "use_cute_dsl_blockscaling_bmm", plain: false},
		{path: "use_cute_dsl_bf16_bmm", plain: false},
		{path: "use_cute_dsl_bf16_gemm", plain: false},
		{path: "enable_autotuner", plain: false},
	}
}

// capturable lists the axes that captured graphs of TensorRT-LLM need: attention
// by its formula and experts one after the other (torch_moe of AutoDeploy, that
// of fake quantization, VanillaMoE) decide on the processor what comes next,
// which a graph cannot, or would repeat.
func (t traits) capturable(d engine.Deployment, kernels ...string) []string {
	switch {
	case !d.TunedByDefault():
		return nil
	case t.experts:
		kernels = append(kernels, expertsAxis, kernelsAxis)
	}
	return slices.Clip(kernels)
}

// plainCache is the KV cache in the format of the activations. A checkpoint may
// quantize it, and "auto" follows that (resolve_cache_dtype in
// auto_deploy/custom_ops/attention_interface.py knows formats by their names, as
// the other engines do; the PyTorch backend knows only fp8, nvfp4 and auto, so
// that there is no plain one).
func plainCache(d engine.Deployment, t traits) any {
	if t.kvCache == "" {
		return "auto"
	}
	if d.TunedByDefault() && !d.HasTransforms() {
		return notPossible{"the pytorch engine keeps the KV cache as the checkpoint says, " + t.kvCache + ", or in fewer bits"}
	}
	if t.format == "" {
		return notPossible{"the format of the activations is not known, and auto follows the checkpoint's " + t.kvCache}
	}
	return t.format
}

// notPossible is in the place of a plain value where there is none.
type notPossible struct{ why string }
