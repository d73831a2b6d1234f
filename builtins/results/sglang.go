package results

import (
	"errors"
	"fmt"
	"math"

	"adkernel/builtins/run"
	"adkernel/internal/pythonjson"
)

const sglangFormat = "SGLang raw results"

// sglangRow is a line of what benchmark/{gsm8k,mmlu}/bench_sglang.py writes
// with --raw-result-file (dump_bench_raw_result of sglang.test.test_utils).
type sglangRow struct {
	PromptID *int    `json:"prompt_id"`
	Prompt   *string `json:"prompt"`
	Output   *string `json:"output"`
	Correct  *bool   `json:"correct"`
}

func parseSGLang(line []byte) (*sglangRow, error) {
	var r sglangRow
	if err := pythonjson.Unmarshal(line, &r); err != nil {
		return nil, fmt.Errorf("not a raw result of SGLang: %w", err)
	}
	if r.PromptID == nil || *r.PromptID < 0 || r.Prompt == nil || r.Output == nil || r.Correct == nil {
		return nil, errors.New("not a raw result of SGLang: want prompt_id, prompt, output and correct")
	}
	if *r.Prompt == "" {
		return nil, fmt.Errorf("prompt_id %d: the prompt is empty", *r.PromptID)
	}
	return &r, nil
}

func readSGLang(j *job) (*run.Run, error) {
	path, err := j.companion(sglangFormat)
	if err != nil {
		return nil, err
	}
	name := "sglang"
	if j.options.Task != nil {
		name = j.options.Task.Kind
	}
	spec := specOf(sglangFormat, "", name)
	spec.Import.Evaluator = "sglang"
	return j.write(spec, func(w *run.Writer) error {
		w.Missing(run.TheLogits, "SGLang's raw results hold texts")
		w.Missing(run.TheTokenIDs, "SGLang's raw results hold the prompts as text")
		w.Missing(run.TheTokenTexts, "SGLang's raw results hold the prompts as text")
		w.Missing(run.TheRight, "SGLang's raw results say whether an output was right, and not what would have been")
		w.Missing(run.TheFinish, "SGLang's raw results do not say")
		w.Missing(run.TheEngine, "SGLang's raw results name no model")
		_, err := j.eachSample(path, func(_ int, line []byte) error {
			r, err := parseSGLang(line)
			if err != nil {
				return err
			}
			return w.Add(run.Sample{Index: *r.PromptID, Subject: name, Question: *r.PromptID, Output: *r.Output, Correct: *r.Correct, Margin: float32(math.NaN())}, *r.Prompt, nil)
		})
		return err
	})
}
