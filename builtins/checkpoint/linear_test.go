package checkpoint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func open(t testing.TB, dir string) *Checkpoint {
	t.Helper()
	c, err := Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestRealExportsDequantizeAsTorchDoes(t *testing.T) {
	formats := map[string]Format{"bf16": BF16, "fp8": FP8, "fp8_kv8": FP8, "nvfp4": NVFP4, "fp8_pb_wo": FP8Block}
	for name, format := range formats {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata/modelopt", name)
			var digests map[string]string
			text, err := os.ReadFile(filepath.Join(dir, "sha256.json"))
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(text, &digests))
			require.NotEmpty(t, digests)
			c := open(t, dir)
			for module, want := range digests {
				l, err := c.Linear(module)
				require.NoError(t, err)
				require.Equal(t, format, l.Format)
				require.Equal(t, want, digestOf(l.Dequantize()), module)
				require.Equal(t, name == "fp8" || name == "fp8_kv8" || name == "nvfp4", l.InputScale > 0)
			}
		})
	}
}

func digestOf(values []float32) string {
	h := sha256.New()
	for _, v := range values {
		h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestDeclaredQuantizationOfRealExports(t *testing.T) {
	for name, want := range map[string]Quantization{
		"bf16":      {},
		"fp8":       {Algorithm: "FP8", Format: FP8},
		"fp8_kv8":   {Algorithm: "FP8", Format: FP8, KVCache: "FP8"},
		"nvfp4":     {Algorithm: "NVFP4", Format: NVFP4},
		"fp8_pb_wo": {Algorithm: "fp8_pb_wo", Format: FP8Block},
	} {
		t.Run(name, func(t *testing.T) {
			if want.Algorithm != "" {
				want.Producer = "modelopt 0.47.0"
				want.Exclude = []string{"lm_head", "model.embed_tokens"}
			}
			dir := filepath.Join("testdata/modelopt", name)
			require.Equal(t, want, open(t, dir).Quantization())

			// config.json alone says the same.
			alone := t.TempDir()
			text, err := os.ReadFile(filepath.Join(dir, configFile))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(alone, configFile), text, 0o644))
			got, err := readQuantization(alone)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

// blockCheckpoint is a DeepSeek-style block-quantized layer of the given
// shape; every code is 1.0, and the scale of block (i, j) is 1 + i + j/8.
func blockCheckpoint(t testing.TB, n, k int) string {
	t.Helper()
	dir := t.TempDir()
	rows, cols := ceilDiv(n, 128), ceilDiv(k, 128)
	var scales []byte
	for i := range rows {
		for j := range cols {
			scales = appendFloat32(scales, 1+float32(i)+float32(j)/8)
		}
	}
	codes := make([]byte, n*k)
	for i := range codes {
		codes[i] = Float32ToE4M3(1)
	}
	writeFile(t, dir, configFile, `{"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}}`)
	require.NoError(t, Write(filepath.Join(dir, singleFile), []Tensor{
		{Name: "m.weight", DType: DTypeE4M3, Shape: []int{n, k}, Data: codes},
		{Name: "m.weight_scale_inv", DType: DTypeF32, Shape: []int{rows, cols}, Data: scales},
	}))
	return dir
}

func appendFloat32(b []byte, v float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
}

func writeFile(t testing.TB, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
}

func TestBlockScalesAreAssignedBy128RowsEvenWhereTheLastBlockIsCut(t *testing.T) {
	const n, k = 576, 200 // 5 x 2 blocks; 576/5 rounded up would be 116
	c := open(t, blockCheckpoint(t, n, k))
	require.Equal(t, FP8Block, c.Quantization().Format)
	l, err := c.Linear("m")
	require.NoError(t, err)
	require.Equal(t, [4]int{5, 2, 128, 128}, [4]int{l.BlockRows, l.BlockCols, l.BlockN, l.BlockK})
	values := l.Dequantize()
	for row := range n {
		for col := range k {
			require.Equal(t, 1+float32(row/128)+float32(col/128)/8, values[row*k+col], "row %d column %d", row, col)
		}
	}
}

func TestLinearRefusesWhatDoesNotFit(t *testing.T) {
	f32 := func(name string, shape []int, values ...float32) Tensor {
		var data []byte
		for _, v := range values {
			data = appendFloat32(data, v)
		}
		return Tensor{name, DTypeF32, shape, data}
	}
	e4m3 := func(name string, shape ...int) Tensor {
		t := Tensor{Name: name, DType: DTypeE4M3, Shape: shape}
		t.Data = make([]byte, t.Len())
		return t
	}
	u8 := func(name string, shape ...int) Tensor {
		t := e4m3(name, shape...)
		t.DType = DTypeU8
		return t
	}
	tests := []struct {
		name    string
		tensors []Tensor
		want    string
	}{
		{"no weight", []Tensor{f32("other", nil, 1)}, "no tensor m.weight"},
		{"a vector", []Tensor{e4m3("m.weight", 4)}, "has 2 dimensions, this has shape [4]"},
		{"no elements", []Tensor{e4m3("m.weight", 1<<40, 0)}, "has no elements"},
		{"integers", []Tensor{{"m.weight", "I32", []int{1, 1}, make([]byte, 4)}}, "no format stores a linear layer's weight as I32"},
		{"E4M3 without a scale", []Tensor{e4m3("m.weight", 2, 2)}, "neither m.weight_scale nor m.weight_scale_inv is there"},
		{"NaN scale", []Tensor{e4m3("m.weight", 2, 2), f32("m.weight_scale", nil, float32(math.NaN()))}, "value 0 is NaN"},
		{"negative scale", []Tensor{e4m3("m.weight", 2, 2), f32("m.weight_scale", nil, -1)}, "finite and not negative"},
		{"infinite input scale", []Tensor{e4m3("m.weight", 2, 2), f32("m.weight_scale", nil, 1), f32("m.input_scale", nil, float32(math.Inf(1)))},
			"tensor m.input_scale: value 0 is +Inf"},
		{"block scales of another block size", []Tensor{e4m3("m.weight", 256, 128), f32("m.weight_scale_inv", []int{4, 2}, make([]float32, 8)...)},
			"shape [4 2] does not fit a weight of [256 128] in blocks of 128 x 128: want [2, 1] or [2, 1, 1, 1]"},
		{"block scales transposed", []Tensor{e4m3("m.weight", 256, 128), f32("m.weight_scale_inv", []int{1, 2}, 1, 1)}, "does not fit"},
		{"NVFP4 without block scales", []Tensor{u8("m.weight", 2, 16)}, "no tensor m.weight_scale"},
		{"NVFP4 with float block scales", []Tensor{u8("m.weight", 1, 8), f32("m.weight_scale", []int{1, 1}, 1)}, "NVFP4 block scales are F8_E4M3, these are F32"},
		{"NVFP4 with too few block scales", []Tensor{u8("m.weight", 2, 16), e4m3("m.weight_scale", 2, 1)}, "want one scale for each 16 values"},
		{"NVFP4 without the global scale", []Tensor{u8("m.weight", 2, 16), e4m3("m.weight_scale", 2, 2)}, "no tensor m.weight_scale_2"},
		{"a row of scales for the global scale", []Tensor{u8("m.weight", 2, 16), e4m3("m.weight_scale", 2, 2), f32("m.weight_scale_2", []int{2}, 1, 1)},
			"want a single value, shape is [2]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, Write(filepath.Join(dir, singleFile), test.tensors))
			_, err := open(t, dir).Linear("m")
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, dir)
		})
	}
}
