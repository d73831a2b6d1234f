package openai_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/tokenizer"
	"adkernel/internal/serve"
)

type echoed struct {
	Choices []echoedChoice
	Usage   struct {
		Prompt int `json:"prompt_tokens"`
	}
}

type echoedChoice struct {
	Index    int
	Text     string
	LogProbs struct {
		Tokens        []string
		TokenLogprobs []*float64           `json:"token_logprobs"`
		TopLogprobs   []map[string]float64 `json:"top_logprobs"`
		TextOffset    []int                `json:"text_offset"`
	}
}

// echoOf asks as lm-evaluation-harness does for the likelihood of a text.
func echoOf(t *testing.T, url string, prompt any, more map[string]any) echoed {
	t.Helper()
	ask := map[string]any{
		"model": "demo", "prompt": prompt, "temperature": 0, "max_tokens": 1, "logprobs": 1, "seed": 1234, "echo": true,
		"repetition_penalty": 1, // the server's checkpoint has another
	}
	for name, value := range more {
		ask[name] = value
	}
	body, err := json.Marshal(ask)
	require.NoError(t, err)
	response, err := http.Post(url+"/completions", "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	var out echoed
	require.NoError(t, json.NewDecoder(response.Body).Decode(&out))
	return out
}

// equalEchoes demands of adkernel serve another server's answers to prompts of every
// form, in which a beginning of sequence may come once, twice or not at all: a client
// counts from there which tokens are the answer's.
func equalEchoes(t *testing.T, url string) {
	t.Helper()
	e, err := embedded.Open(t.Context(), engine.Deployment{Model: demo(t, "dense"), DType: "float32"})
	require.NoError(t, err)
	tok, err := tokenizer.Load(demo(t, "dense"))
	require.NoError(t, err)
	s := serve.New(serve.Options{Engine: e.(engine.Steerable), Tokenizer: tok, Name: "demo"})
	h := httptest.NewServer(s.Handler())
	defer func() { h.Close(); s.Close(); e.Close() }()
	const text = "What is 12 + 30?\nA. 42\nB. 43\nAnswer: A"
	for name, c := range map[string]struct {
		prompt any
		more   map[string]any
	}{
		"text":                     {text, nil},
		"text that spells <s>":     {"<s>" + text, nil},
		"texts":                    {[]string{text, "<s>" + text, "What"}, nil},
		"text as it is":            {text, map[string]any{"add_special_tokens": false}},
		"ids":                      {tok.Encode(text, true), nil},
		"ids without <s>":          {tok.Encode(text, false), nil},
		"lists of ids":             {[][]int32{tok.Encode(text, true), tok.Encode("What", true)}, nil},
		"ids, spelled as ids":      {tok.Encode(text, true), map[string]any{"return_tokens_as_token_ids": true}},
		"without the alternatives": {text, map[string]any{"logprobs": 0}},
	} {
		t.Run(name, func(t *testing.T) {
			want, got := echoOf(t, url, c.prompt, c.more), echoOf(t, h.URL+"/v1", c.prompt, c.more)
			require.Equal(t, want.Usage, got.Usage)
			require.Len(t, got.Choices, len(want.Choices))
			for _, w := range want.Choices {
				at := slices.IndexFunc(got.Choices, func(g echoedChoice) bool { return g.Index == w.Index })
				g := got.Choices[at]
				require.Equal(t, w.Text, g.Text)
				require.Equal(t, w.LogProbs.Tokens, g.LogProbs.Tokens)
				if c.more["return_tokens_as_token_ids"] == nil { // there vLLM counts "token_id:5" for its token's text
					require.Equal(t, w.LogProbs.TextOffset, g.LogProbs.TextOffset)
				}
				for i, value := range w.LogProbs.TokenLogprobs {
					require.Equal(t, value == nil, g.LogProbs.TokenLogprobs[i] == nil, "token %d", i)
					if value != nil {
						require.InDelta(t, *value, *g.LogProbs.TokenLogprobs[i], 1e-3, "token %d", i)
					}
					require.Len(t, g.LogProbs.TopLogprobs[i], len(w.LogProbs.TopLogprobs[i]))
					for spelling, value := range w.LogProbs.TopLogprobs[i] {
						require.InDelta(t, value, g.LogProbs.TopLogprobs[i][spelling], 1e-3, "token %d", i)
					}
				}
			}
		})
	}
}
