package openai

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// neutral are the words that leave the model's logits as they are. What a
// request does not say, servers take from the checkpoint's
// generation_config.json (vLLM, SGLang, transformers serve) or from their command
// line (llama.cpp); a penalty from there makes another answer of a greedy one, and
// so do those of llama.cpp's samplers that take the likeliest token away or make
// a temperature of their own.
var neutral = map[string]any{
	"top_p":              1,
	"frequency_penalty":  0, // by which transformers serve sets its repetition_penalty, 1 more than this
	"presence_penalty":   0,
	"repetition_penalty": 1, // vLLM, SGLang, TensorRT-LLM
	"repeat_penalty":     1, // llama.cpp, and those below
	"dry_multiplier":     0,
	"dynatemp_range":     0,
	"typical_p":          1,
	"xtc_probability":    0,
}

// probeNeutral finds which of the neutral words the server takes: all of them,
// or those that it takes alone. ask goes on with them.
func (e *Engine) probeNeutral(ctx context.Context, path string, ask map[string]any) error {
	takes := func(words map[string]any) (bool, error) {
		with := maps.Clone(ask)
		maps.Copy(with, words)
		got, err := e.try(ctx, path, with)
		return got != nil, err
	}
	all, err := takes(neutral)
	if err != nil {
		return err
	}
	e.server.neutral = map[string]any{}
	for _, word := range slices.Sorted(maps.Keys(neutral)) {
		taken := all
		if !all {
			if taken, err = takes(map[string]any{word: neutral[word]}); err != nil {
				return err
			}
		}
		if taken {
			e.server.neutral[word] = neutral[word]
		}
	}
	maps.Copy(ask, e.server.neutral)
	return nil
}

// askedFor says, for the record of a run, what every request says and what is
// left to the server.
func (c capabilities) askedFor() map[string]string {
	out := map[string]string{}
	for word := range neutral {
		if value, sent := c.neutral[word]; sent {
			out["request."+word] = fmt.Sprint(value)
		} else {
			out["request."+word] = "the server's own: it refuses the word"
		}
	}
	return out
}
