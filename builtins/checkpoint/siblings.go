package checkpoint

import (
	"path"
	"strings"

	"adkernel/internal/pattern"
)

// fused lists the projections that engines compute as one matrix product
// because they read the same input. nvidia-modelopt gives such siblings one
// input_scale, and one weight_scale_2 in NVFP4.
var fused = [][]string{
	{"q_proj", "k_proj", "v_proj"},
	{"gate_proj", "up_proj"},
	{"w1", "w3"}, // gate and up in Mixtral's experts
}

// fusionGroup names the group of siblings that module belongs to; a module
// without siblings is its own group.
func fusionGroup(module string) string {
	parent, name := parentModule(module), lastElement(module)
	for _, names := range fused {
		for _, n := range names {
			if n == name {
				return parent + "." + strings.Join(names, "+")
			}
		}
	}
	return module
}

func lastElement(module string) string {
	return module[strings.LastIndexByte(module, '.')+1:]
}

var expertNumber = pattern.New(`\.experts\.\d+\.`)

// expertFamily is the same for one projection of all experts of a layer, and
// reports whether module belongs to an expert.
func expertFamily(module string) (string, bool) {
	family := expertNumber().ReplaceAllString(module, ".experts.*.")
	return family, family != module
}

// highPrecision are the modules that quantizers leave alone: embeddings, the
// output head, and the routers of mixtures of experts (the names are those of
// nvidia-modelopt's default configurations).
var highPrecision = []string{
	"*lm_head*", "*output_layer*", "output", "*proj_out", "*embed*", "*wte", "*wpe", "*router*", "*norm*",
	"*.mlp.gate", "*.block_sparse_moe.gate", "*shared_expert_gate", "*conv1d*",
}

func keptInHighPrecision(module string) bool {
	for _, pattern := range highPrecision {
		if ok, _ := path.Match(pattern, module); ok {
			return true
		}
	}
	return false
}

// siblingsOf lists the other members of module's fusion group, whether or not
// a checkpoint has them.
func siblingsOf(module string) []string {
	parent, name := parentModule(module), lastElement(module)
	for _, names := range fused {
		var others []string
		for _, n := range names {
			if n != name {
				others = append(others, parent+"."+n)
			}
		}
		if len(others) < len(names) {
			return others
		}
	}
	return nil
}
