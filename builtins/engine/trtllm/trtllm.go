// Package trtllm serves models with TensorRT-LLM through its LLM API: AutoDeploy
// and the PyTorch backend, each in a process of its own.
//
// Settings are TensorRT-LLM's own, merged as AutoDeploy merges them and handed
// over as keyword arguments, which win over its environment and its YAML. The
// program checks their names against the installed version. Graph dumps and
// the log stay in the run directory, in engine/graphs and engine/log.txt.
//
// Nothing is set that a deployment leaves out, but what answers' own logits
// need (gather_generation_logits). So blocks of the KV cache are reused where
// kv_cache_config.enable_block_reuse is not false, as TensorRT-LLM has it; the
// logits of whole prompts (engine.Request.PromptLogits), which are then cut
// short without a word, are refused.
//
// TensorRT-LLM itself was not run: names, signatures and shapes are those of its
// published source, and the tests run the program against a package that has
// these signatures and nothing behind them.
package trtllm

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/script"
	"adkernel/internal/yamltext"
)

//go:embed python/*.py
var files embed.FS

// OpenAutoDeploy loads the model of a deployment with AutoDeploy.
func OpenAutoDeploy(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	return open(ctx, d, at, "autodeploy")
}

// OpenPyTorch loads the model of a deployment with the PyTorch backend.
func OpenPyTorch(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	return open(ctx, d, at, "pytorch")
}

func open(ctx context.Context, d engine.Deployment, at engine.Site, backend string) (engine.Engine, error) {
	given, err := d.Settings()
	if err == nil {
		err = check(given, backend)
	}
	if err == nil && backend == "autodeploy" && os.Getenv(torchrun) != "" {
		err = errors.New("this is a process of torchrun ($" + torchrun + " is set): AutoDeploy starts its ranks itself, and hangs in a second initialization of torch.distributed. Start adkernel without torchrun, and set world_size")
	}
	if err != nil {
		return nil, fmt.Errorf("deployment %s: %w", d.Label(), err)
	}
	program, err := fs.Sub(files, "python")
	if err != nil {
		return nil, err
	}
	settings := map[string]any{"backend": backend, "given": given}
	e, err := script.Open(ctx, d, at, script.Program{Name: backend, Files: program}, settings)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// torchrun is the variable that torchrun alone sets (torch.distributed.elastic).
const torchrun = "TORCHELASTIC_RUN_ID"

// check refuses what is known to be wrong whatever the version.
func check(given map[string]any, backend string) error {
	if err := checkTruths("", given); err != nil {
		return err
	}
	if truth(given["skip_loading_weights"]) {
		return errors.New("skip_loading_weights: the logits of random weights mean nothing")
	}
	if format, _ := given["load_format"].(string); strings.EqualFold(format, "dummy") {
		return fmt.Errorf("load_format %s: the logits of random weights mean nothing", format)
	}
	if n, ok := yamltext.Whole(given["max_beam_width"]); ok && n > 1 {
		return fmt.Errorf("max_beam_width %d: answers are evaluated greedily", n)
	}
	if backend != "autodeploy" {
		if name, ok := given["attn_backend"].(string); ok && name != strings.ToUpper(name) {
			return fmt.Errorf("attn_backend %s: the pytorch backend writes VANILLA, TRTLLM or FLASHINFER, and takes what it does not know for TRTLLM", name)
		}
		return nil
	}
	for _, name := range []string{"tensor_parallel_size", "pipeline_parallel_size", "context_parallel_size", "moe_tensor_parallel_size", "moe_expert_parallel_size"} {
		if _, ok := given[name]; ok {
			return fmt.Errorf("%s: AutoDeploy is parallel by world_size alone", name)
		}
	}
	if given["runtime"] == "demollm" {
		return errors.New("runtime demollm is a class of its own in TensorRT-LLM, for debugging: leave runtime out")
	}
	return nil
}

// checkTruths refuses texts in the place of booleans: the arguments' classes
// (pydantic) may take them for booleans, and a diagnosis would not.
func checkTruths(prefix string, given map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch v := given[name].(type) {
		case map[string]any:
			if err := checkTruths(prefix+name+".", v); err != nil {
				return err
			}
		case string:
			if b, ok := yamltext.Truth(v); ok {
				return fmt.Errorf("%s%s: %q is a text, not true or false: write %t", prefix, name, v, b)
			}
		}
	}
	return nil
}

// truth reads a value as the arguments' classes (pydantic) do, which take some
// texts for true.
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return slices.Contains([]string{"1", "t", "y"}, strings.ToLower(v)) // the words are refused
	}
	n, ok := yamltext.Whole(v)
	return ok && n == 1
}
