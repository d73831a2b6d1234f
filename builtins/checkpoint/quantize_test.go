package checkpoint

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	original = "testdata/modelopt/bf16"
	layer    = "model.layers.0."
)

var (
	attention = []string{layer + "self_attn.q_proj", layer + "self_attn.k_proj", layer + "self_attn.v_proj"}
	linears   = append(attention[:3:3], layer+"mlp.down_proj")
)

// calibration is what modelopt measured: input_scale of its FP8 export x 448.
func calibration(t *testing.T) map[string]float32 {
	c := open(t, "testdata/modelopt/fp8")
	maxima := map[string]float32{}
	for _, module := range linears {
		l, err := c.Linear(module)
		require.NoError(t, err)
		maxima[module] = l.InputScale * 448
	}
	return maxima
}

func quantized(t testing.TB, as Format, opts QuantizeOptions) *Checkpoint {
	t.Helper()
	dst := filepath.Join(t.TempDir(), "quantized")
	require.NoError(t, Quantize(original, as, dst, opts))
	return open(t, dst)
}

func TestQuantizedWeightsAndScalesAreModeloptsToTheBit(t *testing.T) {
	for name, format := range map[string]Format{"fp8": FP8, "fp8_pb_wo": FP8Block, "nvfp4": NVFP4} {
		t.Run(name, func(t *testing.T) {
			want := open(t, filepath.Join("testdata/modelopt", name))
			got := quantized(t, format, QuantizeOptions{InputMaxima: calibration(t)})
			for _, module := range linears {
				w, err := want.Linear(module)
				require.NoError(t, err)
				g, err := got.Linear(module)
				require.NoError(t, err)
				require.Equal(t, w.Format, g.Format)
				require.Equal(t, string(w.Codes), string(g.Codes), "codes of %s", module)
				require.Equal(t, string(w.Scales), string(g.Scales), "group scales of %s", module)
				require.Equal(t, math.Float32bits(w.Scale), math.Float32bits(g.Scale), "scale of %s", module)
				require.Equal(t, w.BlockScale, g.BlockScale, "block scales of %s", module)
				require.InDelta(t, w.InputScale, g.InputScale, 1e-3*float64(w.InputScale), "input scale of %s", module)
			}
			require.Equal(t, format, got.Quantization().Format)
			require.True(t, got.Quantization().Excludes("lm_head"))
		})
	}
}

func TestInputScaleIsSharedBySiblings(t *testing.T) {
	maxima := map[string]float32{attention[0]: 1, attention[1]: 3, attention[2]: 2, layer + "mlp.down_proj": 7}
	for format, denominator := range map[Format]float64{FP8: 448, NVFP4: 6 * 448} {
		c := quantized(t, format, QuantizeOptions{InputMaxima: maxima})
		for module, amax := range map[string]float64{attention[0]: 3, attention[1]: 3, attention[2]: 3, layer + "mlp.down_proj": 7} {
			l, err := c.Linear(module)
			require.NoError(t, err)
			require.InEpsilon(t, amax/denominator, l.InputScale, 1e-6)
		}
	}
}

func TestWithoutCalibrationThereIsNoInputScale(t *testing.T) {
	c := quantized(t, FP8, QuantizeOptions{})
	for _, name := range c.Names() {
		require.NotContains(t, name, "input_scale")
	}
	text, err := os.ReadFile(filepath.Join(c.dir, configFile))
	require.NoError(t, err)
	var config struct {
		Model        string  `json:"model_type"`
		Epsilon      float64 `json:"rms_norm_eps"`
		Quantization struct {
			Groups map[string]struct {
				Activations struct{ Dynamic bool } `json:"input_activations"`
			} `json:"config_groups"`
		} `json:"quantization_config"`
	}
	require.NoError(t, json.Unmarshal(text, &config))
	require.Equal(t, "llama", config.Model)
	require.Equal(t, 1e-5, config.Epsilon)
	require.True(t, config.Quantization.Groups["group_0"].Activations.Dynamic)
}

func TestQuantizeIsDeterministic(t *testing.T) {
	opts := QuantizeOptions{InputMaxima: calibration(t)}
	for _, format := range quantizedFormats {
		a, b := quantized(t, format, opts).dir, quantized(t, format, opts).dir
		entries, err := os.ReadDir(a)
		require.NoError(t, err)
		for _, e := range entries {
			x, err := os.ReadFile(filepath.Join(a, e.Name()))
			require.NoError(t, err)
			y, err := os.ReadFile(filepath.Join(b, e.Name()))
			require.NoError(t, err)
			require.True(t, string(x) == string(y), "%s: %s differs", format, e.Name())
		}
	}
}

// model writes an unquantized checkpoint of bfloat16 matrices whose elements
// count up from -1 in small steps.
func model(t testing.TB, shapes map[string][]int) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, configFile, `{"model_type": "test"}`)
	var tensors []Tensor
	for name, shape := range shapes {
		tensor := Tensor{Name: name, DType: DTypeBF16, Shape: shape}
		for i := range tensor.Len() {
			bits := Float32ToBF16(-1 + float32(i%513)/256)
			tensor.Data = append(tensor.Data, byte(bits), byte(bits>>8))
		}
		tensors = append(tensors, tensor)
	}
	require.NoError(t, Write(filepath.Join(dir, singleFile), tensors))
	return dir
}

func TestOnlyLinearLayersAreQuantized(t *testing.T) {
	src := model(t, map[string][]int{
		"model.embed_tokens.weight":                     {32, 16},
		"model.norm.weight":                             {16},
		"model.layers.0.mlp.gate.weight":                {2, 16},
		"model.layers.0.mlp.shared_expert_gate.weight":  {1, 16},
		"model.layers.0.mlp.experts.0.gate_proj.weight": {32, 16},
		"model.layers.0.mlp.experts.0.up_proj.weight":   {32, 16},
		"model.layers.0.mlp.experts.1.gate_proj.weight": {32, 16},
		"model.layers.0.self_attn.q_proj.weight":        {16, 16},
		"model.layers.0.self_attn.q_proj.bias":          {16},
		"lm_head.weight":                                {32, 16},
	})
	writeFile(t, src, "tokenizer.json", "{}")
	writeFile(t, src, "pytorch_model.bin", "old weights")
	dst := filepath.Join(t.TempDir(), "deep", "fp8")
	require.NoError(t, Quantize(src, FP8, dst, QuantizeOptions{InputMaxima: map[string]float32{
		"model.layers.0.mlp.experts.0.gate_proj": 2,
		"model.layers.0.self_attn.q_proj":        1,
	}}))
	c := open(t, dst)
	for name, want := range map[string]DType{
		"model.embed_tokens.weight":                     DTypeBF16,
		"model.norm.weight":                             DTypeBF16,
		"model.layers.0.mlp.gate.weight":                DTypeBF16,
		"model.layers.0.mlp.shared_expert_gate.weight":  DTypeBF16,
		"model.layers.0.mlp.experts.0.gate_proj.weight": DTypeE4M3,
		"model.layers.0.self_attn.q_proj.weight":        DTypeE4M3,
		"model.layers.0.self_attn.q_proj.bias":          DTypeBF16,
		"lm_head.weight":                                DTypeBF16,
	} {
		tensor, ok := c.Tensor(name)
		require.True(t, ok, name)
		require.Equal(t, want, tensor.DType, name)
	}
	require.Equal(t, []string{"lm_head", "model.embed_tokens", "model.layers.0.mlp.gate", "model.layers.0.mlp.shared_expert_gate"}, c.Quantization().Exclude)

	// Calibration never reached expert 1: its fellow's maximum serves.
	unreached, err := c.Linear("model.layers.0.mlp.experts.1.gate_proj")
	require.NoError(t, err)
	require.InEpsilon(t, 2.0/448, unreached.InputScale, 1e-6)

	require.FileExists(t, filepath.Join(dst, "tokenizer.json"))
	require.NoFileExists(t, filepath.Join(dst, "pytorch_model.bin"))
}

func TestShardsStayShards(t *testing.T) {
	src := t.TempDir()
	tensor := func(name string) Tensor { return Tensor{name, DTypeBF16, []int{16, 16}, make([]byte, 512)} }
	require.NoError(t, Write(filepath.Join(src, "model-1.safetensors"), []Tensor{tensor("a.q_proj.weight"), tensor("unlisted.weight")}))
	require.NoError(t, Write(filepath.Join(src, "model-2.safetensors"), []Tensor{tensor("a.k_proj.weight")}))
	writeFile(t, src, configFile, `{}`)
	writeFile(t, src, indexFile, `{"weight_map": {"a.q_proj.weight": "model-1.safetensors", "a.k_proj.weight": "model-2.safetensors"}}`)
	dst := filepath.Join(t.TempDir(), "nvfp4")
	require.NoError(t, Quantize(src, NVFP4, dst, QuantizeOptions{}))
	c := open(t, dst)
	require.Len(t, c.shards, 2)
	require.Len(t, c.Names(), 9)
	// A weight of zeros has scales of 1 and stays zero.
	l, err := c.Linear("unlisted")
	require.NoError(t, err)
	require.Equal(t, float32(1), l.Scale)
	require.Equal(t, make([]float32, 256), l.Dequantize())
}

func TestTinyHalfPrecisionWeightsKeepTheirSize(t *testing.T) {
	src := t.TempDir()
	writeFile(t, src, configFile, `{}`)
	weights := []byte{1, 0, 2, 0, 4, 0x80, 8, 0} // 1, 2, -4 and 8 times 2^-24
	require.NoError(t, Write(filepath.Join(src, singleFile), []Tensor{{"m.weight", DTypeF16, []int{2, 2}, weights}}))
	dst := filepath.Join(t.TempDir(), "fp8")
	require.NoError(t, Quantize(src, FP8, dst, QuantizeOptions{}))
	l, err := open(t, dst).Linear("m")
	require.NoError(t, err)
	require.InDeltaSlice(t, []float32{0x1p-24, 0x1p-23, -0x1p-22, 0x1p-21}, l.Dequantize(), 0x1p-28)
}

func TestQuantizeRefusesAndLeavesNothingBehind(t *testing.T) {
	plain := map[string][]int{"a.q_proj.weight": {2, 24}}
	poisoned := model(t, plain)
	nan := []Tensor{{"a.q_proj.weight", DTypeBF16, []int{1, 2}, []byte{0, 0, 0xc0, 0x7f}}}
	require.NoError(t, Write(filepath.Join(poisoned, singleFile), nan))
	noConfig := model(t, plain)
	require.NoError(t, os.Remove(filepath.Join(noConfig, configFile)))
	tests := []struct {
		name, src string
		as        Format
		opts      QuantizeOptions
		want      string
	}{
		{"a format that is not quantized", original, BF16, QuantizeOptions{}, `unknown format "bf16"`},
		{"a quantized source", "testdata/modelopt/fp8", NVFP4, QuantizeOptions{}, "is quantized already (FP8)"},
		{"a source that is not there", "testdata/absent", FP8, QuantizeOptions{}, "no such file"},
		{"inputs that do not divide", model(t, plain), NVFP4, QuantizeOptions{}, "module a.q_proj: its 24 inputs are not a multiple of NVFP4's group of 16"},
		{"a NaN weight", poisoned, FP8, QuantizeOptions{}, "tensor a.q_proj.weight: element [0, 1] is NaN"},
		{"fused experts", model(t, map[string][]int{"a.q_proj.weight": {2, 16}, "a.experts.gate_up_proj": {2, 4, 4}}), FP8, QuantizeOptions{}, "a.experts.gate_up_proj, of shape [2 4 4], holds all experts of a layer"},
		{"no linear layer", model(t, map[string][]int{"language_model.lm_head.weight": {2, 2}}), FP8, QuantizeOptions{}, "no linear layer"},
		{"a layer without calibration", original, FP8, QuantizeOptions{InputMaxima: map[string]float32{}}, "has no input maximum"},
		{"a NaN maximum", original, FP8, QuantizeOptions{InputMaxima: map[string]float32{"a": float32(math.NaN())}}, "module a: input maximum NaN"},
		{"no config.json", noConfig, FP8, QuantizeOptions{}, "config.json: not there"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			parent := t.TempDir()
			require.ErrorContains(t, Quantize(test.src, test.as, filepath.Join(parent, "out"), test.opts), test.want)
			entries, err := os.ReadDir(parent)
			require.NoError(t, err)
			require.Empty(t, entries)
		})
	}
	full := t.TempDir()
	writeFile(t, full, "precious", "")
	require.ErrorContains(t, Quantize(original, FP8, full, QuantizeOptions{}), "already holds 1 files")
	require.FileExists(t, filepath.Join(full, "precious"))
}

func TestQuantizeIntoAnUnwritableFolderIsAnError(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("permissions do not bind root")
	}
	parent := t.TempDir()
	require.NoError(t, os.Chmod(parent, 0o555))
	require.ErrorIs(t, Quantize(original, FP8, filepath.Join(parent, "out"), QuantizeOptions{}), os.ErrPermission)
}

func TestQuantizeIntoAnEmptyFolder(t *testing.T) {
	dst := t.TempDir()
	require.NoError(t, Quantize(original, FP8Block, dst, QuantizeOptions{}))
	require.FileExists(t, filepath.Join(dst, "config.json"))
}
