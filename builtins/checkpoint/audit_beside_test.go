package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const norm = "model.norm.weight"

func vector(t DType, values ...float32) Tensor {
	out := Tensor{DType: t, Shape: []int{len(values)}}
	for _, v := range values {
		if t == DTypeF32 {
			out.Data = binary.LittleEndian.AppendUint32(out.Data, math.Float32bits(v))
		} else {
			out.Data = binary.LittleEndian.AppendUint16(out.Data, Float32ToBF16(v))
		}
	}
	return out
}

func with(name string, tensor Tensor) func(map[string]Tensor) {
	return func(tensors map[string]Tensor) { tensors[name] = tensor }
}

// Quantizers leave norms and biases as they are, so a checkpoint in which they
// are not is wrong, however right its layers are.
func TestTensorsBesideTheLayersAreTheReferences(t *testing.T) {
	reference := tampered(t, original, with(norm, vector(DTypeBF16, 1, -2, .5, 3)))
	tests := []struct {
		name        string
		edit        func(map[string]Tensor)
		wrong, note string
	}{
		{"as it is", with(norm, vector(DTypeBF16, 1, -2, .5, 3)), "", ""},
		{"missing", func(map[string]Tensor) {}, "tensor model.norm.weight of the reference is not in the model", ""},
		{"scaled", with(norm, vector(DTypeBF16, 1.5, -3, .75, 4.5)), "tensor model.norm.weight is 1.5 times the reference's", ""},
		{"zeros", with(norm, vector(DTypeBF16, 0, 0, 0, 0)), "tensor model.norm.weight is all zeros, in the reference it is not", ""},
		{"of another model", with(norm, vector(DTypeBF16, 2, -2, .5, 3)), "tensor model.norm.weight is 11.5 dB from the reference's", ""},
		{"NaN", with(norm, vector(DTypeBF16, 1, float32(math.NaN()), .5, 3)), "tensor model.norm.weight: 1 of 4 values are NaN, here or in the reference", ""},
		{"another shape", with(norm, vector(DTypeBF16, 1, -2)), "tensor model.norm.weight has shape [2], in the reference [4]", ""},
		{"another type", with(norm, vector(DTypeF32, 1, -2, .5, 3)), "", "tensor model.norm.weight is F32, in the reference BF16, with the same values"},
		{"another type and scaled", with(norm, vector(DTypeF32, 2, -4, 1, 6)), "tensor model.norm.weight is 2 times the reference's", ""},
		{"rounded", with(norm, vector(DTypeF32, 1.001, -2, .5, 3)), "", "tensor model.norm.weight differs from the reference by rounding (71.5 dB)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := Audit(tampered(t, "testdata/modelopt/fp8", test.edit), reference)
			require.NoError(t, err)
			require.Empty(t, report.Faults())
			require.Equal(t, test.wrong == "", report.Right())
			if test.wrong != "" {
				require.Equal(t, []Difference{{Name: norm, Finding: test.wrong}}, report.Differences)
				require.Contains(t, report.MimeBundle().Plain(), "  - "+test.wrong)
			}
			if test.note != "" {
				require.Equal(t, []string{test.note}, report.Notes)
			}
		})
	}
}

func TestBuffersThatEnginesComputeMayBeLeftOut(t *testing.T) {
	const buffer = layer + "self_attn.rotary_emb.inv_freq"
	report, err := Audit("testdata/modelopt/fp8", tampered(t, original, with(buffer, vector(DTypeF32, 1, .1))))
	require.NoError(t, err)
	require.True(t, report.Right())
	require.Equal(t, []string{"tensor " + buffer + " of the reference is not in the model"}, report.Notes)
}

func TestSettingsAreTheReferences(t *testing.T) {
	const reference = `{"transformers_version": "4.57.1", "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 8.0},
		"rms_norm_eps": 1e-05, "torch_dtype": "bfloat16", "num_attention_heads": 32, "use_cache": true, "sliding_window": null}`
	tests := []struct {
		name        string
		config      string
		wrong, note []string
	}{
		{"the same, with a quantization", reference[:len(reference)-1] + `, "quantization_config": {"quant_method": "modelopt", "quant_algo": "FP8"}}`, nil, nil},
		{"as transformers 5 writes it", `{"transformers_version": "5.1.0", "rope_parameters": {"rope_theta": 500000.0, "rope_type": "llama3", "factor": 8.0},
			"rms_norm_eps": 0.00001, "dtype": "float16", "num_attention_heads": 32, "mlp_bias": false}`, nil, nil},
		{"another base of the rotation, and no scaling", `{"transformers_version": "4.57.1", "rope_theta": 10000.0, "rms_norm_eps": 1e-05, "num_attention_heads": 32}`, []string{
			"config.json says nothing of rope_parameters.factor, which is 8 in the reference",
			"config.json: rope_parameters.rope_theta is 10000, in the reference 500000",
			`config.json says nothing of rope_parameters.rope_type, which is "llama3" in the reference`,
		}, nil},
		{"of another release, which may name it otherwise", `{"transformers_version": "5.1.0", "rope_parameters": {"rope_theta": 500000.0, "rope_type": "llama3", "factor": 8.0}, "rms_norm_eps": 1e-06}`,
			[]string{"config.json: rms_norm_eps is 1e-06, in the reference 1e-05"}, []string{"config.json says nothing of num_attention_heads, the reference's 32"}},
		{"none", ``, nil, []string{"config.json is not in the model, and its settings were not compared"}},
		{"not JSON", `{`, nil, []string{"settings were not compared: "}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			of := tampered(t, original, func(map[string]Tensor) {})
			writeFile(t, of, configFile, reference)
			model := tampered(t, "testdata/modelopt/fp8", func(map[string]Tensor) {})
			require.NoError(t, os.Remove(filepath.Join(model, configFile)))
			if test.config != "" {
				writeFile(t, model, configFile, test.config)
			}
			report, err := Audit(model, of)
			require.NoError(t, err)
			var wrong []string
			for _, d := range report.Differences {
				require.True(t, d.Setting)
				wrong = append(wrong, d.Finding)
			}
			require.Equal(t, test.wrong, wrong)
			require.Equal(t, test.wrong == nil, report.Right())
			require.Len(t, report.Notes, len(test.note))
			for i, note := range test.note {
				require.Contains(t, report.Notes[i], note)
			}
		})
	}
}

// Names that transformers 5 gives the settings of 4.57.
func TestRenamedSettingsAreCompared(t *testing.T) {
	flat := func(config string) map[string]any {
		dir := t.TempDir()
		writeFile(t, dir, configFile, config)
		values, _, err := settingsOf(dir)
		require.NoError(t, err)
		return values
	}
	for four, five := range map[string]string{
		`{"rope_theta": 1e6, "rope_local_base_freq": 1e4, "rope_scaling": {"rope_type": "linear", "factor": 8}}`: `{"rope_parameters": {"full_attention": {"rope_theta": 1e6, "rope_type": "linear", "factor": 8}, "sliding_attention": {"rope_theta": 1e4, "rope_type": "default"}}}`,
		`{"rope_theta": 1e4, "partial_rotary_factor": 0.5}`:                                                      `{"rope_parameters": {"rope_theta": 1e4, "partial_rotary_factor": 0.5, "rope_type": "default"}}`,
		`{"rotary_emb_base": 1e4, "rotary_pct": 0.25}`:                                                           `{"rope_parameters": {"rope_theta": 1e4, "partial_rotary_factor": 0.25}}`,
		`{"text_config": {"rope_theta": 1e4, "num_experts": 8}}`:                                                 `{"text_config": {"rope_parameters": {"rope_theta": 1e4}, "num_local_experts": 8}}`,
	} {
		require.Equal(t, flat(four), flat(five), four)
	}
}

func TestScalesOfActivationsAreThere(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(map[string]Tensor)
		want string
	}{
		"zero": {func(tensors map[string]Tensor) {
			editFloats(tensors[q+inputName].Data, func(int, float32) float32 { return 0 })
		},
			"tensor " + q + inputName + ": is 0, and activations are divided by it"},
		"missing": {func(tensors map[string]Tensor) { delete(tensors, q+inputName) },
			"no tensor " + q + inputName + ", which other layers have: an engine takes 1 for it, or refuses"},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := Audit(tampered(t, "testdata/modelopt/fp8", test.edit), original)
			require.NoError(t, err)
			require.Len(t, report.Faults(), 1)
			require.Equal(t, q, report.Faults()[0].Module)
			require.Contains(t, report.Faults()[0].Finding, test.want)
		})
	}
}

func TestACardShowsTheFirstOfManyDifferences(t *testing.T) {
	report := &Report{}
	for i := range 25 {
		report.Differences = append(report.Differences, Difference{Finding: fmt.Sprintf("tensor %d differs", i)})
	}
	text := report.MimeBundle().Plain()
	require.Contains(t, text, "tensor 19 differs\n  - and 5 more\n")
	require.NotContains(t, text, "tensor 20")
}
