package results

import (
	"encoding/json"
	"fmt"
	"slices"
)

// lmGeneration is how an output was to be generated.
type lmGeneration struct {
	Until       json.RawMessage `json:"until"`
	MaxTokens   *int            `json:"max_gen_toks"`
	Sample      *bool           `json:"do_sample"`
	Temperature *float64        `json:"temperature"`
}

// sampled reports whether the output was drawn, and would be another each time.
func (g lmGeneration) sampled() bool {
	warm := g.Temperature != nil && *g.Temperature > 0
	if g.Sample == nil {
		return warm
	}
	return *g.Sample && (warm || g.Temperature == nil) // transformers' own is 1
}

// String says it in words that are the same for the same.
func (g lmGeneration) String() string {
	text := "greedy"
	if g.sampled() {
		text = "sampled"
		if g.Temperature != nil {
			text += fmt.Sprintf(" at temperature %v", *g.Temperature)
		}
	}
	if g.MaxTokens != nil {
		text += fmt.Sprintf(", at most %d tokens", *g.MaxTokens)
	}
	var until []string
	if json.Unmarshal(g.Until, &until) != nil {
		var one string
		if json.Unmarshal(g.Until, &one) == nil {
			until = []string{one}
		}
	}
	if len(until) > 0 {
		text += fmt.Sprintf(", up to one of %q", slices.Compact(slices.Sorted(slices.Values(until))))
	}
	return text
}
