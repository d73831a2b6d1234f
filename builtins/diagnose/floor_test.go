package diagnose

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

func TestRoundingIsThatOfTheCoarserFormat(t *testing.T) {
	for _, c := range []struct {
		own, other      string
		coarse, precise string // what the deployment is loaded in beside its own format
		share           float64
	}{
		{"bfloat16", "bfloat16", "", "float32", 1},
		{"bfloat16", "float32", "", "float32", 1},
		{"float16", "float16", "", "float32", 1},
		{"float16", "bfloat16", "bfloat16", "float32", 1},
		{"float32", "bfloat16", "bfloat16", "", 1},
		{"float32", "float16", "float16", "", 1},
		{"float32", "float32", "bfloat16", "", float32Share},
		{"", "bfloat16", "bfloat16", "float32", 1},
		{"bfloat16", "auto", "", "float32", 1},
		{"float16", "auto", "bfloat16", "float32", 1},
		{"float32", "auto", "bfloat16", "", 1},
		{"auto", "float32", "bfloat16", "float32", 1},
		{"auto", "auto", "", "float32", 1},
	} {
		r := roundingOf(engine.Deployment{Model: "m"}, c.own, c.other)
		coarse, precise, err := rounded(r, "", func(d engine.Deployment) (string, error) {
			settings, err := d.Settings()
			return settings["model_kwargs"].(map[string]any)["torch_dtype"].(string), err
		})
		require.NoError(t, err)
		require.Equal(t, []any{c.coarse, c.precise, c.share}, []any{coarse, precise, r.share}, "%s against %s", c.own, c.other)
	}
	settings, err := roundingOf(engine.Deployment{Backend: "pytorch"}, "bfloat16", "bfloat16").precise.Settings()
	require.NoError(t, err)
	require.Equal(t, map[string]any{"dtype": "float32"}, settings, "in the engine's own words")
}

// Engines refuse a cache in another format than that of the activations.
func TestACacheInTheFormatOfTheActivationsFollowsThem(t *testing.T) {
	for kept, want := range map[string]string{"bfloat16": "float32", "float32": "float32", "fp8": "fp8", "auto": "auto"} {
		settings, err := inFormat(engine.Deployment{DType: "bfloat16"}.With(kept, "kv_cache_config", "dtype"), "float32").Settings()
		require.NoError(t, err)
		require.Equal(t, map[string]any{"dtype": want}, settings["kv_cache_config"], kept)
	}
	settings, err := inFormat(engine.Deployment{}, "float32").Settings()
	require.NoError(t, err)
	require.NotContains(t, settings, "kv_cache_config")
}

func TestPromptsBeyondTheWorstRoundingAreDividedFromTheOthers(t *testing.T) {
	beyond, others := divided(reading{errors: []float64{0, 2.9, 3, 40}}, 1)
	require.Equal(t, []int{2, 3}, beyond)
	require.Equal(t, []int{0, 1}, others)
	beyond, others = divided(reading{errors: []float64{math.NaN(), math.Inf(1), 1}}, reading{errors: []float64{.5, math.Inf(1), math.NaN()}}.worst())
	require.Equal(t, []int{1}, beyond)
	require.Equal(t, []int{2}, others)
	beyond, _ = divided(reading{errors: []float64{0, 1e-9}}, 0)
	require.Equal(t, []int{1}, beyond, "without rounding only the same is right")
}
