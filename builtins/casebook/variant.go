package casebook

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/task"
	"adkernel/builtins/tokenizer"
	"adkernel/internal/cache"
)

// variant returns the directory of the dense checkpoint quantized to as, which
// it makes with the reference quantizer when it is not there yet.
func (f *files) variant(ctx context.Context, as checkpoint.Format) (string, error) {
	dir := filepath.Join(f.root, "dense-"+string(as))
	err := cache.Once(dir, func(temporary string) error {
		var options checkpoint.QuantizeOptions
		if as != checkpoint.FP8Block {
			maxima, err := f.calibrate(ctx)
			if err != nil {
				return fmt.Errorf("calibrate: %w", err)
			}
			options.InputMaxima = maxima
		}
		return checkpoint.Quantize(f.dense, as, temporary, options)
	})
	return dir, err
}

// calibrate measures the inputs of every linear layer of the dense checkpoint
// over the shots of every subject. The questions themselves are left out, so
// that nothing is fitted to what is evaluated.
func (f *files) calibrate(ctx context.Context) (map[string]float32, error) {
	tok, err := tokenizer.Load(filepath.Join(f.dense, "tokenizer.json"))
	if err != nil {
		return nil, err
	}
	evaluation, err := task.Spec{Kind: "mmlu", Dataset: f.task, Samples: 1}.Load()
	if err != nil {
		return nil, err
	}
	prompts := make([][]int32, len(evaluation.Questions))
	for i, q := range evaluation.Questions {
		shots := q.Prompt[:strings.LastIndex(q.Prompt, "\n\n")]
		prompts[i] = tok.Encode(shots, true)
	}
	return embedded.Calibrate(ctx, f.dense, prompts)
}
