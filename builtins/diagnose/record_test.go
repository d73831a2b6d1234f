package diagnose

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
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
		"the PyTorch backend, which captures graphs": {run.Spec{Deployment: engine.Deployment{Model: "m", Backend: "pytorch"}, Engine: &engine.Info{Settings: map[string]string{"cuda_graph_config.max_batch_size": "8"}}},
			map[string]any{"deployment.same_model": false, "deployment.captured": true}},
		"the PyTorch backend, which does not": {run.Spec{Deployment: engine.Deployment{Model: "m", Backend: "pytorch"}, Engine: &engine.Info{Settings: map[string]string{"cuda_graph_config": "None"}}},
			map[string]any{"deployment.same_model": false, "deployment.captured": false}},
		"the PyTorch backend": {run.Spec{Engine: &engine.Info{Arch: "LlamaForCausalLM", Settings: map[string]string{
			"tensor_parallel_size": "2", "pipeline_parallel_size": "2", "context_parallel_size": "1", "enable_chunked_prefill": "False", "kv_cache_config.dtype": "fp8"}}},
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

func TestOneRankIsSaidInTheEnginesWords(t *testing.T) {
	for _, c := range []struct {
		d       engine.Deployment
		as, off string
		left    map[string]any
	}{
		{engine.Deployment{WorldSize: 2}, "world_size 2", "world_size 1", map[string]any{"world_size": 1}},
		{engine.Deployment{WorldSize: 1}, "", "", map[string]any{"world_size": 1}},
		{engine.Deployment{}, "", "", map[string]any{}},
		{engine.Deployment{Backend: "pytorch", Args: map[string]any{"tensor_parallel_size": 4, "moe_expert_parallel_size": 4, "moe_tensor_parallel_size": 1}},
			"tensor_parallel_size 4", "tensor_parallel_size 1", map[string]any{"tensor_parallel_size": 1, "moe_expert_parallel_size": 1, "moe_tensor_parallel_size": 1}},
		{engine.Deployment{Backend: "pytorch", Args: map[string]any{"tensor_parallel_size": 2, "pipeline_parallel_size": 2}},
			"tensor_parallel_size 2 and pipeline_parallel_size 2", "tensor_parallel_size 1 and pipeline_parallel_size 1", map[string]any{"tensor_parallel_size": 1, "pipeline_parallel_size": 1}},
	} {
		settings, err := c.d.Settings()
		require.NoError(t, err)
		one, as, off := onOneRank(c.d, settings)
		require.Equal(t, []string{c.as, c.off}, []string{as, off})
		left, err := one.Settings()
		require.NoError(t, err)
		require.Equal(t, c.left, left)
		axes, _, err := axesOf(c.d, nil, false)
		require.NoError(t, err)
		if c.off == "" {
			require.Empty(t, axes)
			continue
		}
		require.Equal(t, []string{c.as, c.off}, []string{axes[0].name, axes[0].off})
		left, err = axes[0].strip(c.d).Settings()
		require.NoError(t, err)
		require.Equal(t, c.left, left)
	}
}

// A run is evidence of one rank only where that is known, and of the same model.
func TestOnlyARunKnownToHaveOneRankIsEvidenceOfOne(t *testing.T) {
	runOf := func(model string, settings map[string]any) *run.Run {
		spec := run.Spec{Deployment: engine.Deployment{Model: model}, Settings: settings, Import: &run.Import{Format: "lm-eval samples"}}
		w, err := run.NewWriter(spec, run.Options{Root: t.TempDir(), Name: "r"})
		require.NoError(t, err)
		require.NoError(t, w.Add(run.Sample{Ref: "A", Output: "A", Row: -1}, "q", nil))
		r, err := w.Finish()
		require.NoError(t, err)
		return r
	}
	base := runOf("m", nil)
	of := func(model string, settings map[string]any) *compare.Comparison {
		return &compare.Comparison{Test: runOf(model, settings), Base: base}
	}
	eight := map[string]any{"tensor_parallel_size": 8, "pipeline_parallel_size": 1}
	for name, c := range map[string]struct {
		model    string
		settings map[string]any
		evidence bool
	}{
		"AutoDeploy on one":  {"m", map[string]any{"world_size": 1}, true},
		"AutoDeploy on two":  {"m", map[string]any{"world_size": 2}, false},
		"PyTorch on one":     {"m", map[string]any{"tensor_parallel_size": 1, "pipeline_parallel_size": 1}, true},
		"PyTorch on four":    {"m", map[string]any{"tensor_parallel_size": 4}, false},
		"PyTorch, two by pp": {"m", map[string]any{"tensor_parallel_size": 1, "pipeline_parallel_size": 2}, false},
		"another model":      {"n", map[string]any{"world_size": 1}, false},
		"a server":           {"m", map[string]any{"url": "http://h"}, false},
		"an import":          {"m", nil, false},
	} {
		extra := of(c.model, c.settings)
		require.Equal(t, c.evidence, atWorldSize1(of("m", eight), []*compare.Comparison{extra}) == extra, name)
	}
	single := of("", map[string]any{"world_size": 1})
	require.Nil(t, atWorldSize1(of("", eight), []*compare.Comparison{single}), "two imports without a model may be of any two")
}

func TestAnUnknownDeploymentExcludesNoSuspect(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	facts := Facts{}
	describe(run.Spec{Engine: &engine.Info{Engine: "openai"}}, run.Spec{}, facts)
	require.Len(t, rank(entries, facts), len(entries))
	require.False(t, overWorldSize(facts, nil).Known)
}
