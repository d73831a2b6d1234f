package checkpoint

import (
	"fmt"
	"path/filepath"
	"strings"
)

// undeclared is what is wrong where layers are of codes and nothing declares a
// quantization: transformers casts such codes to numbers without their scales.
func undeclared(c *Checkpoint) []Difference {
	if c.quantization.Algorithm != "" {
		return nil
	}
	var quantized []*Linear
	for _, module := range c.linearModules() {
		if l, err := c.Linear(module); err == nil && l.Format.Quantized() {
			quantized = append(quantized, l)
		}
	}
	if len(quantized) == 0 {
		return nil
	}
	return []Difference{{Name: "quantization_config", Setting: true, Finding: fmt.Sprintf(
		"%s declares no quantization, nor is there %s, and %d layers are stored as %s (first: %s): engines take their codes for weights, or refuse",
		configFile, modeloptFile, len(quantized), quantized[0].Format, quantized[0].Module)}}
}

// contradictionNotes compare what config.json and hf_quant_config.json
// declare: TensorRT-LLM looks at the latter first, vLLM at the former.
func contradictionNotes(c *Checkpoint) []string {
	if !exists(filepath.Join(c.dir, modeloptFile)) {
		return nil
	}
	if _, _, err := settingsOf(c.dir); err != nil {
		return nil // a note of the settings
	}
	other, found, err := declaredInConfig(c.dir)
	if err != nil {
		return []string{fmt.Sprintf("%s is followed here, and config.json contradicts it: %v", modeloptFile, err)}
	}
	if !found {
		return nil
	}
	own := c.quantization
	const both = modeloptFile + " declares %s, " + configFile + " %s: engines follow one or the other"
	var list []string
	if own.Format != other.Format {
		list = append(list, fmt.Sprintf(both, own.Algorithm, other.Algorithm))
	}
	if own.KVCache != other.KVCache && other.Algorithm != deepSeek { // which says nothing of it
		list = append(list, fmt.Sprintf(both, "a KV cache in "+orNone(own.KVCache), "one in "+orNone(other.KVCache)))
	}
	var excluded []string
	for _, module := range c.linearModules() {
		if own.Excludes(module) != other.Excludes(module) && !keptInHighPrecision(module) {
			file := modeloptFile
			if other.Excludes(module) {
				file = configFile
			}
			excluded = append(excluded, fmt.Sprintf("%s is excluded from quantization only by %s: engines follow one or the other", module, file))
		}
	}
	return append(list, shortened(excluded)...)
}

func orNone(algorithm string) string {
	if algorithm == "" {
		return "high precision"
	}
	return algorithm
}

// groupNotes compare the declared size of groups with the stored one.
func groupNotes(c *Checkpoint) []string {
	var declared struct {
		Quantization struct {
			GroupSize int `json:"group_size"`
		} `json:"quantization"`
	}
	_, err := readJSON(filepath.Join(c.dir, modeloptFile), &declared)
	size := declared.Quantization.GroupSize
	if err != nil || c.quantization.Format != NVFP4 || size == 0 || size == groupSize {
		return nil
	}
	return []string{fmt.Sprintf("%s declares group_size %d, and NVFP4 has a scale for each %d values", modeloptFile, size, groupSize)}
}

// headNotes point at a head that is not quantized and that modelopt's
// declaration does not exclude, as it does every other one.
func headNotes(c *Checkpoint) []string {
	if !c.quantization.Format.Quantized() || !exists(filepath.Join(c.dir, modeloptFile)) {
		return nil
	}
	var list []string
	for _, module := range c.linearModules() {
		if lastElement(module) != "lm_head" || c.quantization.Excludes(module) {
			continue
		}
		if l, err := c.Linear(module); err == nil && !l.Format.Quantized() {
			list = append(list, fmt.Sprintf("%s is stored as %s and not among the excluded modules: an engine may take it for %s", module, l.Format, c.quantization.Format))
		}
	}
	return list
}

// scaleNames end the names of tensors that belong to a quantized layer or to
// a quantized KV cache (nvidia-modelopt, vLLM).
var scaleNames = []string{scaleName, inverseName, globalName, inputName,
	".k_scale", ".v_scale", ".q_scale", ".prob_scale", ".output_scale", ".k_bias", ".v_bias"}

// strayNotes name tensors that neither the reference has nor the format: a
// zero-point, factors of another algorithm, a bias.
func strayNotes(model, reference *Checkpoint) []string {
	var list []string
	for _, name := range model.Names() {
		if _, ok := reference.Tensor(name); ok || isRecomputed(name) {
			continue
		}
		t := model.tensors[name]
		if strings.HasSuffix(name, weightName) && len(t.Shape) == 2 {
			continue // unpairedNotes
		}
		known := false
		for _, suffix := range scaleNames {
			known = known || strings.HasSuffix(name, suffix)
		}
		if !known {
			list = append(list, fmt.Sprintf("tensor %s is neither in the reference nor of the format: an engine may compute with it, or refuse", name))
		}
	}
	return shortened(list)
}

// indexNotes compare the index of the shards with them.
func indexNotes(c *Checkpoint) []string {
	var list, unlisted []string
	total := 0
	for _, s := range c.shards {
		for _, name := range s.names {
			total += len(c.tensors[name].Data)
		}
		if s.expected == nil {
			return otherFiles(c.dir)
		}
		listed := map[string]bool{}
		for _, name := range s.expected {
			listed[name] = true
		}
		for _, name := range s.names {
			if !listed[name] {
				unlisted = append(unlisted, fmt.Sprintf("tensor %s is in %s, and %s does not name it", name, filepath.Base(s.path), indexFile))
			}
		}
	}
	var index struct {
		Metadata struct {
			Total int `json:"total_size"`
		} `json:"metadata"`
	}
	if _, err := readJSON(filepath.Join(c.dir, indexFile), &index); err == nil && index.Metadata.Total != 0 && index.Metadata.Total != total {
		list = append(list, fmt.Sprintf("%s has total_size %d, and the tensors %d bytes: it may be another export's", indexFile, index.Metadata.Total, total))
	}
	return append(list, shortened(unlisted)...)
}

// otherFiles are notes of weights beside model.safetensors, which is read here
// as by transformers. vLLM (filter_duplicate_safetensors_files of 0.32) reads
// the shards that an index names, and without one every file.
func otherFiles(dir string) []string {
	if index := filepath.Join(dir, indexFile); exists(index) {
		shards, err := readIndex(index)
		if err == nil && len(shards) == 1 && filepath.Base(shards[0].path) == singleFile {
			return nil
		}
		return []string{fmt.Sprintf("%s is read here and by transformers, %s is there too and followed by vLLM: remove the one that is not this export's", singleFile, indexFile)}
	}
	var list []string
	files, _ := filepath.Glob(filepath.Join(dir, "*.safetensors")) // the pattern is right
	for _, file := range files {
		if name := filepath.Base(file); name != singleFile {
			list = append(list, fmt.Sprintf("%s is beside %s, and vLLM reads both: remove it, or name the files in %s", name, singleFile, indexFile))
		}
	}
	return shortened(list)
}
