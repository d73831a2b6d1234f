package openai

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// Servers differ in what they give, in what they ignore and in what they
// refuse. What is asked of each is what it was found to give.
func TestOnlyWhatCameBackCountsAsAnAbility(t *testing.T) {
	const no = "not available from this server"
	const fastAPI = `{"detail": "Unexpected fields in the request: {'return_token_ids'}"}`
	all := plain{ids: true, logprobs: 20, echo: true, spells: true, prompts: true}
	five := plain{ids: true, logprobs: 5, strict: fastAPI}
	for name, c := range map[string]struct {
		server plain
		args   map[string]any
		want   map[string]string
		asked  map[string]any // of a short output, beside prompt, model and max_tokens
		top    []engine.LogProb
	}{
		"all as vLLM": {all, nil, map[string]string{
			"server.prompts": "token ids", "server.logprobs": "available, of the 20 likeliest tokens", "server.echo": "available",
			"server.prompt_logprobs": "available", "server.output_ids": "available",
		}, map[string]any{"logprobs": 20.0, "return_tokens_as_token_ids": true, "return_token_ids": true}, []engine.LogProb{{ID: 0, Text: "<s>"}, {ID: 1, Text: "</s>", LogProb: -1}}},
		"a bound of its own": {all, map[string]any{"logprobs": 2}, map[string]string{"logprobs": "2", "server.logprobs": "available, of the 2 likeliest tokens"},
			map[string]any{"logprobs": 2.0, "return_tokens_as_token_ids": true, "return_token_ids": true}, []engine.LogProb{{ID: 0}, {ID: 1, LogProb: -1}}},
		"not asked for": {all, map[string]any{"logprobs": 0}, map[string]string{"server.logprobs": no, "server.output_ids": "available"},
			map[string]any{"return_token_ids": true}, nil},
		"five, strict": {five, nil, map[string]string{"server.logprobs": "available, of the 5 likeliest tokens", "server.output_ids": no, "server.prompt_logprobs": no, "server.echo": no},
			map[string]any{"logprobs": 5.0}, []engine.LogProb{{ID: -1, Text: "t0"}, {ID: -1, Text: "t1", LogProb: -1}, {ID: -1, Text: "t2", LogProb: -2}, {ID: -1, Text: "t3", LogProb: -3}, {ID: -1, Text: "t4", LogProb: -4}}},
		"as llama.cpp": {plain{ids: true, logprobs: 20, content: true}, map[string]any{"logprobs": 2}, map[string]string{"server.logprobs": "available, of the 2 likeliest tokens"},
			map[string]any{"logprobs": 2.0, "return_tokens_as_token_ids": true}, []engine.LogProb{{ID: 0, Text: "t0"}, {ID: 1, Text: "t1", LogProb: -1}}},
		"ignores": {plain{}, nil, map[string]string{"server.prompts": "text", "server.logprobs": no, "server.echo": no, "server.prompt_logprobs": no, "server.output_ids": no},
			map[string]any{}, nil},
		"strict, without": {plain{strict: fastAPI}, nil, map[string]string{"server.prompts": "text", "server.logprobs": no}, map[string]any{}, nil},
		"chat only": {plain{chatOnly: true}, nil, map[string]string{"server.endpoint": "chat/completions", "server.logprobs": no},
			map[string]any{}, nil},
		"chat with logprobs": {plain{chatOnly: true, logprobs: 20}, map[string]any{"logprobs": 2}, map[string]string{"server.endpoint": "chat/completions", "server.logprobs": "available, of the 2 likeliest tokens"},
			map[string]any{"logprobs": true, "top_logprobs": 2.0}, []engine.LogProb{{ID: -1, Text: "t0"}, {ID: -1, Text: "t1", LogProb: -1}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, c.server.answer)
			e, _ := opened(t, f.URL+"/v1/", c.args)
			for key, value := range c.want {
				require.Equal(t, value, e.Info().Settings[key], key)
			}
			require.Equal(t, c.server.chatOnly, e.InTurns())
			tokens, err := e.Encode("some text", true)
			require.NoError(t, err)
			got, err := generated(t, e, []engine.Request{{ID: 3, Tokens: tokens, Text: "some text", MaxTokens: 2, Logits: true}})
			require.NoError(t, err)
			require.Equal(t, "hello", got[3].Text)
			last := f.asked[len(f.asked)-1]
			switch {
			case c.server.chatOnly:
				require.Equal(t, []any{map[string]any{"role": "user", "content": "some text"}}, last["messages"])
			case c.server.ids:
				require.Len(t, last["prompt"], len(tokens))
			default:
				require.Equal(t, "some text", last["prompt"])
			}
			for _, key := range []string{"prompt", "messages", "model", "max_tokens", "path"} {
				delete(last, key)
			}
			for word, value := range neutral {
				require.EqualValues(t, value, last[word], word)
				delete(last, word)
			}
			require.Zero(t, last["temperature"])
			delete(last, "temperature")
			require.Equal(t, c.asked, last)
			require.GreaterOrEqual(t, len(got[3].LogProbs), len(c.top))
			for i, p := range c.top {
				if p.ID >= 0 && c.server.spells { // texts are the tokenizer's, special tokens' empty
					p.Text = ""
				}
				require.Equal(t, p, got[3].LogProbs[i])
			}
			if c.server.spells {
				require.Equal(t, []int32{3, 4}, got[3].Tokens, "the end-of-sequence token is not part of an output")
			} else {
				own, err := e.Encode("hello", false)
				require.NoError(t, err)
				require.Equal(t, own, got[3].Tokens)
			}

			long, err := generated(t, e, []engine.Request{{Tokens: tokens, Text: "some text", MaxTokens: shortOutput + 1, Logits: true}})
			require.NoError(t, err)
			require.Nil(t, long[0].LogProbs)
			require.NotContains(t, f.asked[len(f.asked)-1], "logprobs", "not asked for what nobody reads")
		})
	}
}

// A server that takes what a request leaves out from somewhere else is told that
// nothing is penalized, in the words that it takes.
func TestAGreedyAnswerIsAskedForInEveryWordThatTheServerTakes(t *testing.T) {
	const own = "the server's own: it refuses the word"
	all := map[string]string{"top_p": "1", "frequency_penalty": "0", "presence_penalty": "0", "repetition_penalty": "1",
		"repeat_penalty": "1", "dry_multiplier": "0", "dynatemp_range": "0", "typical_p": "1", "xtc_probability": "0"}
	llamacpp := []string{"repeat_penalty", "dry_multiplier", "dynatemp_range", "typical_p", "xtc_probability"}
	for name, refused := range map[string][]string{
		"all": nil, "OpenAI's": append(llamacpp, "repetition_penalty"), "TensorRT-LLM's": llamacpp, "none": slices.Collect(maps.Keys(all)),
	} {
		for _, chat := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, chat %v", name, chat), func(t *testing.T) {
				f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
					for _, word := range refused {
						if _, there := body[word]; there {
							w.WriteHeader(400)
							fmt.Fprintf(w, `{"error": {"message": "Unrecognized request argument supplied: %s"}}`, word)
							return
						}
					}
					plain{chatOnly: chat}.reply(w, path, body)
				})
				e, _ := opened(t, f.URL+"/v1", nil)
				tokens, err := e.Encode("text", true)
				require.NoError(t, err)
				request := engine.Request{Tokens: tokens, Text: "text", MaxTokens: 2}
				_, err = generated(t, e, []engine.Request{request})
				require.NoError(t, err)
				last := f.asked[len(f.asked)-1]
				for word, value := range all {
					if slices.Contains(refused, word) {
						require.NotContains(t, last, word)
						require.Equal(t, own, e.Info().Settings["request."+word])
						continue
					}
					require.Equal(t, value, fmt.Sprint(last[word]), word)
					require.Equal(t, value, e.Info().Settings["request."+word])
				}

				if slices.Contains(refused, "top_p") {
					return
				}
				request.Sampling = engine.Sampling{Temperature: 0.5, TopP: 0.9}
				_, err = generated(t, e, []engine.Request{request})
				require.NoError(t, err)
				require.Equal(t, 0.9, f.asked[len(f.asked)-1]["top_p"])
			})
		}
	}
}

// What a server would encode as other tokens is not sent.
func TestATextThatIsNotThePromptIsRefused(t *testing.T) {
	f := newFake(t, plain{}.answer)
	e, _ := opened(t, f.URL+"/v1", nil)
	tokens, err := e.Encode("What is 1 + 1?", true)
	require.NoError(t, err)
	for name, r := range map[string]engine.Request{
		"special tokens of a template": {Tokens: tokens, Text: "<s>What is 1 + 1?", MaxTokens: 1},
		"without any":                  {Tokens: tokens[1:], Text: "What is 1 + 1?", MaxTokens: 1},
		"cut":                          {Tokens: tokens[3:], MaxTokens: 1},
	} {
		before := len(f.asked)
		_, err := generated(t, e, []engine.Request{r})
		require.ErrorContains(t, err, "this server takes prompts as text alone", name)
		require.Len(t, f.asked, before, name)
	}
	cut := append(tokens[:1:1], tokens[3:]...) // as task.Truncate cuts
	_, err = generated(t, e, []engine.Request{{Tokens: cut, MaxTokens: 1}})
	require.NoError(t, err)
	require.Equal(t, e.Decode(cut), f.asked[len(f.asked)-1]["prompt"])
}

func TestAChatIsSentAsItsTurns(t *testing.T) {
	f := newFake(t, plain{chatOnly: true}.answer)
	e, _ := opened(t, f.URL+"/v1", nil)
	turns := []engine.Message{{Role: "system", Content: "Be brief."}, {Role: "user", Content: "1 + 1?"}}
	_, err := generated(t, e, []engine.Request{{Tokens: []int32{1}, Text: "<|system|>Be brief.<|user|>1 + 1?", Messages: turns, MaxTokens: 1}})
	require.NoError(t, err)
	require.Equal(t, []any{
		map[string]any{"role": "system", "content": "Be brief."}, map[string]any{"role": "user", "content": "1 + 1?"},
	}, f.asked[len(f.asked)-1]["messages"])
	_, err = generated(t, e, []engine.Request{{Tokens: []int32{1, 2}, MaxTokens: 1}})
	require.ErrorContains(t, err, "this server takes whole messages")
}

func TestAFirstPositionIsReadAsItIsMeant(t *testing.T) {
	infinite := float32(math.Inf(-1))
	for text, want := range map[string][]engine.LogProb{
		`{"top_logprobs": [{"token_id:7": -2, "token_id:9": -0.5}]}`:                                          {{ID: 9, LogProb: -0.5}, {ID: 7, LogProb: -2}},
		`{"top_logprobs": [{"token_id:7": -9999.0, "x": -1}]}`:                                                {{ID: -1, Text: "x", LogProb: -1}, {ID: 7, LogProb: infinite}},
		`{"top_logprobs": [{"token_id:": -1, "token_id:-3": -2, "a": -3}]}`:                                   {{ID: -1, Text: "token_id:", LogProb: -1}, {ID: -1, Text: "token_id:-3", LogProb: -2}},
		`{"top_logprobs": [null]}`:                                                                            nil,
		`{"content": [{"token": "a", "logprob": 0, "top_logprobs": [{"token": "token_id:4","logprob":-1}]}]}`: {{ID: 4, LogProb: -1}},
		`{"content": []}`:             nil,
		`null`:                        nil,
		`[]`:                          nil,
		`"none"`:                      nil,
		`{"top_logprobs": {"a": -1}}`: nil,
	} {
		var l lenient[logProbs]
		require.NoError(t, l.UnmarshalJSON([]byte(text)))
		require.Equal(t, want, l.value.first(2), text)
	}
}

func TestAWrongModelIsNamed(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
		if path == "/v1/models" {
			fmt.Fprint(w, `{"data": [{"id": "tiny"}, {"id": "small"}]}`)
			return
		}
		w.WriteHeader(404) // as vLLM says it
		fmt.Fprint(w, `{"error":{"message":"The model does not exist.","type":"NotFoundError","param":"model","code":404}}`)
	})
	_, err := Open(t.Context(), engine.Deployment{Model: demo, URL: f.URL + "/v1", Args: map[string]any{"served_model_name": "nope"}}, engine.Site{})
	require.EqualError(t, err, `deployment dense: the server has no model "nope", but tiny, small: the server answers 404: The model does not exist.`)
}
