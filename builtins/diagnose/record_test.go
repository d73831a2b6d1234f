package diagnose

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

func TestWhatNoRecordSaysOfADeploymentStaysUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		test run.Spec
		want map[string]any
	}{
		"an import": {run.Spec{Import: &run.Import{Format: "lm-eval samples"}}, map[string]any{}},
		"a server": {run.Spec{Deployment: engine.Deployment{Model: "m", Backend: "openai"}, Engine: &engine.Info{Engine: "openai", Settings: map[string]string{"url": "http://h"}}},
			map[string]any{"deployment.same_model": false}},
		"a server whose deployment says its ranks": {run.Spec{Settings: map[string]any{"world_size": 4}, Engine: &engine.Info{Engine: "openai"}},
			map[string]any{"deployment.world_size": 4.0}},
		"an unquantized model": {run.Spec{Engine: &engine.Info{Arch: "LlamaForCausalLM"}},
			map[string]any{"deployment.quantized": false, "deployment.format": "none", "deployment.moe": false}},
		"AutoDeploy, in Python's words": {run.Spec{Engine: &engine.Info{Arch: "Qwen2MoeForCausalLM", Quant: "FP8_BLOCK", Settings: map[string]string{
			"world_size": "2", "enable_chunked_prefill": "True", "compile_backend": "torch-cudagraph", "attn_backend": "flashinfer", "kv_cache_config.dtype": "auto"}}},
			map[string]any{"deployment.quantized": true, "deployment.format": "fp8_block", "deployment.moe": true, "deployment.world_size": 2.0,
				"deployment.chunked": true, "deployment.captured": true, "deployment.attention": "flashinfer", "deployment.kv_fp8": false}},
		"the PyTorch backend": {run.Spec{Engine: &engine.Info{Arch: "LlamaForCausalLM", Settings: map[string]string{
			"tensor_parallel_size": "4", "enable_chunked_prefill": "False", "kv_cache_config.dtype": "fp8"}}},
			map[string]any{"deployment.quantized": false, "deployment.format": "none", "deployment.moe": false, "deployment.world_size": 4.0,
				"deployment.chunked": false, "deployment.kv_fp8": true}},
		"settings without a record": {run.Spec{Settings: map[string]any{"enable_chunked_prefill": true, "kv_cache_config": map[string]any{"dtype": "fp8"}}},
			map[string]any{"deployment.chunked": true, "deployment.kv_fp8": true}},
	} {
		facts := Facts{}
		describe(c.test, run.Spec{Deployment: engine.Deployment{Model: "base"}}, facts)
		got := map[string]any{}
		for fact, f := range facts {
			require.Contains(t, definitions, fact)
			got[fact] = f.Value
		}
		require.Equal(t, c.want, got, name)
	}
}

func TestAnUnknownDeploymentExcludesNoSuspect(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	facts := Facts{}
	describe(run.Spec{Engine: &engine.Info{Engine: "openai"}}, run.Spec{}, facts)
	require.Len(t, rank(entries, facts), len(entries))
	require.False(t, overWorldSize(facts, nil).Known)
}
