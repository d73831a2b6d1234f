package checkpoint

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// notes lists what is no fault of a layer: declarations that the tensors
// contradict, scales that a fused kernel could confuse, layers without a reference.
func notes(model, reference *Checkpoint) []string {
	var list []string
	list = append(list, declarationNotes(model)...)
	list = append(list, siblingNotes(model)...)
	list = append(list, kvCacheNotes(model)...)
	return append(list, unpairedNotes(model, reference)...)
}

// declarationNotes compares the declared format with the stored one.
func declarationNotes(c *Checkpoint) []string {
	if c.quantization.Format == "" {
		return nil
	}
	var list []string
	for _, module := range c.linearModules() {
		l, err := c.Linear(module)
		if err != nil {
			continue // the layer's own finding
		}
		excluded := c.quantization.Excludes(module) || keptInHighPrecision(module)
		switch {
		case excluded && l.Format.Quantized():
			list = append(list, fmt.Sprintf("%s is excluded from quantization, yet stored as %s", module, l.Format))
		case !excluded && l.Format != c.quantization.Format:
			list = append(list, fmt.Sprintf("%s is stored as %s, the checkpoint declares %s", module, l.Format, c.quantization.Format))
		}
	}
	return list
}

// siblingNotes points at siblings whose shared scales are not equal: an
// engine that fuses them and takes the first one's scale is wrong.
func siblingNotes(c *Checkpoint) []string {
	var list []string
	first := map[string]*Linear{}
	for _, module := range c.linearModules() {
		l, err := c.Linear(module)
		if err != nil || !l.Format.Quantized() {
			continue
		}
		group := fusionGroup(module)
		other, seen := first[group]
		if !seen {
			first[group] = l
			continue
		}
		if l.InputScale != other.InputScale {
			list = append(list, fmt.Sprintf("%s and %s have different input_scale (%.4g, %.4g): an engine that fuses them must not use one for both",
				other.Module, module, other.InputScale, l.InputScale))
		}
		if l.Format == NVFP4 && other.Format == NVFP4 && l.Scale != other.Scale {
			list = append(list, fmt.Sprintf("%s and %s have different weight_scale_2 (%.4g, %.4g): an engine that fuses them must not use one for both",
				other.Module, module, other.Scale, l.Scale))
		}
	}
	return list
}

// kvCacheNotes says whether the scales of a quantized KV cache are there.
func kvCacheNotes(c *Checkpoint) []string {
	scales := 0
	for _, name := range c.Names() {
		if strings.HasSuffix(name, ".k_scale") || strings.HasSuffix(name, ".v_scale") {
			scales++
		}
	}
	switch declared := c.quantization.KVCache; {
	case declared != "" && scales == 0:
		return []string{fmt.Sprintf("the KV cache is declared %s, but no k_scale or v_scale is stored: engines take 1", declared)}
	case declared == "" && scales > 0:
		return []string{fmt.Sprintf("%d k_scale and v_scale are stored, though no KV cache quantization is declared", scales)}
	}
	return nil
}

// unpairedNotes names the linear layers that the reference does not have, which
// are therefore not audited.
func unpairedNotes(model, reference *Checkpoint) []string {
	var list []string
	for _, module := range model.linearModules() {
		if _, ok := reference.Tensor(module + weightName); !ok {
			list = append(list, fmt.Sprintf("%s is not in the reference: it was not audited", module))
		}
	}
	return list
}

// compareNatural orders names with the numbers in them as numbers: layer 2
// before layer 10.
func compareNatural(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		order := cmp.Compare(as[i], bs[i])
		if errX == nil && errY == nil {
			order = cmp.Compare(x, y)
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(len(as), len(bs))
}
