package checkpoint

import (
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// rawFile is a safetensors file with the given header and data.
func rawFile(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

const twoTensors = `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}`

func TestSafetensorsHeaderIsRefusedWithTheTensorAndTheReason(t *testing.T) {
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty file", nil, "truncated: 0 bytes"},
		{"length cut", []byte{1, 2, 3}, "truncated: 3 bytes"},
		{"hostile length", binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "over the limit"},
		{"header cut", rawFile(twoTensors, 0)[:50], "truncated: the header is 105 bytes long, 63 of them are missing"},
		{"data cut", rawFile(twoTensors, 6), "truncated: 3 bytes are missing, first from tensor a"},
		{"last byte cut", rawFile(twoTensors, 8), "truncated: 1 bytes are missing, first from tensor b"},
		{"bytes at the end", rawFile(twoTensors, 12), "3 bytes after the last tensor"},
		{"not JSON", rawFile("PK\x03\x04", 0), "not a JSON object"},
		{"JSON cut", rawFile(`{"a":{"dtype":"F32"`, 0), "unexpected EOF"},
		{"JSON of another kind", rawFile(`[1]`, 0), "not a JSON object"},
		{"rest after the object", rawFile(`{} {}`, 0), "after the JSON object"},
		{"unknown dtype", rawFile(`{"a":{"dtype":"F7","shape":[1],"data_offsets":[0,1]}}`, 1), `tensor a: unknown dtype "F7"`},
		{"no shape", rawFile(`{"a":{"dtype":"U8","data_offsets":[0,1]}}`, 1), "tensor a: shape or data_offsets is missing"},
		{"negative dimension", rawFile(`{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}`, 1), "tensor a"},
		{"overflowing shape", rawFile(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "tensor a: shape"},
		{"size against shape", rawFile(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), "tensor a: F32 [3] needs 12 bytes"},
		{"offsets reversed", rawFile(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}`, 1), "tensor a"},
		{"offsets out of range", rawFile(`{"a":{"dtype":"U8","shape":[8],"data_offsets":[18446744073709551600,18446744073709551608]}}`, 1), "tensor a"},
		{"overlap", rawFile(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}`, 6),
			"tensor b: overlaps tensor a"},
		{"hole", rawFile(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}`, 4),
			"tensor b: 2 bytes before it"},
		{"duplicate name", rawFile(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1),
			"tensor a appears twice"},
		{"metadata that is not text", rawFile(`{"__metadata__":{"a":1}}`, 0), "__metadata__"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, singleFile)
			require.NoError(t, os.WriteFile(path, test.file, 0o644))
			_, err := Open(dir)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, path)
		})
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	dir := t.TempDir()
	tensors := []Tensor{
		{"bytes", DTypeU8, []int{3}, []byte{1, 2, 3}},
		{`a "quoted" ü`, DTypeBF16, []int{1, 2}, []byte{0x80, 0x3f, 0, 0xc0}},
		{"scalar", DTypeF32, nil, appendFloat32(nil, 2.5)},
		{"empty", DTypeF32, []int{0, 4}, nil},
		{"half", DTypeF16, []int{1}, []byte{0, 0x3c}},
		{"double", DTypeF64, []int{1}, binary.LittleEndian.AppendUint64(nil, math.Float64bits(-3))},
		{"e5m2", DTypeE5M2, []int{1}, []byte{0x3c}},
		{"index", "I64", []int{1}, make([]byte, 8)},
	}
	require.NoError(t, Write(filepath.Join(dir, singleFile), tensors))
	c := open(t, dir)
	require.Equal(t, []string{`a "quoted" ü`, "bytes", "double", "e5m2", "empty", "half", "index", "scalar"}, c.Names())
	for _, want := range tensors {
		got, ok := c.Tensor(want.Name)
		require.True(t, ok)
		require.Equal(t, want.DType, got.DType)
		require.Equal(t, string(want.Data), string(got.Data))
	}
	for name, want := range map[string][]float32{`a "quoted" ü`: {1, -2}, "scalar": {2.5}, "empty": {}, "half": {1}, "double": {-3}, "e5m2": {1}} {
		tensor, _ := c.Tensor(name)
		values, err := tensor.Float32()
		require.NoError(t, err)
		require.Equal(t, want, values)
	}
	index, _ := c.Tensor("index")
	_, err := index.Float32()
	require.ErrorContains(t, err, "tensor index: elements of type I64 are not floating-point numbers")
	_, ok := c.Tensor("absent")
	require.False(t, ok)
}

func TestWriteLeavesNothingBehindWhenItFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, singleFile)
	good := []Tensor{{"a", DTypeU8, []int{1}, []byte{7}}}
	require.NoError(t, Write(path, good))
	for want, bad := range map[string][]Tensor{
		"needs 2 bytes, has 1": {{"a", DTypeU8, []int{2}, []byte{7}}},
		"appears twice":        {good[0], good[0]},
		"unknown dtype":        {{"a", "F7", []int{1}, []byte{7}}},
	} {
		require.ErrorContains(t, Write(path, bad), want)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	a, _ := open(t, dir).Tensor("a")
	require.Equal(t, []byte{7}, a.Data)
	require.ErrorContains(t, Write(filepath.Join(dir, "absent", "x.safetensors"), good), "no such file or directory")
}

func TestAFullDiskLeavesTheOldFileWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, configFile)
	writeFile(t, dir, configFile, "old")
	err := writeAtomically(path, func(w io.Writer) error {
		_, err := w.Write([]byte("half of the n"))
		require.NoError(t, err)
		return syscall.ENOSPC
	})
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, path)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(text))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestShardsAreReadThroughTheIndex(t *testing.T) {
	shards := map[string][]Tensor{
		"model-1.safetensors": {{"a", DTypeU8, []int{1}, []byte{1}}},
		"model-2.safetensors": {{"b", DTypeU8, []int{1}, []byte{2}}},
	}
	layout := func(t *testing.T, index string) string {
		dir := t.TempDir()
		for file, tensors := range shards {
			require.NoError(t, Write(filepath.Join(dir, file), tensors))
		}
		writeFile(t, dir, indexFile, index)
		return dir
	}
	c := open(t, layout(t, `{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}`))
	require.Equal(t, []string{"a", "b"}, c.Names())
	b, _ := c.Tensor("b")
	require.Equal(t, []byte{2}, b.Data)

	for want, index := range map[string]string{
		"tensor b: not in this file":         `{"weight_map": {"a": "model-1.safetensors", "b": "model-1.safetensors"}}`,
		"no such file or directory":          `{"weight_map": {"a": "model-1.safetensors", "b": "model-3.safetensors"}}`,
		"outside of the checkpoint's folder": `{"weight_map": {"a": "../model-1.safetensors"}}`,
		"no weight_map":                      `{}`,
		"unexpected end of JSON input":       `{"weight_map"`,
	} {
		_, err := Open(layout(t, index))
		require.ErrorContains(t, err, want)
	}
}

func TestTheSameTensorInTwoShardsIsRefused(t *testing.T) {
	dir := t.TempDir()
	a := []Tensor{{"a", DTypeU8, []int{1}, []byte{1}}}
	require.NoError(t, Write(filepath.Join(dir, "1.safetensors"), a))
	require.NoError(t, Write(filepath.Join(dir, "2.safetensors"), append(a, Tensor{"b", DTypeU8, []int{1}, []byte{1}})))
	writeFile(t, dir, indexFile, `{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}`)
	_, err := Open(dir)
	require.ErrorContains(t, err, "tensor a: already in another shard")
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "absent"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Open(t.TempDir())
	require.ErrorContains(t, err, "neither model.safetensors nor model.safetensors.index.json is there")
	dir := t.TempDir()
	writeFile(t, dir, "file", "")
	_, err = Open(filepath.Join(dir, "file"))
	require.ErrorContains(t, err, "not a directory")
}

func TestClosingTwiceIsAllowed(t *testing.T) {
	c, err := Open("testdata/modelopt/fp8")
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	_, ok := c.Tensor("model.layers.0.self_attn.q_proj.weight")
	require.False(t, ok)
}

func FuzzSafetensors(f *testing.F) {
	f.Add(rawFile(twoTensors, 9))
	f.Add(rawFile(twoTensors, 6))
	f.Add(rawFile(`{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[0,9223372036854775807],"data_offsets":[0,0]}}`, 0))
	f.Add(rawFile(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0))
	f.Add(rawFile(strings.Repeat("[", 1000), 0))
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, err := parseSafetensors(file)
		if err != nil {
			return
		}
		covered := 0
		for name, tensor := range tensors {
			require.Equal(t, name, tensor.Name)
			require.Equal(t, tensor.Len()*elementSize[tensor.DType], len(tensor.Data))
			covered += len(tensor.Data)
			if tensor.isFloat() {
				values, err := tensor.Float32()
				require.NoError(t, err)
				require.Len(t, values, tensor.Len())
			}
		}
		header := int(binary.LittleEndian.Uint64(file))
		require.Equal(t, len(file)-8-header, covered)
	})
}

// Whatever the files of a directory hold, opening it and reading its layers
// ends in numbers or in an error.
func FuzzOpen(f *testing.F) {
	fp8 := rawFile(`{"m.weight":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[4,8]},"m.weight_scale":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 8)
	nvfp4 := rawFile(`{"m.weight":{"dtype":"U8","shape":[1,8],"data_offsets":[4,12]},"m.weight_scale":{"dtype":"F8_E4M3","shape":[1,1],"data_offsets":[12,13]},`+
		`"m.weight_scale_2":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 13)
	f.Add(fp8, `{"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}}`, `{"quantization": {"quant_algo": "FP8"}}`, "")
	f.Add(nvfp4, `{}`, `{"quantization": {"quant_algo": "NVFP4", "exclude_modules": ["lm_head", "*.gate"]}}`, "")
	f.Add(fp8, `{"quantization_config": null}`, ``, `{"weight_map": {"m.weight": "shard.safetensors"}}`)
	f.Fuzz(func(t *testing.T, weights []byte, config, modelopt, index string) {
		dir := t.TempDir()
		file := singleFile
		if index != "" {
			file = "shard.safetensors"
			writeFile(t, dir, indexFile, index)
		}
		writeFile(t, dir, file, string(weights))
		writeFile(t, dir, configFile, config)
		if modelopt != "" {
			writeFile(t, dir, modeloptFile, modelopt)
		}
		c, err := Open(dir)
		if err != nil {
			return
		}
		for _, module := range c.linearModules() {
			c.Quantization().Excludes(module)
			if l, err := c.Linear(module); err == nil {
				require.Len(t, l.Dequantize(), l.N*l.K)
			}
		}
		require.NoError(t, c.Close())
	})
}
