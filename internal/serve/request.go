package serve

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
)

// Bounds of what one request may ask for.
const (
	maxChoices = 128
	maxTop     = 20 // log-probabilities a position
	maxStops   = 64
)

// common are the arguments of completions and of chat completions.
type common struct {
	Model         string         `json:"model"`
	MaxTokens     *int           `json:"max_tokens"`
	Temperature   *float64       `json:"temperature"`
	TopP          *float64       `json:"top_p"`
	TopK          *int           `json:"top_k"` // vLLM
	Seed          *int64         `json:"seed"`
	N             *int           `json:"n"`
	Stop          texts          `json:"stop"`
	StopTokenIDs  list[int32]    `json:"stop_token_ids"` // vLLM
	IgnoreEOS     bool           `json:"ignore_eos"`     // vLLM
	Stream        bool           `json:"stream"`
	StreamOptions *streamOptions `json:"stream_options"`
	AddSpecial    *bool          `json:"add_special_tokens"` // vLLM
	TokenIDs      bool           `json:"return_token_ids"`   // vLLM

	without
	LogitBias map[string]any `json:"logit_bias"`

	User        string         `json:"user"`         // for OpenAI's records
	Metadata    map[string]any `json:"metadata"`     // the same
	Store       *bool          `json:"store"`        // the same
	ServiceTier string         `json:"service_tier"` // the same
}

// without are arguments of which only the value that changes nothing is accepted:
// clients that always send them are understood.
type without struct {
	FrequencyPenalty  *float64 `json:"frequency_penalty"`
	PresencePenalty   *float64 `json:"presence_penalty"`
	RepetitionPenalty *float64 `json:"repetition_penalty"` // vLLM
	MinP              *float64 `json:"min_p"`              // vLLM
	RepeatPenalty     *float64 `json:"repeat_penalty"`     // llama.cpp, and those below
	DryMultiplier     *float64 `json:"dry_multiplier"`
	DynatempRange     *float64 `json:"dynatemp_range"`
	TypicalP          *float64 `json:"typical_p"`
	XTCProbability    *float64 `json:"xtc_probability"`
}

func (w *without) check() error {
	for _, argument := range []struct {
		name  string
		value *float64
		none  float64
	}{
		{"frequency_penalty", w.FrequencyPenalty, 0}, {"presence_penalty", w.PresencePenalty, 0}, {"repetition_penalty", w.RepetitionPenalty, 1},
		{"min_p", w.MinP, 0}, {"repeat_penalty", w.RepeatPenalty, 1}, {"dry_multiplier", w.DryMultiplier, 0}, {"dynatemp_range", w.DynatempRange, 0},
		{"typical_p", w.TypicalP, 1}, {"xtc_probability", w.XTCProbability, 0},
	} {
		if argument.value != nil && *argument.value != argument.none {
			return invalid(argument.name, "%s is not supported: leave it out, or set %v", argument.name, argument.none)
		}
	}
	return nil
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// A list holds no null, which would otherwise be read as token 0 or as an
// empty text.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(raw []byte) error {
	var elements []*T
	if err := json.Unmarshal(raw, &elements); err != nil {
		return err
	}
	*l = nil
	for _, e := range elements {
		if e == nil {
			return &json.UnmarshalTypeError{Value: "list with null", Type: reflect.TypeFor[T]()}
		}
		*l = append(*l, *e)
	}
	return nil
}

// texts is one string or a list of them.
type texts []string

func (t *texts) UnmarshalJSON(raw []byte) error {
	var one *string
	if err := json.Unmarshal(raw, &one); err == nil {
		*t = nil
		if one != nil {
			*t = texts{*one}
		}
		return nil
	}
	var several list[string]
	if err := json.Unmarshal(raw, &several); err != nil {
		return errors.New("stop: want a text or a list of texts")
	}
	*t = texts(several)
	return nil
}

// check refuses what is out of bounds or would have no effect.
func (c *common) check() error {
	switch {
	case c.MaxTokens != nil && *c.MaxTokens < 0:
		return invalid("max_tokens", "max_tokens is %d: want 0 or more", *c.MaxTokens)
	case c.Temperature != nil && !(*c.Temperature >= 0 && *c.Temperature <= 100):
		return invalid("temperature", "temperature is %v: want 0 to 100", *c.Temperature)
	case c.TopP != nil && !(*c.TopP > 0 && *c.TopP <= 1):
		return invalid("top_p", "top_p is %v: want more than 0, and 1 at most", *c.TopP)
	case c.TopK != nil && *c.TopK < -1:
		return invalid("top_k", "top_k is %d: want 1 or more, or 0 or -1 for all", *c.TopK)
	case c.choices() < 1 || c.choices() > maxChoices:
		return invalid("n", "n is %d: want 1 to %d", c.choices(), maxChoices)
	case len(c.Stop) > maxStops:
		return invalid("stop", "%d stop texts: want %d at most", len(c.Stop), maxStops)
	case c.StreamOptions != nil && !c.Stream:
		return invalid("stream_options", "stream_options are given, but stream is not true")
	case len(c.LogitBias) > 0:
		return invalid("logit_bias", "logit_bias is not supported: leave it out")
	case slices.Contains(c.Stop, ""):
		return invalid("stop", "a stop text is empty")
	}
	return c.without.check()
}

func (c *common) choices() int {
	if c.N == nil {
		return 1
	}
	return *c.N
}

// sampler is a generator of its own for each choice, the same for the same
// seed.
func (c *common) sampler(choice int) *sampler {
	s := &sampler{temperature: 1, topP: 1}
	if c.Temperature != nil {
		s.temperature = *c.Temperature
	}
	if c.TopP != nil {
		s.topP = *c.TopP
	}
	if c.TopK != nil {
		s.topK = max(0, *c.TopK)
	}
	seed := rand.Uint64()
	if c.Seed != nil {
		seed = uint64(*c.Seed)
	}
	s.random = rand.New(rand.NewPCG(seed, uint64(choice)))
	return s
}

// room is how many tokens may follow a prompt: wanted, or fallback where the
// client does not say. A prompt that leaves no room for them is refused.
func (s *Server) room(prompt []int32, wanted *int, fallback int) (int, error) {
	longest := s.limits.SequenceTokens
	tokens := min(fallback, longest-len(prompt))
	if wanted != nil {
		tokens = *wanted
	}
	if len(prompt) > longest || tokens > longest-len(prompt) || tokens <= 0 && wanted == nil {
		e := invalid("max_tokens", "the model's sequences have %d tokens at most: %d of the prompt and %d of the output are too many", longest, len(prompt), max(tokens, 1))
		return 0, tooLong(e)
	}
	if most := s.limits.PromptTokens; len(prompt) > most {
		return 0, tooLong(invalid("max_tokens", "prompts have %d tokens at most here, and this one has %d: serve it with a higher max_num_tokens, or with enable_chunked_prefill: true", most, len(prompt)))
	}
	return tokens, nil
}

// tooLong marks an error as what clients shorten a prompt for.
func tooLong(e *apiError) *apiError {
	e.Code = "context_length_exceeded"
	return e
}

// checkTokens refuses ids that are not the model's.
func (s *Server) checkTokens(param string, ids []int32) error {
	if len(ids) == 0 {
		return invalid(param, "%s is empty: want at least one token", param)
	}
	for i, id := range ids {
		if id < 0 || int(id) >= s.vocab {
			return invalid(param, "%s: token %d is id %d: want 0 to %d", param, i, id, s.vocab-1)
		}
	}
	return nil
}

// number is a log-probability as JSON, null where there is none.
func number(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}
