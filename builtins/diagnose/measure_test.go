package diagnose

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
)

func TestRelativeErrorIgnoresShiftsAndShowsNaN(t *testing.T) {
	want := []float32{1, 2, 3, 6}
	require.Zero(t, relativeError(want, want))
	require.InDelta(t, 0, relativeError([]float32{11, 12, 13, 16}, want), 1e-6)
	require.InDelta(t, 1, relativeError([]float32{2, 4, 6, 12}, want), 1e-6)
	require.True(t, math.IsInf(relativeError([]float32{1, 2, 3, float32(math.NaN())}, want), 1))
	require.True(t, math.IsInf(relativeError(want[:3], want), 1))
	require.True(t, math.IsInf(relativeError([]float32{1, 2, 3, 6}, []float32{1, 1, 1, 1}), 1))
	require.Zero(t, relativeError([]float32{5, 5}, []float32{1, 1}))
}

func TestOutputsAreClassified(t *testing.T) {
	answers := []string{"A", "B", "C", "D"}
	for output, want := range map[string]kindOfOutput{
		" B": anAnswer, "C.": anAnswer, "D\n\n": anAnswer,
		"": empty, " \n": empty,
		"The answer is B": metaText, "Answer: A": metaText, "The user wants": metaText, "Let me think": metaText,
		"!!!!": gibberish, "Bq": gibberish, "zx": gibberish,
	} {
		require.Equal(t, want, classify(output, answers), "%q", output)
	}
}

func TestTheOtherRotaryLayoutAndBackIsTheSame(t *testing.T) {
	values := make([]float32, 2*8*3) // two heads of 8, three columns
	for i := range values {
		values[i] = float32(i)
	}
	edited := slices.Clone(values)
	require.True(t, interleaved(8, false)("model.layers.0.self_attn.q_proj.weight", []int{16, 3}, edited))
	// Row 4 of a head (the first of its second half) becomes row 1.
	require.Equal(t, values[4*3:5*3], edited[1*3:2*3])
	require.True(t, interleaved(8, true)("model.layers.0.self_attn.q_proj.weight", []int{16, 3}, edited))
	require.Equal(t, values, edited)
	require.False(t, interleaved(8, false)("model.layers.0.self_attn.v_proj.weight", []int{16, 3}, edited))
	require.False(t, interleaved(5, false)("model.layers.0.self_attn.q_proj.weight", []int{16, 3}, edited))
}

func TestARepairChangesOnlyWhatItNames(t *testing.T) {
	model := filepath.Join("..", "..", "notebooks", "demo", "dense")
	dir := t.TempDir()
	require.NoError(t, writeEdited(model, dir, scaled(2, isQuery)))
	before, err := checkpoint.Open(model)
	require.NoError(t, err)
	defer before.Close()
	after, err := checkpoint.Open(dir)
	require.NoError(t, err)
	defer after.Close()
	require.Equal(t, before.Names(), after.Names())
	for _, name := range before.Names() {
		a, _ := before.Tensor(name)
		b, _ := after.Tensor(name)
		x, err := a.Float32()
		require.NoError(t, err)
		y, err := b.Float32()
		require.NoError(t, err)
		if filepath.Ext(name) == ".weight" && isQuery(name[:len(name)-len(".weight")]) {
			for i := range x {
				x[i] *= 2
			}
		}
		require.Equal(t, x, y, name)
	}
	require.ErrorContains(t, writeEdited(model, t.TempDir(), scaled(2, func(string) bool { return false })), "no weights of that kind")
}

func TestAxesAreWhatDepartsFromPlain(t *testing.T) {
	d := engine.Deployment{Model: "m", WorldSize: 4, Args: map[string]any{
		"compile_backend": "torch-simple", "attn_backend": "flashinfer", "enable_chunked_prefill": true, "max_num_tokens": 128,
		"transforms":      map[string]any{"fuse_rmsnorm": map[string]any{"enabled": true}, "multi_stream_moe": map[string]any{"enabled": true}},
		"kv_cache_config": map[string]any{"dtype": "fp8"},
	}}
	axes, _, err := axesOf(d, nil, true)
	require.NoError(t, err)
	var names, off []string
	for _, a := range axes {
		names, off = append(names, a.name), append(off, a.off)
		d = a.strip(d)
	}
	require.Equal(t, []string{"world_size 4", "multi_stream_moe true", "attn_backend flashinfer", "enable_chunked_prefill true", "kv_cache_config.dtype fp8", "quantized kernels", "fusion of norm and rope"}, names)
	require.Equal(t, "world_size 1", off[0])
	stripped, _, err := axesOf(d, nil, false)
	require.NoError(t, err)
	require.Empty(t, stripped)
	settings, err := d.Settings()
	require.NoError(t, err)
	require.Equal(t, plainTokens, settings["max_num_tokens"])
}

func TestOnlyTheTestedDeploymentsNaNIsCounted(t *testing.T) {
	nan := float32(math.NaN())
	sound, constant, broken := []float32{1, 2, 3}, []float32{1, 1, 1}, []float32{1, nan, 3}
	r := read(rows{sound, broken, {float32(math.Inf(1)), 2, 3}}, rows{constant, sound, sound})
	require.Equal(t, 2, r.nan, "an infinite relative error is no NaN")
	require.Equal(t, 3, r.n())
	r = read(rows{sound, sound, broken}, rows{broken, sound, broken})
	require.Zero(t, r.nan, "nor is one that the reference has too")
	require.Equal(t, []int{1}, r.measured())
	require.Zero(t, r.median())
	require.True(t, math.IsNaN(read(rows{sound}, rows{broken}).median()))
	require.NoError(t, comparable(rows{broken}, rows{sound}))
	require.NoError(t, comparable(rows{sound, sound}, rows{sound, broken}))
	require.ErrorContains(t, comparable(rows{sound, sound}, rows{broken, broken}), "holds NaN or Inf itself after each of 2 probe prompts")
	require.ErrorContains(t, comparable(rows{sound[:2]}, rows{sound}), "rows of 2 logits, and of 3")
}

func TestScalesAreRightOnlyWhereAllWereTold(t *testing.T) {
	right := checkpoint.LoadedLayer{Module: "a"}
	wrong := checkpoint.LoadedLayer{Module: "b", Cause: checkpoint.CauseUnknown, Finding: "f"}
	for name, c := range map[string]struct {
		report  checkpoint.LoadedReport
		layers  any
		problem string
	}{
		"none":               {checkpoint.LoadedReport{}, nil, "tells no layer's scales"},
		"none of two":        {checkpoint.LoadedReport{NotLoaded: []string{"c", "d"}}, nil, "0 of 2 quantized layers"},
		"right, one missing": {checkpoint.LoadedReport{Layers: []checkpoint.LoadedLayer{right}, NotLoaded: []string{"c"}}, nil, "1 of 2 quantized layers, which are the stored ones, and not those of c"},
		"wrong, one missing": {checkpoint.LoadedReport{Layers: []checkpoint.LoadedLayer{right, wrong}, NotLoaded: []string{"c"}}, 1.0, ""},
		"right, all":         {checkpoint.LoadedReport{Layers: []checkpoint.LoadedLayer{right}}, 0.0, ""},
	} {
		facts := Facts{}
		err := observeScales(&c.report, facts)
		if c.problem != "" {
			require.ErrorContains(t, err, c.problem, name)
			require.Empty(t, facts, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, c.layers, facts["loaded.wrong"].Value, name)
	}
}

// One that AutoDeploy takes for a misspelt name stops the engine.
func TestPassesThatAreSwitchedOffAreOfPublishedVersions(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "engine", "trtllm", "python", "arguments.py"))
	require.NoError(t, err)
	names := strings.Fields(string(text))
	for _, pass := range fakeQuantization {
		require.Contains(t, names, pass)
	}
	for _, group := range fusionGroups(traits{}) {
		for _, pass := range group.passes {
			require.Contains(t, names, pass)
		}
	}
}

// What is changed is what is in force: of TensorRT-LLM, what it does by default
// too. Its graphs do not hold attention by its formula.
func TestChangesAreOfWhatIsInForce(t *testing.T) {
	for name, c := range map[string]struct {
		d      engine.Deployment
		record map[string]string
		want   map[string]string // names by fact
		after  string            // of the change of attention
	}{
		"AutoDeploy": {engine.Deployment{Backend: "autodeploy"}, autoDeployRecord, map[string]string{"eager.excess": "compile_backend torch-simple",
			"attention.excess": "attn_backend torch and compile_backend torch-simple", "alone.excess": "one prompt at a time", "unreused.excess": "no block reuse"}, "eager.excess"},
		"PyTorch": {engine.Deployment{Backend: "pytorch"}, pyTorchRecord, map[string]string{"eager.excess": eagerWords,
			"attention.excess": "attn_backend VANILLA and " + eagerWords, "alone.excess": "one prompt at a time", "unreused.excess": "no block reuse"}, "eager.excess"},
		"PyTorch, plain": {engine.Deployment{Backend: "pytorch"}, map[string]string{"cuda_graph_config": "None", "attn_backend": "TRTLLM", "kv_cache_config.enable_block_reuse": "False"},
			map[string]string{"attention.excess": "attn_backend VANILLA", "alone.excess": "one prompt at a time"}, ""},
		"embedded, by default": {engine.Deployment{}, map[string]string{"compile_backend": "torch-cudagraph"}, map[string]string{"alone.excess": "one prompt at a time", "unreused.excess": "no block reuse"}, ""},
		"embedded": {engine.Deployment{}.With("torch-cudagraph", "compile_backend").With("paged", "attn_backend").With(false, "kv_cache_config", "enable_block_reuse"), nil,
			map[string]string{"eager.excess": "compile_backend torch-simple", "attention.excess": "attn_backend torch", "alone.excess": "one prompt at a time"}, ""},
	} {
		p := &prober{test: c.d}
		force, err := settingsInForce(c.d, &engine.Info{Settings: c.record})
		require.NoError(t, err)
		list, err := p.changes(force)
		require.NoError(t, err)
		got, after := map[string]string{}, ""
		for _, change := range list {
			got[change.fact] = change.name
			after += change.after
		}
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.after, after, name)
	}
	eager, _ := eagerly(engine.Deployment{Backend: "autodeploy"}, inForce{all: map[string]string{"compile_backend": "torch-opt", "transforms.compile_model.piecewise_enabled": "true"}})
	require.Equal(t, false, lookup(eager.Args, []string{"transforms", "compile_model", "piecewise_enabled"}), "without a backend that captures it is refused")
}
