package openai

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/tokenizer"
)

// A replayed server answers in the form of a real one, of which the tests have
// the facts alone: field by field that of its published source.
type replayed struct {
	t       *testing.T
	form    string // "llama.cpp", "SGLang" or "trtllm-serve"
	model   string
	context int // tokens of a prompt and its output
	own     *tokenizer.Tokenizer
}

// knownToTRTLLM are the arguments of its CompletionRequest that are asked for here;
// all others are forbidden.
var knownToTRTLLM = []string{"path", "model", "prompt", "max_tokens", "temperature", "top_p", "frequency_penalty", "presence_penalty",
	"repetition_penalty", "logprobs", "echo", "stop", "seed"}

func (s replayed) answer(w http.ResponseWriter, path string, body map[string]any, _ int) {
	write := func(status int, v any) {
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(v)
	}
	switch path {
	case "/v1/models":
		owner := map[string]string{"llama.cpp": "llamacpp", "SGLang": "sglang", "trtllm-serve": "tensorrt_llm"}[s.form]
		model := map[string]any{"id": s.model, "object": "model", "owned_by": owner}
		if s.form == "llama.cpp" {
			model["aliases"] = []string{s.model, "alias"}
		}
		write(200, map[string]any{"object": "list", "data": []any{model}})
	case "/v1/completions":
		s.complete(write, body)
	case "/tokenize", "/detokenize":
		s.tokenize(write, path, body)
	default:
		write(404, map[string]any{"detail": "Not Found"})
	}
}

func (s replayed) tokenize(write func(int, any), path string, body map[string]any) {
	word, special := "prompt", "add_special_tokens"
	if s.form == "llama.cpp" {
		word, special = "content", "add_special"
	}
	switch {
	case s.form == "trtllm-serve":
		write(404, map[string]any{"detail": "Not Found"})
	case path == "/tokenize":
		text, _ := body[word].(string) // SGLang refuses a request without one
		if text == "" && s.form == "SGLang" {
			write(400, map[string]any{"object": "error", "message": "1 validation errors: 'type': 'missing', 'loc': ('body', 'prompt')", "type": "Bad Request", "param": nil, "code": 400})
			return
		}
		ids := []int32{}
		if text != "" {
			ids = s.own.Encode(text, body[special] == true)
		}
		write(200, map[string]any{"tokens": ids})
	case s.form == "SGLang":
		write(200, map[string]any{"text": s.own.Decode(s.ids(body["tokens"]), true)})
	default:
		write(200, map[string]any{"content": s.own.Decode(s.ids(body["tokens"]), false)})
	}
}

// ids are a prompt's, of token ids or a text.
func (s replayed) ids(prompt any) (ids []int32) {
	if text, ok := prompt.(string); ok {
		return s.own.Encode(text, true)
	}
	for _, id := range prompt.([]any) {
		ids = append(ids, int32(id.(float64)))
	}
	return ids
}

func (s replayed) complete(write func(int, any), body map[string]any) {
	prompt, most := s.ids(body["prompt"]), int(body["max_tokens"].(float64))
	if s.form == "trtllm-serve" {
		for word := range body {
			if !slices.Contains(knownToTRTLLM, word) {
				write(400, map[string]any{"error": fmt.Sprintf("[{'type': 'extra_forbidden', 'loc': ('body', '%s'), 'msg': 'Extra inputs are not permitted', 'input': 1}]", word)})
				return
			}
		}
	}
	if len(prompt) >= s.context {
		switch s.form {
		case "llama.cpp":
			write(400, map[string]any{"error": map[string]any{"code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": len(prompt), "n_ctx": s.context,
				"message": fmt.Sprintf("request (%d tokens) exceeds the available context size (%d tokens), try increasing it", len(prompt), s.context)}})
			return
		case "SGLang": // with --allow-auto-truncate
			prompt = prompt[:s.context-1]
		default:
			write(400, map[string]any{"object": "error", "message": "the prompt is too long", "type": "BadRequestError", "param": nil, "code": 400})
			return
		}
	}
	n := min(most, s.context-len(prompt)) // all of them shorten outputs without a word
	choice := map[string]any{"index": 0, "text": strings.Repeat("x", n), "logprobs": nil, "finish_reason": "length"}
	if top, asked := body["logprobs"].(float64); asked {
		choice["logprobs"] = s.logProbs(int(top))
	}
	model := body["model"] // SGLang and trtllm-serve repeat it
	if s.form == "llama.cpp" {
		model = s.model
	}
	write(200, map[string]any{"object": "text_completion", "model": model, "choices": []any{choice},
		"usage": map[string]any{"prompt_tokens": len(prompt), "completion_tokens": n, "total_tokens": len(prompt) + n, "prompt_tokens_details": map[string]any{"cached_tokens": len(prompt) - 1}}})
}

func (s replayed) logProbs(top int) any {
	var entries []any
	texts := map[string]any{}
	for i, text := range []string{" A", " B", " C", " D"}[:min(top, 4)] {
		id := s.own.Encode(text, false)[0]
		p := []float64{-0.25, -1.5, -9999, -9999}[i]
		entries = append(entries, map[string]any{"id": id, "token": text, "bytes": []byte(text), "logprob": p})
		texts[text] = p
	}
	if s.form == "llama.cpp" {
		return map[string]any{"content": []any{map[string]any{"id": 1, "token": " A", "logprob": -0.25, "top_logprobs": entries}}}
	}
	return map[string]any{"text_offset": []int{-1}, "token_logprobs": []float64{-0.25}, "tokens": []string{" A"}, "top_logprobs": []any{texts}}
}

func TestServersAreReadInTheFormsOfTheirSource(t *testing.T) {
	own, err := tokenizer.Load(demo)
	require.NoError(t, err)
	prompt := own.Encode("What is 1 + 1?\nAnswer:", true)
	for _, form := range []string{"llama.cpp", "SGLang", "trtllm-serve"} {
		t.Run(form, func(t *testing.T) {
			s := replayed{t: t, form: form, model: "served", context: len(prompt) + 8, own: own}
			f := newFake(t, s.answer)
			e, _ := opened(t, f.URL+"/v1", nil)
			settings := e.Info().Settings
			require.Equal(t, "served", e.Info().Model)
			require.Equal(t, "token ids", settings["server.prompts"])
			require.Equal(t, "available, of the 4 likeliest tokens", settings["server.logprobs"])
			for word := range neutral {
				if !slices.Contains(knownToTRTLLM, word) && form == "trtllm-serve" {
					require.Equal(t, "the server's own: it refuses the word", settings["request."+word])
				} else {
					require.Equal(t, fmt.Sprint(neutral[word]), settings["request."+word])
				}
			}

			got, err := generated(t, e, []engine.Request{
				{ID: 0, Tokens: prompt, MaxTokens: 8, Logits: true},
				{ID: 1, Tokens: prompt, MaxTokens: 9},
			})
			require.NoError(t, err)
			require.Equal(t, "length", got[0].Finish)
			require.Equal(t, serverLimit, got[1].Finish, "the limit was not the request's")
			require.Len(t, got[0].LogProbs, 4)
			require.Equal(t, " A", got[0].LogProbs[0].Text)
			require.Equal(t, float32(-0.25), got[0].LogProbs[0].LogProb)

			long := own.Encode(strings.Repeat("What is 1 + 1?\n", 4), true)
			_, err = generated(t, e, []engine.Request{{ID: 7, Tokens: long, MaxTokens: 1}})
			require.ErrorContains(t, err, map[string]string{
				"llama.cpp":    fmt.Sprintf("request 7: the server answers 400: request (%d tokens) exceeds the available context size", len(long)),
				"SGLang":       fmt.Sprintf("request 7: the server read %d tokens of a prompt that has %d: is its context too short", s.context-1, len(long)),
				"trtllm-serve": "request 7: the server answers 400: the prompt is too long",
			}[form])

			// Another name than the server's.
			args := map[string]any{"served_model_name": "llama"}
			named, err := Open(t.Context(), engine.Deployment{Model: demo, URL: f.URL + "/v1", Args: args}, engine.Site{})
			if form == "llama.cpp" {
				require.EqualError(t, err, `deployment dense: the server has no model "llama": it answers with "served"`)
				opened(t, f.URL+"/v1", map[string]any{"served_model_name": "alias"})
			} else {
				require.NoError(t, err)
				require.Equal(t, "served", named.Info().Settings["server.models"])
				named.Close()
			}

			// No checkpoint at hand.
			remote, err := Open(t.Context(), engine.Deployment{Model: "served", URL: f.URL + "/v1"}, engine.Site{})
			if form == "trtllm-serve" {
				require.ErrorContains(t, err, "no tokenizer: the server has no /tokenize")
				return
			}
			require.NoError(t, err)
			defer remote.Close()
			ids, err := remote.Encode("What is", true)
			require.NoError(t, err)
			require.Equal(t, own.Encode("What is", true), ids)
			require.Contains(t, remote.Decode(ids), "What is")
		})
	}
}

// The probe of a server that counts otherwise is no ground to doubt its answers.
func TestCountsAreTrustedWhereTheyAreRight(t *testing.T) {
	for name, counts := range map[string]string{"nothing": `{}`, "what was not cached": `{"prompt_tokens": 1, "completion_tokens": 1}`, "no numbers": `"none"`, "null": `null`} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
				if path == "/v1/models" {
					fmt.Fprint(w, `{"data": [{"id": "fake"}]}`)
					return
				}
				fmt.Fprintf(w, `{"choices": [{"text": "hello", "finish_reason": "length"}], "usage": %s}`, counts)
			})
			e, _ := opened(t, f.URL+"/v1", nil)
			got, err := generated(t, e, []engine.Request{{Tokens: []int32{0, 5, 6, 7}, MaxTokens: 1}})
			require.NoError(t, err)
			require.Equal(t, "length", got[0].Finish)
		})
	}
}
