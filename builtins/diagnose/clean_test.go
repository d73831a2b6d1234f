package diagnose_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func copyModel(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
}

// served is a deployment in the configuration that the cases run in.
func served(d engine.Deployment) engine.Deployment {
	return d.With("torch-cudagraph", "compile_backend").With("paged", "attn_backend").
		With(true, "enable_chunked_prefill").With(256, "max_num_tokens")
}

// Sound deployments at n = 180. Some lose a little by their format alone.
func TestACleanDeploymentIsAccusedOfNothing(t *testing.T) {
	d := demo(t)
	for name, c := range map[string]struct{ deploy, base engine.Deployment }{
		"fp8":               {served(d.FP8), d.BF16},
		"fp8 in blocks":     {served(d.FP8Block), d.BF16},
		"nvfp4":             {served(d.NVFP4), d.BF16},
		"bf16 on two ranks": {served(d.BF16).With(2, "world_size"), d.BF16},
		"moe on two ranks":  {served(d.MoE).With(2, "world_size"), d.MoE},
	} {
		t.Run(name, func(t *testing.T) {
			out := diagnosed(t, name, c.deploy, c.base)
			t.Log(out.Words)
			for _, s := range out.Suspects {
				require.True(t, s.Legitimate || s.Bits < 2, "%+v", s)
			}
		})
	}
}

// A loss that is all the format's own: the probes find the engine right, and
// say so, whatever the verdict of the comparison is.
func TestALossOfTheFormatIsNotCalledAFault(t *testing.T) {
	d := demo(t)
	c := compared(t, "nvfp4", served(d.NVFP4), d.BF16)
	forced := *c
	forced.Verdict.Outcome = compare.RealLoss
	out, err := diagnose.Run(t.Context(), &forced, diagnose.Options{Open: backend.Open})
	require.NoError(t, err)
	require.Equal(t, "quantization-itself", out.Suspects[0].Name)
	require.Contains(t, out.Words, "No fault is accused")
	for _, s := range out.Suspects[1:] {
		require.NotContains(t, []diagnose.Standing{diagnose.Shown, diagnose.Likely, diagnose.Possible}, s.Standing, "%+v", s)
	}
}

func TestWithoutAnEngineTheCardSaysThatNothingWasProbed(t *testing.T) {
	c := openCase(t, "moe-drop")
	out, err := diagnose.Run(t.Context(), compared(t, "moe-drop", c.Deploy, c.Base), diagnose.Options{})
	require.NoError(t, err)
	text := out.MimeBundle().Plain()
	require.Contains(t, text, "all probes: no result (not run: no engine was given), so its facts are unknown")
	require.Contains(t, text, "No suspect of the catalogue explains it.")
	for _, s := range out.Suspects {
		require.NotEqual(t, diagnose.Shown, s.Standing, s.Name)
	}
	encoded, err := json.Marshal(out)
	require.NoError(t, err)
	require.Contains(t, string(encoded), `"output_patterns":[{"name":"coherent but wrong","known":true,"present":true`)
}
