package checkpoint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnsupportedQuantizationIsRefusedByName(t *testing.T) {
	tests := []struct{ name, file, text, want string }{
		{"another algorithm", modeloptFile, `{"quantization": {"quant_algo": "W4A16_AWQ"}}`, `quant_algo "W4A16_AWQ" is not supported`},
		{"another method", configFile, `{"quantization_config": {"quant_method": "gptq"}}`, `quant_method "gptq" is not supported`},
		{"compressed-tensors", configFile, `{"quantization_config": {"quant_method": "compressed-tensors"}}`, `"compressed-tensors"`},
		{"another block size", configFile, `{"quantization_config": {"quant_method": "fp8", "weight_block_size": [64, 64]}}`, "weight_block_size [64 64]"},
		{"no block size", configFile, `{"quantization_config": {"quant_method": "fp8"}}`, "weight_block_size [] is not supported"},
		{"a layer of a mixed export", modeloptFile,
			`{"quantization": {"quant_algo": "MIXED_PRECISION", "quantized_layers": {"a": {"quant_algo": "FP8"}, "b": {"quant_algo": "INT4"}}}}`,
			`layer b: quant_algo "INT4"`},
		{"a bad pattern", modeloptFile, `{"quantization": {"quant_algo": "FP8", "exclude_modules": ["a["]}}`, `excluded module "a["`},
		{"not JSON", modeloptFile, `{`, "unexpected end of JSON input"},
		{"a number for the algorithm", modeloptFile, `{"quantization": {"quant_algo": 8}}`, "quant_algo"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, dir, test.file, test.text)
			_, err := readQuantization(dir)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, test.file)
		})
	}
}

func TestMixedPrecisionHasNoSingleFormat(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, modeloptFile, `{"quantization": {"quant_algo": "MIXED_PRECISION", "quantized_layers": {"a": {"quant_algo": "FP8"}, "b": {"quant_algo": "NVFP4"}}}}`)
	q, err := readQuantization(dir)
	require.NoError(t, err)
	require.Equal(t, Quantization{Algorithm: "MIXED_PRECISION"}, q)
}

func TestExcludedModulesMatchByNameByParentAndByPattern(t *testing.T) {
	q := Quantization{Exclude: []string{"lm_head", "model.layers.0.self_attn", "*.mlp.gate", "model.layers.1?.*"}}
	for module, want := range map[string]bool{
		"lm_head":                         true,
		"model.layers.0.self_attn.q_proj": true,
		"model.layers.3.mlp.gate":         true,
		"model.layers.3.mlp.gate_proj":    false,
		"model.layers.12.mlp.up_proj":     true,
		"model.layers.1.mlp.up_proj":      false,
		"model.lm_head2":                  false,
	} {
		require.Equal(t, want, q.Excludes(module), module)
	}
}

func TestParseFormatNamesTheAlternatives(t *testing.T) {
	f, err := ParseFormat("fp8-block")
	require.NoError(t, err)
	require.Equal(t, FP8Block, f)
	_, err = ParseFormat("int4")
	require.EqualError(t, err, `unknown format "int4": want one of fp8, fp8-block, nvfp4`)
}
