package diagnose

import (
	"fmt"
	"strconv"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/internal/yamltext"
)

// parallelSettings say over how many ranks TensorRT-LLM's PyTorch backend
// spreads a model: over their product. It has no world_size, by which the other
// engines say it.
var parallelSettings = []string{"tensor_parallel_size", "pipeline_parallel_size", "context_parallel_size"}

// expertSettings divide the same ranks among experts, and have to follow.
var expertSettings = []string{"moe_tensor_parallel_size", "moe_expert_parallel_size", "moe_cluster_parallel_size"}

// ranksOf is the number of ranks that a run's deployment had. It is not known
// where neither the engine's record nor the settings say: of imports, and of
// most servers.
func ranksOf(spec run.Spec) (ranks int, known bool) {
	if n, err := strconv.Atoi(setting(spec, "world_size")); err == nil {
		return max(n, 1), true
	}
	ranks = 1
	for _, key := range parallelSettings {
		if n, err := strconv.Atoi(setting(spec, key)); err == nil {
			ranks, known = ranks*max(n, 1), true
		}
	}
	return ranks, known
}

// onOneRank returns d on one rank, with what it says of its ranks, and what it
// says then; these are "" where its settings say nothing of more than one.
func onOneRank(d engine.Deployment, settings map[string]any) (one engine.Deployment, as, off string) {
	var before, after []string
	for _, key := range append([]string{"world_size"}, parallelSettings...) {
		if n, ok := yamltext.Whole(settings[key]); ok && n > 1 {
			d = d.With(1, key)
			before, after = append(before, fmt.Sprint(key, " ", n)), append(after, key+" 1")
		}
	}
	for _, key := range expertSettings {
		if n, ok := yamltext.Whole(settings[key]); ok && n > 1 && before != nil {
			d = d.With(1, key)
		}
	}
	return d, strings.Join(before, " and "), strings.Join(after, " and ")
}
