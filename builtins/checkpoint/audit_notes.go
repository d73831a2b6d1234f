package checkpoint

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// notes lists what is no fault of a layer: declarations that the tensors
// contradict, scales that a fused kernel could confuse, layers without a reference.
func notes(model, reference *Checkpoint) []string {
	var list []string
	list = append(list, declarationNotes(model)...)
	list = append(list, headNotes(model)...)
	list = append(list, contradictionNotes(model)...)
	list = append(list, groupNotes(model)...)
	list = append(list, siblingNotes(model)...)
	list = append(list, kvCacheNotes(model)...)
	list = append(list, inputNotes(model)...)
	list = append(list, indexNotes(model)...)
	list = append(list, strayNotes(model, reference)...)
	return append(list, unpairedNotes(model, reference)...)
}

// declarationNotes compares the declared format with the stored one.
func declarationNotes(c *Checkpoint) []string {
	if c.quantization.Format == "" {
		return nil
	}
	var excludedYet, otherFormat []string
	for _, module := range c.linearModules() {
		l, err := c.Linear(module)
		if err != nil {
			continue // the layer's own finding
		}
		excluded := c.quantization.Excludes(module) || keptInHighPrecision(module)
		switch {
		case excluded && l.Format.Quantized():
			excludedYet = append(excludedYet, fmt.Sprintf("%s is excluded from quantization, yet stored as %s", module, l.Format))
		case !excluded && l.Format != c.quantization.Format:
			otherFormat = append(otherFormat, fmt.Sprintf("%s is stored as %s, the checkpoint declares %s", module, l.Format, c.quantization.Format))
		}
	}
	return slices.Concat(shortened(excludedYet), shortened(otherFormat))
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
	return shortened(list)
}

// kvCacheNotes says whether the scales of a quantized KV cache are there.
func kvCacheNotes(c *Checkpoint) []string {
	scales := 0
	var missing []string
	for _, module := range c.linearModules() {
		name, ok := kvScaleOf(module)
		if !ok {
			continue
		}
		if _, ok := c.Tensor(name); ok {
			scales++
		} else {
			missing = append(missing, fmt.Sprintf("tensor %s is not there, and other layers have theirs: engines take 1", name))
		}
	}
	all := 0
	for _, name := range c.Names() {
		if strings.HasSuffix(name, ".k_scale") || strings.HasSuffix(name, ".v_scale") {
			all++
		}
	}
	switch declared := c.quantization.KVCache; {
	case declared != "" && all == 0:
		return []string{fmt.Sprintf("the KV cache is declared %s, but no k_scale or v_scale is stored: engines take 1", declared)}
	case declared == "" && all > 0:
		return []string{fmt.Sprintf("%d k_scale and v_scale are stored, though no KV cache quantization is declared", all)}
	case scales > 0: // named as modelopt does
		return shortened(missing)
	}
	return nil
}

// kvScaleOf names the scale of the KV cache that belongs to a layer of keys or
// of values, as nvidia-modelopt does.
func kvScaleOf(module string) (name string, ok bool) {
	switch lastElement(module) {
	case "k_proj":
		return module + ".k_scale", true
	case "v_proj":
		return module + ".v_scale", true
	}
	return "", false
}

// unpairedNotes names the linear layers that the reference does not have, which
// are therefore not audited.
func unpairedNotes(model, reference *Checkpoint) []string {
	var list []string
	for _, module := range model.linearModules() {
		if _, ok := reference.Tensor(module + weightName); !ok && !(lastElement(module) == headModule && reference.ties()) {
			list = append(list, fmt.Sprintf("%s is not in the reference: it was not audited", module))
		}
	}
	return shortened(list)
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
