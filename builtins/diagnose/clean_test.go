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

func inFloat32(d engine.Deployment) engine.Deployment {
	d.DType = "float32"
	return d
}

// Sound deployments at n = 36: the comparison finds nothing to diagnose. And
// if chance, or the format alone, had made it a loss, the probes would find
// the engine right and accuse nobody of a fault.
func TestACleanDeploymentIsAccusedOfNothing(t *testing.T) {
	d := demo(t)
	for name, c := range map[string]struct{ deploy, base engine.Deployment }{
		"fp8":               {served(d.FP8), d.BF16},
		"fp8 in blocks":     {served(d.FP8Block), d.BF16},
		"nvfp4":             {served(d.NVFP4), d.BF16},
		"bf16 on two ranks": {served(d.BF16).With(2, "world_size"), d.BF16},
		"moe on two ranks":  {served(d.MoE).With(2, "world_size"), d.MoE},

		"float32 on two ranks":                 {inFloat32(served(d.BF16)).With(2, "world_size"), inFloat32(d.BF16)},
		"a float32 mixture of experts":         {inFloat32(served(d.MoE)).With(2, "world_size"), inFloat32(d.MoE)},
		"fp8 in float32 on two ranks":          {inFloat32(served(d.FP8)).With(2, "world_size"), inFloat32(d.BF16)},
		"bf16 against a float32 base":          {served(d.BF16), inFloat32(d.BF16)},
		"fp8 in blocks against a float32 base": {served(d.FP8Block), inFloat32(d.BF16)},
		"float16 on two ranks, against bf16":   {served(d.BF16).With("float16", "model_kwargs", "torch_dtype").With(2, "world_size"), d.BF16},
	} {
		t.Run(name, func(t *testing.T) {
			cmp := compared(t, name, cleanSamples, c.deploy, c.base)
			out, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Open: backend.Open})
			require.NoError(t, err)
			require.Empty(t, out.Suspects)
			require.Contains(t, out.Words, "Nothing to diagnose, and nothing is accused.")
			require.Contains(t, out.Words, "A loss of 5 points needs 268 samples")

			unlucky := *cmp
			unlucky.Verdict.Outcome = compare.RealLoss
			out, err = diagnose.Run(t.Context(), &unlucky, diagnose.Options{Open: backend.Open})
			require.NoError(t, err)
			t.Logf("%s; engine.excess %v", out.Words, out.Facts["engine.excess"].Value)
			for _, s := range out.Suspects {
				accused := s.Standing == diagnose.Shown || s.Standing == diagnose.Likely || s.Standing == diagnose.Possible
				require.True(t, s.Legitimate || !accused, "%+v", s)
			}
		})
	}
}

// Rounding to float32 hides no fault: the one of bf16-drop, computed in float32.
func TestAFaultIsShownInFloat32Too(t *testing.T) {
	c := openCase(t, "bf16-drop")
	cmp := *compared(t, "bf16-drop in float32", cleanSamples, inFloat32(c.Deploy), inFloat32(c.Base))
	cmp.Verdict.Outcome = compare.RealLoss
	d, err := diagnose.Run(t.Context(), &cmp, diagnose.Options{Open: backend.Open})
	require.NoError(t, err)
	require.Equal(t, "attention-scale", d.Suspects[0].Name)
	require.Equal(t, diagnose.Shown, d.Suspects[0].Standing)
}

func TestWithoutAnEngineTheCardSaysThatNothingWasProbed(t *testing.T) {
	c := openCase(t, "moe-drop")
	out, err := diagnose.Run(t.Context(), compared(t, "moe-drop", caseSamples, c.Deploy, c.Base), diagnose.Options{})
	require.NoError(t, err)
	text := out.MimeBundle().Plain()
	require.Contains(t, text, "all probes: no result (not run: no engine was to be loaded), so its facts are unknown")
	require.Contains(t, text, "Nobody can be accused by the two runs alone: what they show does not tell causes apart, and no probe compared the engines (not run: no engine was to be loaded). Open are 17 of 22 suspects (")
	for _, s := range out.Suspects {
		require.NotEqual(t, diagnose.Shown, s.Standing, s.Name)
	}
	encoded, err := json.Marshal(out)
	require.NoError(t, err)
	require.Contains(t, string(encoded), `"output_patterns":[{"name":"coherent but wrong","known":true,"present":true`)
}

func TestTheSeventhPatternNeedsARunAtWorldSize1(t *testing.T) {
	c := openCase(t, "moe-drop")
	cmp := compared(t, "moe-drop", caseSamples, c.Deploy, c.Base)
	seventh := func(extra ...*compare.Comparison) diagnose.Pattern {
		out, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Extra: extra})
		require.NoError(t, err)
		require.Len(t, out.Outputs, 7)
		require.Len(t, out.Subjects, 4)
		return out.Outputs[6]
	}
	require.False(t, seventh().Known)
	require.Contains(t, seventh().Words, "needs a run at world_size 1, and there is none")
	require.False(t, seventh(cmp).Known, "a run at world_size 2 is no evidence")

	single := *compared(t, "moe on one rank", caseSamples, c.Deploy.With(1, "world_size"), c.Base)
	require.False(t, seventh(&single).Present, "underpowered is not passing")
	require.Contains(t, seventh(&single).Words, "Underpowered")
	single.Verdict.Outcome = compare.NoLoss // as more samples would show
	require.True(t, seventh(&single).Present)
}
