package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/internal/yamltext"
)

type quantizeCommand struct {
	output
	Model     string   `arg:"" type:"existingdir" help:"Unquantized checkpoint."`
	As        string   `required:"" enum:"fp8,fp8-block,nvfp4" help:"Format: ${enum}."`
	Out       string   `short:"o" required:"" placeholder:"DIR" help:"Directory to make."`
	Calibrate []string `type:"existingpath" sep:"none" placeholder:"TASK" help:"What is asked to calibrate input_scale, for fp8 and nvfp4: a YAML file with a task, as launch reads it, or the folder of an MMLU data set. Several are asked one after the other."`
	Samples   int      `help:"Calibration prompts of a folder; default: 64."`
}

// Help shows a file that is read.
func (quantizeCommand) Help() string {
	return `A file for --calibrate has the words of launch's; a deployment in it is left aside, so that one file can serve both:

	task:
	  kind: gsm8k          # or mmlu, gpqa, questions, lm-eval; dataset: PATH names its folder or file
	  samples: 64
	  chat: true           # through the model's chat template, as in AsChat("")
	  system: Be brief.

The prompts are those that a run of MODEL sends.`
}

func (c quantizeCommand) Run(ctx context.Context) error {
	as, err := checkpoint.ParseFormat(c.As)
	if err != nil {
		return err
	}
	switch calibrated := len(c.Calibrate) > 0; {
	case as.Calibrated() && !calibrated:
		return fmt.Errorf("--as %s wants --calibrate TASK, whose prompts give the scales of the activations: engines refuse a checkpoint without them", as)
	case calibrated && !as.Calibrated():
		return fmt.Errorf("--as %s does without --calibrate: engines scale its activations as they come", as)
	case c.Samples < 0:
		return fmt.Errorf("--samples %d: want 1 or more", c.Samples)
	case c.Samples > 0 && !calibrated:
		return errors.New("--samples is of what --calibrate names")
	}
	var options checkpoint.QuantizeOptions
	if as.Calibrated() {
		if options.InputMaxima, err = c.maxima(ctx); err != nil {
			return err
		}
	}
	if err := checkpoint.Quantize(c.Model, as, c.Out, options); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(os.Stdout, map[string]any{"model": c.Out, "format": as, "calibrated": as.Calibrated()})
	}
	fmt.Println("wrote", c.Out)
	return nil
}

// maxima are the largest inputs of the model's linear layers over the prompts of
// what calibrates it.
func (c quantizeCommand) maxima(ctx context.Context) (map[string]float32, error) {
	var tasks []task.Spec
	folders := 0
	for _, path := range c.Calibrate {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("--calibrate: %w", err)
		}
		if info.IsDir() {
			folders++
			tasks = append(tasks, task.Spec{Kind: "mmlu", Dataset: path, Samples: cmp.Or(c.Samples, 64)})
			continue
		}
		t, err := readTask(path)
		if err != nil {
			return nil, fmt.Errorf("--calibrate: %w", err)
		}
		tasks = append(tasks, t)
	}
	if c.Samples > 0 && folders == 0 {
		return nil, errors.New("--samples is of a folder: a file says its own, as samples: of its task")
	}
	prompts, err := run.CalibrationPrompts(ctx, c.Model, tasks...)
	if err != nil {
		return nil, fmt.Errorf("--calibrate: %w", err)
	}
	return embedded.Calibrate(ctx, c.Model, prompts)
}

// readTask reads the task of a file, in launch's words.
func readTask(path string) (task.Spec, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return task.Spec{}, err
	}
	var f struct {
		Deployment engine.Deployment `yaml:"deployment"` // not used: the file may be launch's
		Task       task.Spec         `yaml:"task"`
	}
	if err := yamltext.DecodeStrict(text, &f); err != nil {
		return task.Spec{}, fmt.Errorf("%s: %w", path, err)
	}
	if f.Task.Kind == "" {
		return task.Spec{}, fmt.Errorf("%s: task.kind is missing: want one of mmlu, gsm8k, gpqa, questions, lm-eval", path)
	}
	return f.Task, nil
}
