// Package casebook knows the demo: deployments of a small checkpoint that
// ships with the program, and cases to practise on, each a deployment that
// really computes something wrong. It tells the symptom of a case and nothing
// of its cause, which only the engine knows.
package casebook

import (
	"context"
	"fmt"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
	"adkernel/builtins/task"
	"adkernel/internal/suggest"
	"adkernel/kernel/host"
)

// A Demo is one task and deployments of two checkpoints that answer it. All
// run on the embedded engine, without GPU or Python.
type Demo struct {
	Task task.Spec // 18 subjects of 100 questions

	// The dense checkpoint (Llama): its reference and quantized forms.
	BF16, FP8, FP8Block, NVFP4 engine.Deployment

	// MoE is the mixture of experts (Qwen2-MoE), unquantized.
	MoE engine.Deployment
}

// Open unpacks the demo to the user's cache and quantizes what is not there
// yet, which takes seconds the first time.
func Open(ctx context.Context) (*Demo, error) {
	files, err := unpack()
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	demo := &Demo{
		Task: task.Spec{Kind: "mmlu", Dataset: files.task},
		BF16: engine.Deployment{Name: "dense bf16", Model: files.dense},
		MoE:  engine.Deployment{Name: "moe bf16", Model: files.moe},
	}
	for _, v := range []struct {
		as   checkpoint.Format
		name string
		to   *engine.Deployment
	}{
		{checkpoint.FP8, "dense fp8", &demo.FP8},
		{checkpoint.FP8Block, "dense fp8-block", &demo.FP8Block},
		{checkpoint.NVFP4, "dense nvfp4", &demo.NVFP4},
	} {
		dir, err := files.variant(ctx, v.as)
		if err != nil {
			return nil, fmt.Errorf("demo: %s: %w", v.name, err)
		}
		*v.to = engine.Deployment{Name: v.name, Model: dir}
	}
	return demo, nil
}

// MimeBundle lists the fields with what they hold.
func (d *Demo) MimeBundle() host.Bundle {
	row := func(field string, e engine.Deployment) string {
		return fmt.Sprintf("  %-9s %-16s %s\n", field, e.Label(), e.Model)
	}
	return host.Text("Demo: two small checkpoints and a task of 18 subjects\n" +
		row("BF16", d.BF16) + row("FP8", d.FP8) + row("FP8Block", d.FP8Block) + row("NVFP4", d.NVFP4) + row("MoE", d.MoE) +
		fmt.Sprintf("  %-9s %-16s %s", "Task", "MMLU's layout", d.Task.Dataset))
}

// A Case is a deployment that answers worse than its base does.
type Case struct {
	Name    string // to choose it by
	Symptom string // what its users saw
	Deploy  engine.Deployment
	Base    engine.Deployment
	Task    task.Spec
}

// A symptom is a case before its files are unpacked.
type symptom struct {
	name, text string
	make       func(d *Demo) (deploy, base engine.Deployment)
}

// serving is the configuration of a production deployment: what an
// investigation has to strip.
func serving(d engine.Deployment, name, build string, worldSize int) engine.Deployment {
	d.Name, d.Build, d.WorldSize = name, build, worldSize
	d.Args = map[string]any{
		"compile_backend":        "torch-cudagraph",
		"attn_backend":           "paged",
		"enable_chunked_prefill": true,
		"max_num_tokens":         256,
	}
	return d
}

var symptoms = []symptom{
	{"fp8-drop", "FP8 deployment, MMLU 15 points below its reference", func(d *Demo) (engine.Deployment, engine.Deployment) {
		return serving(d.FP8Block, "served fp8", "r2026.09-4be07d", 1), d.BF16
	}},
	{"nvfp4-collapse", "NVFP4 deployment, MMLU at half its reference's score", func(d *Demo) (engine.Deployment, engine.Deployment) {
		return serving(d.NVFP4, "served nvfp4", "r2026.09-d81c5a", 1), d.BF16
	}},
	{"bf16-drop", "unquantized deployment of one model family 10 points below its reference, others are fine", func(d *Demo) (engine.Deployment, engine.Deployment) {
		return serving(d.BF16, "served bf16", "r2026.10-2f93e6", 1), d.BF16
	}},
	{"moe-drop", "mixture of experts on two ranks 10 points below its reference", func(d *Demo) (engine.Deployment, engine.Deployment) {
		return serving(d.MoE, "served moe", "r2026.10-a6701b", 2), d.MoE
	}},
}

// Cases lists the cases: name and symptom only.
func Cases() []Case {
	out := make([]Case, len(symptoms))
	for i, s := range symptoms {
		out[i] = Case{Name: s.name, Symptom: s.text}
	}
	return out
}

// Find unpacks the case of that name.
func Find(ctx context.Context, name string) (*Case, error) {
	names := make([]string, len(symptoms))
	for i, s := range symptoms {
		names[i] = s.name
		if s.name != name {
			continue
		}
		demo, err := Open(ctx)
		if err != nil {
			return nil, err
		}
		c := &Case{Name: s.name, Symptom: s.text, Task: demo.Task}
		c.Deploy, c.Base = s.make(demo)
		return c, nil
	}
	return nil, fmt.Errorf("no case %q%s", name, suggest.Clause(name, names))
}
