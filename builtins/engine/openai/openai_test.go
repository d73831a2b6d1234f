package openai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/logits"
)

// Over the API, the embedded engine says what it says itself.
func TestAnswersAreThoseOfTheEngineBehindTheServer(t *testing.T) {
	t.Setenv("ADKERNEL_TEST_KEY", "sesame")
	url, behind := ours(t, "sesame")
	e, _ := opened(t, url, map[string]any{"api_key_env": "ADKERNEL_TEST_KEY", "concurrency": 4})
	info := e.Info()
	require.Equal(t, "openai", info.Engine)
	require.Equal(t, "demo", info.Model)
	require.Zero(t, info.Vocab)
	require.Equal(t, map[string]string{
		"url": url, "api_key_env": "ADKERNEL_TEST_KEY", "concurrency": "4", "logprobs": "20", "retries": "5", "timeout": "10m0s",
		"server.endpoint": "completions", "server.prompts": "token ids", "server.logprobs": "available, of the 20 likeliest tokens",
		"server.output_ids": "available", "server.echo": "available",
		"server.prompt_logprobs": "not available from this server", "server.logits": "not available from this server",
		"server.finish_reason": "available", "request.top_p": "1", "request.frequency_penalty": "0", "request.presence_penalty": "0",
		"request.repetition_penalty": "1", "request.repeat_penalty": "1",
		"request.dry_multiplier": "0", "request.dynatemp_range": "0", "request.typical_p": "1", "request.xtc_probability": "0",
	}, info.Settings)

	var requests []engine.Request
	for i := range 12 {
		tokens, err := e.Encode(fmt.Sprintf("What is %d + 3?\nA. 4\nB. 9\nAnswer:", i), true)
		require.NoError(t, err)
		requests = append(requests, engine.Request{ID: i, Tokens: tokens, MaxTokens: 3 + 2*i, Logits: true})
	}
	requests[5].StopTexts = []string{"\n"}
	want, err := generated(t, behind, requests)
	require.NoError(t, err)
	got, err := generated(t, e, requests)
	require.NoError(t, err)
	require.Len(t, got, len(requests))
	for id, w := range want {
		require.Equal(t, w.Text, got[id].Text)
		require.Equal(t, w.Finish, got[id].Finish)
		require.Equal(t, w.Tokens, got[id].Tokens)
		require.Nil(t, got[id].Logits)
		if requests[id].MaxTokens > shortOutput {
			require.Nil(t, got[id].LogProbs)
			continue
		}
		require.Len(t, got[id].LogProbs, 20)
		all := logits.LogSoftmax(w.Logits)
		for i, top := range logits.TopK(w.Logits, 20) {
			p := got[id].LogProbs[i]
			require.Equal(t, top.ID, p.ID)
			require.InDelta(t, all[top.ID], p.LogProb, 1e-5)
			require.Equal(t, behind.Decode([]int32{top.ID}), p.Text)
		}
	}

	// Without a checkpoint at hand, the server's tokenizer serves.
	remote, err := Open(t.Context(), engine.Deployment{Model: "demo", URL: url, Args: map[string]any{"api_key_env": "ADKERNEL_TEST_KEY"}}, engine.Site{})
	require.NoError(t, err)
	defer remote.Close()
	tokens, err := remote.Encode("What is", true)
	require.NoError(t, err)
	own, err := e.Encode("What is", true)
	require.NoError(t, err)
	require.Equal(t, own, tokens)
	require.Equal(t, "<s>What is", remote.Decode(tokens))
}

func TestWhatCannotBeServedIsRefused(t *testing.T) {
	f := newFake(t, plain{ids: true}.answer)
	e, _ := opened(t, f.URL+"/v1", nil)
	one := []int32{1}
	for message, r := range map[string]engine.Request{
		"the prompt is empty":                 {MaxTokens: 1},
		"not available from this server":      {Tokens: one, MaxTokens: 1, PromptLogits: true},
		"want 1 or more":                      {Tokens: one},
		"stops at texts, not at token ids":    {Tokens: one, MaxTokens: 1, Stop: []int32{}},
		"top_k is not a word of OpenAI's API": {Tokens: one, MaxTokens: 1, Sampling: engine.Sampling{Temperature: 1, TopK: 3}},
	} {
		_, err := generated(t, e, []engine.Request{r})
		require.ErrorContains(t, err, message)
	}

	open := func(d engine.Deployment) error {
		if d.Model == "" {
			d.Model = demo
		}
		_, err := Open(t.Context(), d, engine.Site{})
		return err
	}
	for message, d := range map[string]engine.Deployment{
		"URL is missing":                      {},
		"want http:// or https:// and a host": {URL: "localhost:8000"},
		"has no setting temperature":          {URL: f.URL, Args: map[string]any{"temperature": 1}},
		"concurrency: 0: want a whole number": {URL: f.URL, Args: map[string]any{"concurrency": 0}},
		"served_model_name: 3: want a text":   {URL: f.URL, Args: map[string]any{"served_model_name": 3}},
		"no tokenizer: the server has no":     {URL: f.URL + "/v1", Model: "fake"},
		"the server answers 404":              {URL: f.URL},
		"tokenizer: open":                     {URL: f.URL, Args: map[string]any{"tokenizer": "/no/where"}},
	} {
		require.ErrorContains(t, open(d), message)
	}
	secret := "http://user:hunter2@localhost/v1"
	for _, d := range []engine.Deployment{{URL: secret}, {URL: "http://h/v1?key=hunter2"}, {URL: "http://[hunter2"}, {URL: f.URL, Args: map[string]any{"api_key_env": "sk-hunter2"}}} {
		err := open(d)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hunter2")
	}
	other := newFake(t, plain{ids: true, tokenize: true}.answer)
	require.ErrorContains(t, open(engine.Deployment{URL: other.URL + "/v1"}), "the tokenizer is not the server's")
}

func TestModelsAreChosenOrAskedFor(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
		if path == "/v1/models" {
			fmt.Fprint(w, `{"data": [{"id": "a"}, {"id": "dense"}]}`)
			return
		}
		plain{}.reply(w, path, body)
	})
	e, _ := opened(t, f.URL+"/v1", nil)
	require.Equal(t, "dense", e.Info().Model, "the folder's name")
	e, _ = opened(t, f.URL+"/v1", map[string]any{"served_model_name": "a"})
	require.Equal(t, "a", e.Info().Model)
	_, err := Open(t.Context(), engine.Deployment{Model: "x", URL: f.URL + "/v1", Args: map[string]any{"tokenizer": demo}}, engine.Site{})
	require.ErrorContains(t, err, "the models a, dense: set served_model_name")

	closed := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
		w.WriteHeader(401) // as llama.cpp says it
		fmt.Fprint(w, `{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}`)
	})
	_, err = Open(t.Context(), engine.Deployment{Model: "x", URL: closed.URL + "/v1", Args: map[string]any{"api_key_env": "ADKERNEL_TEST_NO_KEY"}}, engine.Site{})
	require.EqualError(t, err, "deployment x: the server answers 401: Invalid API Key (the environment variable ADKERNEL_TEST_NO_KEY, in which the API key is looked for, is not set)")
}

// A server that is gone is not asked for every text that is left, and nobody
// waits for it who has been told to stop.
func TestEncodingEndsWithTheFirstErrorAndWithTheEngine(t *testing.T) {
	var gone atomic.Bool
	var asked atomic.Int32
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
		if gone.Load() && path != "/v1/models" {
			asked.Add(1)
			w.WriteHeader(503)
			return
		}
		plain{ids: true, tokenize: true}.reply(w, path, body)
	})
	texts, lists := make([]string, 1000), make([][]int32, 1000)
	for name, within := range map[string]func(ctx context.Context, e *Engine) error{
		"encode": func(ctx context.Context, e *Engine) error { _, err := e.EncodeAll(ctx, texts, true); return err },
		"decode": func(ctx context.Context, e *Engine) error { _, err := e.DecodeAll(ctx, lists); return err },
	} {
		batch := func(e *Engine) error { return within(context.Background(), e) }
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			gone.Store(false)
			opened, err := Open(ctx, engine.Deployment{Model: "fake", URL: f.URL + "/v1", Args: map[string]any{"retries": 1, "concurrency": 4}}, engine.Site{})
			require.NoError(t, err)
			e := opened.(*Engine)
			require.NoError(t, batch(e))

			e.client.wait = func(context.Context, time.Duration) error { return nil }
			gone.Store(true)
			asked.Store(0)
			require.ErrorContains(t, batch(e), "after 2 attempts: the server answers 503")
			require.Less(t, asked.Load(), int32(100))

			gone.Store(false)
			require.NoError(t, batch(e), "an error is not the engine's end")

			e.client.wait = pause
			gone.Store(true)
			own, stop := context.WithCancel(t.Context())
			time.AfterFunc(100*time.Millisecond, stop)
			require.ErrorIs(t, within(own, e), context.Canceled)
			gone.Store(false)
			require.NoError(t, batch(e), "nor is the end of what was asked")

			gone.Store(true)
			time.AfterFunc(100*time.Millisecond, cancel)
			require.ErrorIs(t, batch(e), context.Canceled)
			asked.Store(0)
			require.ErrorIs(t, batch(e), context.Canceled)
			require.Zero(t, asked.Load())
			require.NoError(t, e.Close())
		})
	}
}

func TestConcurrencyIsBoundedAndAnswersBeforeAnErrorAreKept(t *testing.T) {
	var now, most, served atomic.Int32
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, n int) {
		if path != "/v1/completions" || n < 2 { // probes
			plain{ids: true}.reply(w, path, body)
			return
		}
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		time.Sleep(5 * time.Millisecond)
		if served.Add(1) == 30 {
			w.WriteHeader(400)
			return
		}
		plain{ids: true}.reply(w, path, body)
	})
	e, _ := opened(t, f.URL+"/v1", map[string]any{"concurrency": 5})
	requests := make([]engine.Request, 100)
	for i := range requests {
		requests[i] = engine.Request{ID: i, Tokens: []int32{1}, MaxTokens: 1}
	}
	got, err := generated(t, e, requests)
	require.ErrorContains(t, err, "answers 400")
	require.LessOrEqual(t, most.Load(), int32(5))
	require.GreaterOrEqual(t, len(got), 20)
	require.Less(t, len(got), 100)

	full := errors.New("the disk is full")
	require.ErrorIs(t, e.Generate(t.Context(), requests, func(engine.Response) error { return full }), full)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, e.Generate(ctx, requests, func(engine.Response) error { return nil }), context.Canceled)
}
