package settings

import "strings"

// Passes are AutoDeploy's passes that a configuration switches on and off, by
// transforms.NAME.enabled, and that change no more than how fast and how
// precisely a model is computed (TensorRT-LLM's auto_deploy/config/default.yaml,
// in several versions; a build may have others).
var Passes = []string{
	// Low-precision kernels in the place of fake quantization.
	"fuse_fp8_linear", "fuse_fp8_moe",
	"fuse_finegrained_fp8_linear", "fuse_finegrained_fp8_moe",
	"fuse_nvfp4_linear", "fuse_nvfp4_moe",
	// Several operations in one.
	"fuse_gemms", "fuse_gemms_mixed_children", "fuse_fp4_gemms", "fuse_fp8_gemms",
	"fuse_silu_mul", "fuse_swiglu", "fuse_nvfp4_swiglu", "fuse_finegrained_fp8_swiglu", "fuse_relu2_quant_nvfp4",
	"fuse_rmsnorm", "fuse_add_rms_norm", "fuse_rmsnorm_quant_fp8", "fuse_allreduce_residual_rmsnorm",
	"fuse_trtllm_attn_quant_fp8", "fuse_fp8_prequant_shared", "fuse_moe",
	// Several streams of a GPU.
	"multi_stream_moe", "multi_stream_mla_attn", "multi_stream_gemm",
}

// Pass is the name in the setting transforms.NAME.enabled; ok is false for
// another setting.
func Pass(setting string) (name string, ok bool) {
	name, switches := strings.CutSuffix(setting, ".enabled")
	name, within := strings.CutPrefix(name, "transforms.")
	return name, switches && within && name != "" && !strings.Contains(name, ".")
}
