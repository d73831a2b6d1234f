package checkpoint

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// writeAll fills the empty directory dir with the quantized checkpoint.
func (q *quantizer) writeAll(dir string) error {
	index := map[string]string{}
	total := 0
	indexed := false
	written := map[string]string{} // where each file's tensors come from
	for _, s := range q.source.shards {
		indexed = indexed || s.expected != nil
		file := filepath.Base(s.path)
		if other, ok := written[file]; ok {
			return fmt.Errorf("%s and %s have one name, under which only one of them can be written", other, s.path)
		}
		written[file] = s.path
		var tensors []pendingTensor
		for _, name := range s.names {
			tensors = append(tensors, q.replace(name)...)
		}
		for _, t := range tensors {
			index[t.Name] = file
			total += t.size()
		}
		if err := writeSafetensors(filepath.Join(dir, file), tensors); err != nil {
			return err
		}
	}
	if indexed {
		if err := writeJSON(filepath.Join(dir, indexFile), map[string]any{
			"metadata": map[string]int{"total_size": total}, "weight_map": index}); err != nil {
			return err
		}
	}
	if err := q.writeConfig(dir); err != nil {
		return err
	}
	return copyOthers(q.source.dir, dir)
}

// replace returns what is written for a tensor of the source: itself, or the
// codes and scales of a quantized weight.
func (q *quantizer) replace(name string) []pendingTensor {
	module, _ := strings.CutSuffix(name, weightName)
	l, ok := q.modules[module]
	if !ok || name == module {
		t, _ := q.source.Tensor(name)
		return []pendingTensor{known(t)}
	}
	switch q.format {
	case FP8:
		return q.fp8(l)
	case FP8Block:
		return q.fp8Block(l)
	}
	return q.nvfp4(l)
}

func (q *quantizer) fp8(l *Linear) []pendingTensor {
	scale := scaleOf(q.maxima[l.Module], perMaxE4M3)
	return append(q.inputScale(l, perMaxE4M3),
		pendingTensor{Tensor{Name: l.Module + weightName, DType: DTypeE4M3, Shape: []int{l.N, l.K}},
			func() ([]byte, error) { return encodeFP8(l, scale), nil }},
		known(scalarTensor(l.Module+scaleName, scale)))
}

func (q *quantizer) fp8Block(l *Linear) []pendingTensor {
	scales := blockScales(l)
	return []pendingTensor{
		{Tensor{Name: l.Module + weightName, DType: DTypeE4M3, Shape: []int{l.N, l.K}},
			func() ([]byte, error) { return encodeFP8Block(l, scales), nil }},
		known(Tensor{l.Module + inverseName, DTypeF32, []int{ceilDiv(l.N, blockSize), ceilDiv(l.K, blockSize)}, float32Bytes(scales...)}),
	}
}

func (q *quantizer) nvfp4(l *Linear) []pendingTensor {
	global := scaleOf(q.shared[fusionGroup(l.Module)], perMaxNVFP4)
	scales := nvfp4Scales(l, global)
	return append(q.inputScale(l, perMaxNVFP4),
		pendingTensor{Tensor{Name: l.Module + weightName, DType: DTypeU8, Shape: []int{l.N, l.K / 2}},
			func() ([]byte, error) { return encodeNVFP4(l, scales, global), nil }},
		known(Tensor{l.Module + scaleName, DTypeE4M3, []int{l.N, l.K / groupSize}, scales}),
		known(scalarTensor(l.Module+globalName, global)))
}

func (q *quantizer) inputScale(l *Linear, reciprocal float32) []pendingTensor {
	amax, ok := q.inputs[l.Module]
	if !ok {
		return nil
	}
	return []pendingTensor{known(scalarTensor(l.Module+inputName, scaleOf(amax, reciprocal)))}
}

func known(t Tensor) pendingTensor {
	return pendingTensor{t, func() ([]byte, error) { return t.Data, nil }}
}

func scalarTensor(name string, v float32) Tensor {
	return Tensor{name, DTypeF32, nil, float32Bytes(v)}
}

// writeConfig writes config.json with the quantization declared, and
// hf_quant_config.json, which TensorRT-LLM reads first.
func (q *quantizer) writeConfig(dir string) error {
	config := map[string]json.RawMessage{}
	file := filepath.Join(q.source.dir, configFile)
	if found, err := readJSON(file, &config); err != nil {
		return err
	} else if !found {
		return fmt.Errorf("%s: not there, so the model's architecture is unknown", file)
	}
	declared, err := json.Marshal(q.hfConfig())
	if err != nil {
		return err
	}
	config["quantization_config"] = declared
	if err := writeJSON(filepath.Join(dir, configFile), config); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, modeloptFile), q.modeloptConfig())
}

// exclusions names the modules kept in high precision. lm_head is among them
// even where it is tied to the embeddings and has no tensor.
func (q *quantizer) exclusions() []string {
	return slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(q.excluded), headModule))))
}

func (q *quantizer) modeloptConfig() map[string]any {
	quantization := map[string]any{"kv_cache_quant_algo": nil, "exclude_modules": q.exclusions()}
	switch q.format {
	case FP8:
		quantization["quant_algo"] = "FP8"
	case FP8Block:
		quantization["quant_algo"] = "FP8_BLOCK_SCALES"
	case NVFP4:
		quantization["quant_algo"] = "NVFP4"
		quantization["group_size"] = groupSize
	}
	return map[string]any{"producer": map[string]string{"name": "adkernel"}, "quantization": quantization}
}

func (q *quantizer) hfConfig() map[string]any {
	if q.format == FP8Block {
		return map[string]any{
			"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic",
			"weight_block_size": []int{blockSize, blockSize}, "modules_to_not_convert": q.exclusions(),
		}
	}
	weights := map[string]any{"dynamic": false, "num_bits": 8, "type": "float"}
	if q.format == NVFP4 {
		weights["num_bits"], weights["group_size"] = 4, groupSize
	}
	activations := maps.Clone(weights)
	activations["dynamic"] = len(q.inputs) == 0
	return map[string]any{
		"quant_method": "modelopt", "quant_algo": strings.ToUpper(string(q.format)), "ignore": q.exclusions(),
		"config_groups": map[string]any{"group_0": map[string]any{
			"input_activations": activations, "weights": weights, "targets": []string{"Linear"}}},
	}
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return writeAtomically(path, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// weightFiles are the endings of files that hold weights, in any format.
var weightFiles = []string{".safetensors", ".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack", ".onnx"}

// copyOthers copies the files beside the weights: tokenizer, generation
// configuration, licence.
func copyOthers(src, dst string) error {
	entries, err := os.ReadDir(src)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(src, e.Name())
		if slices.Contains([]string{configFile, modeloptFile, indexFile}, e.Name()) || slices.Contains(weightFiles, filepath.Ext(e.Name())) {
			continue
		}
		if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() { // follows links, as caches of the Hub use them
			continue
		}
		if err := copyFile(path, filepath.Join(dst, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(src, dst string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeAtomically(dst, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}
