package checkpoint

import (
	"fmt"
	"path/filepath"
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
		if lastElement(module) != headModule || c.quantization.Excludes(module) {
			continue
		}
		if l, err := c.Linear(module); err == nil && !l.Format.Quantized() {
			list = append(list, fmt.Sprintf("%s is stored as %s and not among the excluded modules: an engine may take it for %s", module, l.Format, c.quantization.Format))
		}
	}
	return list
}
