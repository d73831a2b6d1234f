package transformers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/casebook"
	"adkernel/builtins/engine"
)

// modelsVariable names more checkpoints to compare, separated by colons.
const modelsVariable = "ADKERNEL_TEST_MODELS"

// In float32 both engines compute the same numbers, but for the order of sums;
// in bfloat16 they round at the same places.
func TestLogitsAgreeWithTheEmbeddedEngine(t *testing.T) {
	models := []string{filepath.Join(demo, "dense"), filepath.Join(demo, "moe"), fixture("llama-bias-llama3-rope")}
	if more := os.Getenv(modelsVariable); more != "" {
		models = append(models, strings.Split(more, ":")...)
	}
	for _, model := range models {
		t.Run(filepath.Base(model), func(t *testing.T) {
			d := engine.Deployment{Model: model, DType: "float32"}
			theirs, _ := open(t, d)
			ours := openEmbedded(t, d)
			texts := sentences()
			if !strings.Contains(model, "testdata") {
				texts = prompts(t, ours, 36)
			}
			requests := asked(t, theirs, texts, 4)
			require.Equal(t, asked(t, ours, texts, 4), requests, "token ids")
			got, want := answers(t, theirs, requests), answers(t, ours, requests)
			most, agreement := compare(t, got, want)
			t.Logf("float32: logits within %.1e, %.1f %% equal choices of %d", most, 100*agreement, len(want))
			require.LessOrEqual(t, most, 1e-4)
			for i := range want {
				require.Equal(t, want[i].Tokens, got[i].Tokens, "prompt %d", i)
				require.Equal(t, want[i].Text, got[i].Text, "prompt %d", i)
				require.Equal(t, want[i].Finish, got[i].Finish, "prompt %d", i)
			}
		})
	}
	t.Run("bfloat16", func(t *testing.T) {
		d := engine.Deployment{Model: filepath.Join(demo, "dense"), DType: "bfloat16"}
		theirs, _ := open(t, d.With("eager", "attn_backend"))
		ours := openEmbedded(t, d)
		requests := asked(t, theirs, prompts(t, ours, 90), 1)
		most, agreement := compare(t, answers(t, theirs, requests), answers(t, ours, requests))
		t.Logf("bfloat16: logits within %.1e, %.1f %% equal choices of %d", most, 100*agreement, len(requests))
		require.GreaterOrEqual(t, agreement, 0.95)
	})
}

// The three formats of the demo's quantized checkpoints, by the products of
// codes and by fake quantization, against the embedded engine's own.
func TestQuantizedLogitsAgreeWithTheEmbeddedEngine(t *testing.T) {
	demo, err := casebook.Open(t.Context())
	require.NoError(t, err)
	fake := func(d engine.Deployment) engine.Deployment {
		for _, format := range []string{"fp8", "finegrained_fp8", "nvfp4"} {
			d = d.With(false, "transforms", "fuse_"+format+"_linear", "enabled")
		}
		return d
	}
	for name, c := range map[string]struct {
		d     engine.Deployment
		quant string
	}{
		"FP8":              {demo.FP8, "FP8"},
		"FP8, fake":        {fake(demo.FP8), "FP8"},
		"FP8 blocks":       {demo.FP8Block, "FP8_BLOCK"},
		"FP8 blocks, fake": {fake(demo.FP8Block), "FP8_BLOCK"},
		"NVFP4, fake":      {fake(demo.NVFP4), "NVFP4"},
	} {
		t.Run(name, func(t *testing.T) {
			c.d.DType = "float32" // what is left to differ is the order of sums
			theirs, _ := open(t, c.d)
			require.Equal(t, c.quant, theirs.Info().Quant)
			ours := openEmbedded(t, c.d)
			requests := asked(t, theirs, prompts(t, ours, 18), 1)
			most, agreement := compare(t, answers(t, theirs, requests), answers(t, ours, requests))
			t.Logf("%s: logits within %.1e, %.1f %% equal choices of %d", name, most, 100*agreement, len(requests))
			require.Equal(t, 1.0, agreement)
			// An activation on the border between two codes may fall to either
			// side, a step of 2^-4; most prompts have none.
			require.LessOrEqual(t, most, 0.5)

			got, err := theirs.LoadedScales(t.Context())
			require.NoError(t, err)
			want, err := ours.(engine.ScaleReader).LoadedScales(t.Context())
			require.NoError(t, err)
			require.Equal(t, scalesOf(want), scalesOf(got))
		})
	}
}

// scalesOf is keyed by module: the engines list them in different orders.
func scalesOf(list []engine.LoadedScale) map[string]engine.LoadedScale {
	out := map[string]engine.LoadedScale{}
	for _, s := range list {
		out[s.Module] = s
	}
	return out
}
