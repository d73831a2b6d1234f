package transformers

import (
	"fmt"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

func TestSettingsInAutoDeploysWords(t *testing.T) {
	d := engine.Deployment{Model: "/m/llama", DType: "float32", BatchSize: 4, Args: map[string]any{
		"attn_backend": "torch", "compile_backend": "torch-compile", "device": "cuda:1",
		"kv_cache_config": map[string]any{"enable_block_reuse": false},
		"transforms":      map[string]any{"fuse_fp8_linear": map[string]any{"enabled": false}, "multi_stream_moe": map[string]any{"enabled": false}, "fuse_l2norm": map[string]any{"enabled": false}},
		"model_kwargs":    map[string]any{"num_hidden_layers": 2},
	}}
	var logged []string
	settings, err := readSettings(d, func(format string, args ...any) { logged = append(logged, fmt.Sprintf(format, args...)) })
	require.NoError(t, err)
	require.Equal(t, []string{"transforms.fuse_l2norm.enabled: false changes nothing: neither this engine nor any known AutoDeploy has a pass of that name"}, logged)
	inForce := settings["in_force"].(map[string]string)
	delete(settings, "in_force")
	require.Equal(t, map[string]any{
		"device": "cuda:1", "dtype": "float32", "kv_cache_dtype": "auto", "attention": "eager", "compile": true,
		"max_batch_size": 4, "max_num_tokens": 8192, "max_seq_len": 1 << 20, "prefix_cache": false, "trust_remote_code": false,
		"model_kwargs": map[string]any{"num_hidden_layers": 2},
		"fused":        map[string]any{"fp8": false, "fp8-block": true, "nvfp4": false},
	}, settings)
	require.Equal(t, "torch", inForce["attn_backend"])
	require.Equal(t, "2", inForce["model_kwargs.num_hidden_layers"])
	require.Equal(t, "1", inForce["world_size"])
}

func TestSettingsThatWouldHaveNoEffectAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		args map[string]any
		want string
	}{
		"misspelt":       {map[string]any{"max_batchsize": 3}, `has no setting max_batchsize; did you mean "max_batch_size"?`},
		"ranks":          {map[string]any{"world_size": 2}, "world_size: 2 has no effect here (the transformers engine is one process"},
		"real FP4":       {map[string]any{"transforms": map[string]any{"fuse_nvfp4_linear": map[string]any{"enabled": true}}}, "it has no FP4 kernel"},
		"absent pass":    {map[string]any{"transforms": map[string]any{"fuse_moe": map[string]any{"enabled": true}}}, "has no setting transforms.fuse_moe.enabled"},
		"misspelt pass":  {map[string]any{"transforms": map[string]any{"fuse_fp8_liner": map[string]any{"enabled": false}}}, `has no setting transforms.fuse_fp8_liner.enabled; did you mean "transforms.fuse_fp8_linear.enabled"?`},
		"no pass":        {map[string]any{"transforms": map[string]any{"enabled": false}}, "has no setting transforms.enabled"},
		"attention":      {map[string]any{"attn_backend": "flashinfer"}, "attn_backend: flashinfer: want eager, flash_attention_2"},
		"batch of words": {map[string]any{"max_batch_size": "many"}, "max_batch_size: many: want a whole number from 1 on"},
		"dtype":          {map[string]any{"model_kwargs": map[string]any{"torch_dtype": "int4"}}, "model_kwargs.torch_dtype: int4: want auto, float32"},
		"FP8 cache":      {map[string]any{"kv_cache_config": map[string]any{"dtype": "fp8"}}, "kv_cache_config.dtype: fp8: want auto"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readSettings(engine.Deployment{Model: "/m/llama", Args: c.args}, t.Logf)
			require.ErrorContains(t, err, "deployment llama: ")
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestBatchesAreCutRight(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on this machine")
	}
	out, err := exec.Command(python, "testdata/check_plan.py", "python").CombinedOutput()
	require.NoError(t, err, "%s", out)
}
