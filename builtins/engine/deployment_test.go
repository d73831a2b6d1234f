package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func config(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ad.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestSettingsMergeDeeplyAndKeywordArgumentsWin(t *testing.T) {
	d := Deployment{
		Model:     "/m",
		Config:    config(t, "world_size: 4\nattn_backend: paged\ntransforms:\n  fuse_fp8_linear: {enabled: true}\n  fuse_moe: {enabled: true}\n"),
		Args:      map[string]any{"attn_backend": "torch", "transforms": map[string]any{"fuse_moe": map[string]any{"enabled": false}}},
		WorldSize: 2,
	}
	settings, err := d.Settings()
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"world_size":   2,
		"attn_backend": "torch",
		"transforms": map[string]any{
			"fuse_fp8_linear": map[string]any{"enabled": true},
			"fuse_moe":        map[string]any{"enabled": false},
		},
	}, settings)
}

func TestWithLeavesTheDeploymentAsItIs(t *testing.T) {
	d := Deployment{Model: "/m", WorldSize: 2, Args: map[string]any{"kv_cache_config": map[string]any{"dtype": "fp8"}}}
	changed := d.With(false, "kv_cache_config", "enable_block_reuse").With(1, "world_size")
	settings, err := changed.Settings()
	require.NoError(t, err)
	require.Equal(t, map[string]any{"world_size": 1, "kv_cache_config": map[string]any{"dtype": "fp8", "enable_block_reuse": false}}, settings)
	require.Equal(t, map[string]any{"kv_cache_config": map[string]any{"dtype": "fp8"}}, d.Args)
	require.Equal(t, 2, d.WorldSize)
}

func TestSettingsThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		d    Deployment
		want string
	}{
		"no file":    {Deployment{Model: "/m/a", Config: "/nowhere/ad.yaml"}, "deployment a: config: open /nowhere/ad.yaml"},
		"not YAML":   {Deployment{Model: "/m/a", Config: config(t, "a: [1")}, "ad.yaml"},
		"a list":     {Deployment{Model: "/m/a", Config: config(t, "- 1\n")}, "ad.yaml"},
		"world size": {Deployment{Model: "/m/a", WorldSize: -1}, "deployment a: world size -1: want 1 or more"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.d.Settings()
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestFieldsStandForSettings(t *testing.T) {
	d := Deployment{Model: "/m", DType: "float32", BatchSize: 4, Args: map[string]any{"max_batch_size": 9, "model_kwargs": map[string]any{"x": 1}}}
	settings, err := d.Settings()
	require.NoError(t, err)
	require.Equal(t, map[string]any{"max_batch_size": 4, "model_kwargs": map[string]any{"x": 1, "torch_dtype": "float32"}}, settings)

	settings, err = d.With("float16", "model_kwargs", "torch_dtype").With(8, "max_batch_size").Settings()
	require.NoError(t, err)
	require.Equal(t, map[string]any{"max_batch_size": 8, "model_kwargs": map[string]any{"x": 1, "torch_dtype": "float16"}}, settings)

	settings, err = Deployment{Model: "/m", Backend: "pytorch", DType: "bfloat16"}.Settings()
	require.NoError(t, err)
	require.Equal(t, map[string]any{"dtype": "bfloat16"}, settings)
}

func TestADeploymentSaysWhatItSets(t *testing.T) {
	d := Deployment{Name: "fp8", Model: "/m/llama-fp8", Config: "ad.yaml", WorldSize: 2}
	require.Equal(t, "fp8: /m/llama-fp8, config ad.yaml, attn_backend torch, world_size 2", d.With("torch", "attn_backend").String())
	require.Equal(t, "llama: /m/llama", Deployment{Model: "/m/llama"}.String())
}

func TestLabel(t *testing.T) {
	require.Equal(t, "llama-fp8", Deployment{Model: "/models/llama-fp8"}.Label())
	require.Equal(t, "served", Deployment{Model: "/models/llama-fp8", Name: "served"}.Label())
}
