package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"adkernel/builtins/task"
	"adkernel/builtins/tokenizer"
)

// calibrationDate is the day that chat templates write into calibration's
// prompts: always one, so that one task makes one checkpoint.
var calibrationDate = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// CalibrationPrompts are the token ids of what tasks ask the model of a folder, as
// a run of it sends them on one certain day: what its activations are measured on
// for a quantizer.
func CalibrationPrompts(ctx context.Context, model string, tasks ...task.Spec) ([][]int32, error) {
	t, err := tokenizer.Load(model)
	if err != nil {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	var prompts [][]int32
	for _, spec := range tasks {
		loaded, err := spec.Load()
		if err != nil {
			return nil, err
		}
		texts, special, err := PromptTexts(loaded, model, calibrationDate)
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			prompts = append(prompts, t.Encode(text, special))
		}
	}
	if len(prompts) == 0 {
		return nil, errors.New("calibrate: no prompts")
	}
	return prompts, nil
}
