package checkpoint

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// inputNotes point at scales of activations that no calibration gives: larger
// than what a norm lets through, or a small part of what the same projection
// has elsewhere. Which value is right, only inputs tell.
func inputNotes(c *Checkpoint) []string {
	var beyond, tiny []string
	families := map[string][]float64{}
	scales := map[string]float64{}
	for _, module := range c.linearModules() {
		l, err := c.Linear(module)
		if err != nil || l.InputScale == 0 {
			continue
		}
		largest := float64(l.InputScale) * MaxE4M3
		if l.Format == NVFP4 {
			largest *= 6
		}
		if bound, norm := c.inputBound(l); bound > 0 && largest > bound {
			beyond = append(beyond, fmt.Sprintf("%s stands for inputs up to %.4g, and %s lets none above %.4g through",
				module+inputName, largest, norm, bound))
		}
		scales[module] = largest
		family, _ := inputFamily(module)
		families[family] = append(families[family], largest)
	}
	for _, values := range families {
		slices.Sort(values)
	}
	for _, module := range c.linearModules() {
		family, least := inputFamily(module)
		largest, ok := scales[module]
		if !ok {
			continue
		}
		if ordinary := families[family][len(families[family])/2]; largest < least*ordinary {
			tiny = append(tiny, fmt.Sprintf("%s stands for inputs up to %.4g, where %.4g is the median of %s: calibration did not reach it",
				module+inputName, largest, ordinary, family))
		}
	}
	return slices.Concat(shortened(beyond), shortened(tiny))
}

// inputFamily names the layers whose inputs are of one size, and how much less
// than their median an input may be: those of a layer's experts are alike, those
// of different layers less so.
func inputFamily(module string) (family string, least float64) {
	if family, expert := expertFamily(module); expert {
		return family, 1e-3
	}
	return "*." + lastElement(module), 1e-4
}

// inputBound is the largest magnitude that the norm before a layer lets
// through, 0 where it is not known. RMSNorm and LayerNorm without a bias give
// vectors of length √K, times weights, which some models store less 1.
func (c *Checkpoint) inputBound(l *Linear) (bound float64, norm string) {
	var name string
	parent := parentModule(l.Module)
	switch lastElement(l.Module) {
	case "q_proj", "k_proj", "v_proj":
		name = parentModule(parent) + ".input_layernorm"
	case "gate_proj", "up_proj":
		root, _, _ := strings.Cut(parent, ".mlp")
		if _, ok := c.Tensor(root + ".input_layernorm" + weightName); !ok {
			return 0, "" // norms behind attention and MLP, not before them
		}
		name = root + ".post_attention_layernorm"
		if _, ok := c.Tensor(root + ".pre_feedforward_layernorm" + weightName); ok {
			name = root + ".pre_feedforward_layernorm"
		}
	}
	weight, ok := c.Tensor(name + weightName)
	if _, biased := c.Tensor(name + ".bias"); !ok || biased || weight.Len() != l.K {
		return 0, ""
	}
	if _, smoothed := c.Tensor(l.Module + ".pre_quant_scale"); smoothed {
		return 0, ""
	}
	values, err := weight.Float32()
	if err != nil {
		return 0, ""
	}
	largest := 0.
	for _, v := range values {
		largest = max(largest, math.Abs(float64(v))+1)
	}
	return largest * math.Sqrt(float64(l.K)), name
}

// shortened are the first notes of one kind, and how many there are more.
func shortened(list []string) []string {
	const shown = 3
	if len(list) <= shown {
		return list
	}
	return append(slices.Clone(list[:shown-1]), fmt.Sprintf("%s (and %d more such)", list[shown-1], len(list)-shown))
}
