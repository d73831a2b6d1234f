package checkpoint

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

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
		if !slices.ContainsFunc(scaleNames, func(suffix string) bool { return strings.HasSuffix(name, suffix) }) {
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
