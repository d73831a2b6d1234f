package openai

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"adkernel/builtins/engine"
)

// answer is what both kinds of completions have in common here.
type answer struct {
	Model   lenient[string] `json:"model"` // that answered
	Choices []choice        `json:"choices"`
	Usage   lenient[usage]  `json:"usage"`
}

// usage is how many tokens the server counted; 0 where it does not say.
type usage struct {
	Prompt int `json:"prompt_tokens"`
	Output int `json:"completion_tokens"`
}

// only is the choice of an answer that has one, nil of another.
func (a *answer) only() *choice {
	if len(a.Choices) != 1 {
		return nil
	}
	a.Choices[0].usage = a.Usage.value
	return &a.Choices[0]
}

type choice struct {
	Text    *string `json:"text"`
	Message *struct {
		Content *string `json:"content"`
	} `json:"message"`
	FinishReason   *string                    `json:"finish_reason"`
	TokenIDs       lenient[[]int32]           `json:"token_ids"`       // vLLM, when asked
	PromptLogProbs lenient[[]json.RawMessage] `json:"prompt_logprobs"` // vLLM, when asked
	LogProbs       lenient[logProbs]          `json:"logprobs"`

	usage usage // the answer's
}

// A lenient value is what an answer is not refused for: it is zero where the
// server has something else in its place.
type lenient[T any] struct{ value T }

func (l *lenient[T]) UnmarshalJSON(text []byte) error {
	var value T
	if json.Unmarshal(text, &value) == nil {
		l.value = value
	}
	return nil
}

// logProbs are log-probabilities in either of the API's two forms: lists by
// position, as completions have them, or objects, as chat completions (and
// llama.cpp's completions) do.
type logProbs struct {
	TokenLogprobs []*float64            `json:"token_logprobs"`
	TopLogprobs   []map[string]*float64 `json:"top_logprobs"` // by spelling; null before a prompt's first token
	Content       []token               `json:"content"`
}

type token struct {
	ID          *int32   `json:"id"` // llama.cpp
	Token       string   `json:"token"`
	Logprob     *float64 `json:"logprob"`
	TopLogprobs []token  `json:"top_logprobs"`
}

// positions is how many tokens have log-probabilities.
func (l *logProbs) positions() int { return max(len(l.TokenLogprobs), len(l.Content)) }

// first are the likeliest tokens of the first position, most likely first and
// n at most: servers add the chosen token where it is not among them, which
// says nothing of those in between. A token without a number, which servers write
// as null where the model's is NaN, is none of them.
func (l *logProbs) first(n int) []engine.LogProb {
	var out []engine.LogProb
	switch {
	case len(l.TopLogprobs) > 0:
		for spelling, value := range l.TopLogprobs[0] {
			if value != nil {
				out = append(out, spelt(spelling, *value))
			}
		}
	case len(l.Content) > 0:
		for _, t := range l.Content[0].TopLogprobs {
			if t.Logprob == nil {
				continue
			}
			p := spelt(t.Token, *t.Logprob)
			if t.ID != nil && *t.ID >= 0 {
				p.ID, p.Text = *t.ID, t.Token
			}
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b engine.LogProb) int {
		return cmp.Or(cmp.Compare(b.LogProb, a.LogProb), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Text, b.Text))
	})
	return out[:min(n, len(out))]
}

// byID is how vLLM and others spell a token when they are asked for ids.
const byID = "token_id:"

// impossible is what vLLM writes for a probability of 0, since JSON has no
// infinity.
const impossible = -9999

// spelt is a token of an answer: its id where the server spells ids.
func spelt(spelling string, logprob float64) engine.LogProb {
	if logprob <= impossible {
		logprob = math.Inf(-1)
	}
	if digits, ok := strings.CutPrefix(spelling, byID); ok {
		if id, err := strconv.ParseInt(digits, 10, 32); err == nil && id >= 0 {
			return engine.LogProb{ID: int32(id), LogProb: float32(logprob)}
		}
	}
	return engine.LogProb{ID: -1, Text: spelling, LogProb: float32(logprob)}
}
