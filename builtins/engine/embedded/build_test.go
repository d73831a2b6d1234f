package embedded

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded/internal/fault"
)

// buildWith is the release with a fault.
func buildWith(t *testing.T, planted fault.Fault) string {
	t.Helper()
	for _, build := range Builds() {
		if f, err := fault.Of(build); err == nil && f == planted {
			return build
		}
	}
	t.Fatalf("no build has fault %d", planted)
	return ""
}

func TestBuildNamesGiveNothingAway(t *testing.T) {
	require.Len(t, Builds(), 4)
	for _, b := range Builds() {
		require.Regexp(t, regexp.MustCompile(`^r2026\.\d\d-[0-9a-f]{6}$`), b)
	}
	_, err := Open(t.Context(), engine.Deployment{Model: "testdata/llama", Build: "nightly"})
	require.ErrorContains(t, err, `engine build "nightly" is unknown`)
}

// quantizedModel is a random model with an MLP of 576, quantized.
func quantizedModel(t *testing.T, format checkpoint.Format) engine.Deployment {
	t.Helper()
	shape := modelShape{hidden: 64, layers: 1, heads: 2, kvHeads: 1, headDim: 32, intermediate: 576, vocab: 272, positions: 256}
	source := writeRandomModel(t, shape, func(tensors map[string]testTensor) {
		// Rows of very different size, so that a neighbour's scale is wrong.
		up := tensors["model.layers.0.mlp.up_proj.weight"]
		for n := range up.shape[0] {
			for k := range up.shape[1] {
				up.values[n*up.shape[1]+k] *= float32(1 + n/128)
			}
		}
	})
	amax, err := Calibrate(t.Context(), source, sharedPrefixPrompts())
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "quantized")
	require.NoError(t, checkpoint.Quantize(source, format, dir, checkpoint.QuantizeOptions{InputMaxima: amax}))
	return engine.Deployment{Model: dir}
}

func loadedScales(t *testing.T, d engine.Deployment, module string) engine.LoadedScale {
	t.Helper()
	scales, err := openEngine(t, d).(engine.ScaleReader).LoadedScales(t.Context())
	require.NoError(t, err)
	for _, s := range scales {
		if s.Module == module {
			return s
		}
	}
	t.Fatalf("%s is not among the loaded scales", module)
	return engine.LoadedScale{}
}

func TestLoadedScalesTimesCodesAreTheDequantizedWeights(t *testing.T) {
	for _, format := range []checkpoint.Format{checkpoint.FP8, checkpoint.FP8Block, checkpoint.NVFP4} {
		d := quantizedModel(t, format)
		const module = "model.layers.0.mlp.up_proj"
		got := loadedScales(t, d, module)
		require.Equal(t, string(format), got.Format)
		files, err := checkpoint.Open(d.Model)
		require.NoError(t, err)
		w, err := files.Linear(module)
		require.NoError(t, err)
		want := w.Dequantize()
		columns := (got.K + got.Group - 1) / got.Group
		row := make([]float32, got.K)
		for n := range got.N {
			codes(w, n, 0, row)
			for k, code := range row {
				require.InEpsilon(t, 1+want[n*got.K+k], 1+code*got.Values[n*columns+k/got.Group], 1e-6)
			}
		}
		require.NoError(t, files.Close())
	}
}

func TestBlockSizeByDivisionGivesRowsANeighboursScale(t *testing.T) {
	right := quantizedModel(t, checkpoint.FP8Block)
	wrong := right
	wrong.Build = buildWith(t, fault.BlockSizeByDivision)
	const up, q = "model.layers.0.mlp.up_proj", "model.layers.0.self_attn.q_proj"
	require.Equal(t, loadedScales(t, right, q), loadedScales(t, wrong, q), "a single block")

	a, b := loadedScales(t, right, up), loadedScales(t, wrong, up)
	differing := 0
	for i := range a.Values {
		if a.Values[i] != b.Values[i] {
			differing++
		}
	}
	require.Equal(t, 120, differing, "of 576 rows in blocks of 116 for 128")
	requireDifferentAnswers(t, right, wrong)
	const fake = "transforms.fuse_finegrained_fp8_linear.enabled"
	requireDifferentAnswers(t, with(right, fake, false), with(wrong, fake, false))
}

func TestScaleBytesAsNumbersAreWholeMultiplesOfTheTensorScale(t *testing.T) {
	right := quantizedModel(t, checkpoint.NVFP4)
	wrong := right
	wrong.Build = buildWith(t, fault.ScaleBytesAsNumbers)
	const up = "model.layers.0.mlp.up_proj"
	files, err := checkpoint.Open(right.Model)
	require.NoError(t, err)
	defer files.Close()
	w, err := files.Linear(up)
	require.NoError(t, err)
	for i, v := range loadedScales(t, wrong, up).Values {
		require.Equal(t, float32(w.Scales[i])*w.Scale, v)
	}
	requireDifferentAnswers(t, right, wrong)
}

func TestAttentionScaleConstantSparesPromptsOfOneToken(t *testing.T) {
	for _, backend := range []string{"torch", "paged"} {
		right := fixture("llama", "attn_backend", backend)
		wrong := right
		wrong.Build = buildWith(t, fault.AttentionScaleConstant)
		require.Equal(t, generate(t, openEngine(t, right), [][]int32{{65}}, 1), generate(t, openEngine(t, wrong), [][]int32{{65}}, 1))
		requireDifferentAnswers(t, right, wrong)
	}
}

func TestReducePerBranchNeedsTwoRanks(t *testing.T) {
	right := fixture("qwen2-moe")
	wrong := right
	wrong.Build = buildWith(t, fault.ReducePerBranch)
	require.Equal(t, generate(t, openEngine(t, right), sharedPrefixPrompts(), 1), generate(t, openEngine(t, wrong), sharedPrefixPrompts(), 1))
	right.WorldSize, wrong.WorldSize = 2, 2
	requireDifferentAnswers(t, right, wrong)

	dense := fixture("llama", "world_size", 2)
	other := dense
	other.Build = wrong.Build
	require.Equal(t, generate(t, openEngine(t, dense), sharedPrefixPrompts(), 1), generate(t, openEngine(t, other), sharedPrefixPrompts(), 1))
}

func requireDifferentAnswers(t *testing.T, right, wrong engine.Deployment) {
	t.Helper()
	prompt := sharedPrefixPrompts()[3:4]
	a, b := generate(t, openEngine(t, right), prompt, 1)[0], generate(t, openEngine(t, wrong), prompt, 1)[0]
	difference := rmsDifference(b.Logits, a.Logits)
	t.Logf("relative RMS difference %.2g", difference)
	require.Greater(t, difference, 0.02)
}

func quantizedWithoutCalibration(t *testing.T) engine.Deployment {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "quantized")
	require.NoError(t, checkpoint.Quantize("testdata/llama", checkpoint.FP8, dir, checkpoint.QuantizeOptions{}))
	return engine.Deployment{Model: dir}
}
