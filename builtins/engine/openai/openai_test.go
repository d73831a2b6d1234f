package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/internal/stop"
	"adkernel/builtins/logits"
	"adkernel/builtins/tokenizer"
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

// misbehaving fails n times for each request, each time as fail says.
func misbehaving(t *testing.T, times int, fail func(w http.ResponseWriter)) (*Engine, *[]time.Duration, *fake) {
	var failing atomic.Bool
	var left atomic.Int32
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
		if failing.Load() && left.Add(-1) >= 0 {
			fail(w)
			return
		}
		plain{ids: true}.reply(w, path, body)
	})
	e, pauses := opened(t, f.URL+"/v1", map[string]any{"retries": 3, "concurrency": 1, "timeout": 1})
	failing.Store(true)
	left.Store(int32(times))
	return e, pauses, f
}

func status(code int, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, `{"error": {"message": "not now", "type": "x"}}`)
	}
}

func dropped(w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		fmt.Fprint(connection, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: application/json\r\n\r\n{\"choices\": [")
		connection.Close()
	}
}

func TestATroubledServerIsAskedAgain(t *testing.T) {
	request := []engine.Request{{ID: 1, Tokens: []int32{1}, MaxTokens: 1}}
	for name, c := range map[string]struct {
		fail    func(http.ResponseWriter)
		message string
	}{
		"429":      {status(429), "the server answers 429: not now"},
		"500":      {status(500), "answers 500"},
		"503":      {status(503), "answers 503"},
		"524":      {status(524), "answers 524"},
		"529":      {status(529), "answers 529"},
		"dropped":  {dropped, "the answer ends midway"},
		"no JSON":  {func(w http.ResponseWriter) { fmt.Fprint(w, "<html>\n  proxy </html>") }, "what is not JSON of the API: <html> proxy </html>"},
		"too slow": {func(http.ResponseWriter) { time.Sleep(1100 * time.Millisecond) }, "no answer within 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			e, pauses, _ := misbehaving(t, 2, c.fail)
			got, err := generated(t, e, request)
			require.NoError(t, err)
			require.Equal(t, "hello", got[1].Text)
			require.Len(t, *pauses, 2)
			require.GreaterOrEqual(t, (*pauses)[0], firstPause)
			require.GreaterOrEqual(t, (*pauses)[1], 2*firstPause)

			e, pauses, _ = misbehaving(t, 1000, c.fail)
			_, err = generated(t, e, request)
			require.ErrorContains(t, err, "request 1: after 4 attempts: ")
			require.ErrorContains(t, err, c.message)
			require.Len(t, *pauses, 3)
		})
	}
	e, pauses, _ := misbehaving(t, 1, status(429, "Retry-After", "7"))
	_, err := generated(t, e, request)
	require.NoError(t, err)
	require.Equal(t, []time.Duration{7 * time.Second}, *pauses)

	for _, code := range []int{422, 501, 505} {
		e, pauses, _ = misbehaving(t, 1000, status(code))
		_, err = generated(t, e, request)
		require.ErrorContains(t, err, fmt.Sprintf("the server answers %d: not now", code))
		require.Empty(t, *pauses, "asking again would not help")
	}

	e, _, f := misbehaving(t, 0, nil)
	f.Close()
	_, err = generated(t, e, request)
	require.ErrorContains(t, err, "after 4 attempts")
	require.ErrorContains(t, err, "connection refused")
}

func TestTheKeyIsWrittenNowhere(t *testing.T) {
	t.Setenv("ADKERNEL_TEST_KEY", "sk-secret")
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, n int) {
		if path == "/v1/completions" && n < 2 {
			w.WriteHeader(500 - 99*n) // 500, then 401
			fmt.Fprint(w, `{"error": {"message": "Incorrect API key provided: sk-secret."}}`)
			return
		}
		plain{}.reply(w, path, body)
	})
	var logged strings.Builder
	site := engine.Site{Log: func(format string, a ...any) { fmt.Fprintf(&logged, format+"\n", a...) }}
	_, err := Open(t.Context(), engine.Deployment{Model: demo, URL: f.URL + "/v1", Args: map[string]any{"api_key_env": "ADKERNEL_TEST_KEY"}}, site)
	require.ErrorContains(t, err, "Incorrect API key provided: [API key]. (is the API key in the environment variable ADKERNEL_TEST_KEY the right one?)")
	require.Contains(t, logged.String(), "trying again")
	for _, text := range []string{err.Error(), logged.String()} {
		require.NotContains(t, text, "sk-secret")
	}
}

// A long answer is shortened; the key is taken out before.
func TestNoPartOfTheKeyIsLeftByShortening(t *testing.T) {
	t.Setenv("ADKERNEL_TEST_KEY", "sk-secret-and-long")
	for _, status := range []int{200, 400, 401} {
		f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, n int) {
			w.WriteHeader(status)
			fmt.Fprint(w, strings.Repeat("x", 290)+"sk-secret-and-long"+strings.Repeat("y", 300))
		})
		_, err := Open(t.Context(), engine.Deployment{Model: demo, URL: f.URL + "/v1", Args: map[string]any{"api_key_env": "ADKERNEL_TEST_KEY", "retries": 0}}, engine.Site{})
		require.ErrorContains(t, err, "xxx")
		require.NotContains(t, err.Error(), "sk-")
	}
}

// finishing answers every request of a text with the reasons in turn, the last
// for ever; the probe is answered as by a server that says, or never says, why.
func finishing(t *testing.T, says bool, reasons ...string) (*Engine, *[]time.Duration) {
	t.Helper()
	var left atomic.Int32
	var probed atomic.Bool
	f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
		reason := `null`
		switch {
		case path != "/v1/completions":
			plain{}.reply(w, path, body)
			return
		case probed.Load():
			reason = reasons[min(int(left.Add(1)), len(reasons))-1]
		case says:
			reason = `"length"`
		}
		fmt.Fprintf(w, `{"choices": [{"text": "hel", "finish_reason": %s}]}`, reason)
	})
	e, pauses := opened(t, f.URL+"/v1", map[string]any{"retries": 2})
	probed.Store(true)
	return e, pauses
}

// An output that the server ended is asked for again, and is marked where it
// ends so again and again.
func TestAnAnswerThatTheServerEndedIsAskedForAgain(t *testing.T) {
	for name, c := range map[string]struct {
		reasons []string
		want    string
		again   int
	}{
		"the model":          {[]string{`"stop"`}, "stop", 0},
		"the limit":          {[]string{`"length"`}, "length", 0},
		"a word of its own":  {[]string{`"eos_token"`}, "stop", 0},
		"a filter":           {[]string{`"content_filter"`}, "content_filter", 0},
		"a parser of tools":  {[]string{`"tool_calls"`}, "tool_calls", 0},
		"aborted once":       {[]string{`"abort"`, `"length"`}, "length", 1},
		"aborted twice":      {[]string{`"abort"`, `"error"`, `"stop"`}, "stop", 2},
		"aborted for ever":   {[]string{`"abort"`}, "abort", 2},
		"cut off for ever":   {[]string{`null`}, "cut off", 2},
		"cut off, no reason": {[]string{`""`}, "cut off", 2},
	} {
		t.Run(name, func(t *testing.T) {
			e, pauses := finishing(t, true, c.reasons...)
			got, err := generated(t, e, []engine.Request{{Tokens: []int32{1}, MaxTokens: 9}})
			require.NoError(t, err)
			require.Equal(t, c.want, got[0].Finish)
			require.Equal(t, "hel", got[0].Text)
			require.Len(t, *pauses, c.again)
		})
	}
	e, pauses := finishing(t, false, `null`)
	require.Equal(t, "not available from this server", e.Info().Settings["server.finish_reason"])
	got, err := generated(t, e, []engine.Request{{Tokens: []int32{1}, MaxTokens: 9}})
	require.NoError(t, err)
	require.Empty(t, got[0].Finish, "of this server nobody knows")
	require.Empty(t, *pauses)

	// Who is told to stop does not take it for an answer.
	e, _ = finishing(t, true, `"abort"`)
	ctx, cancel := context.WithCancel(t.Context())
	e.client.wait = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return context.Cause(ctx)
	}
	require.ErrorIs(t, e.Generate(ctx, []engine.Request{{Tokens: []int32{1}, MaxTokens: 9}}, func(engine.Response) error {
		require.Fail(t, "an answer")
		return nil
	}), context.Canceled)
}

// Servers that go on behind a stop text, or leave it in the text, answer as
// those that do not.
func TestTextsAreCutBeforeTheFirstStopText(t *testing.T) {
	own, err := tokenizer.Load(demo)
	require.NoError(t, err)
	const whole = "What is 2 + 2?\nWhat is 3 + 3?"
	ids := own.Encode(whole, false)
	for name, withIDs := range map[string]bool{"text alone": false, "with ids": true} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(w http.ResponseWriter, path string, body map[string]any, _ int) {
				if path != "/v1/completions" {
					plain{}.reply(w, path, body)
					return
				}
				choice := map[string]any{"text": whole, "finish_reason": "length", "logprobs": map[string]any{
					"token_logprobs": []float64{-1}, "top_logprobs": []map[string]float64{{"What": -1}}}}
				if withIDs {
					choice["token_ids"] = ids
				}
				json.NewEncoder(w).Encode(map[string]any{"choices": []any{choice}})
			})
			e, _ := opened(t, f.URL+"/v1", nil)
			prompt := own.Encode("x", true)
			for _, c := range []struct {
				stops []string
				want  string
			}{
				{nil, whole},
				{[]string{"never"}, whole},
				{[]string{"3 + 3", "\n"}, "What is 2 + 2?"},
				{[]string{"What"}, ""},
			} {
				got, err := generated(t, e, []engine.Request{{Tokens: prompt, MaxTokens: 9, StopTexts: c.stops, Logits: true}})
				require.NoError(t, err)
				require.Equal(t, c.want, got[0].Text)
				require.Len(t, got[0].LogProbs, 1, "of the first token, wherever the text ends")
				if c.want == whole {
					require.Equal(t, "length", got[0].Finish)
					require.Equal(t, ids, got[0].Tokens)
					continue
				}
				require.Equal(t, "stop", got[0].Finish)
				if !withIDs {
					require.Equal(t, own.Encode(c.want, false), got[0].Tokens)
					continue
				}
				require.Equal(t, ids[:len(got[0].Tokens)], got[0].Tokens)
				require.GreaterOrEqual(t, stop.At(own.Decode(got[0].Tokens, true), c.stops), 0, "the token that completes the stop text is the last")
				require.Negative(t, stop.At(own.Decode(got[0].Tokens[:len(got[0].Tokens)-1], true), c.stops))
			}
		})
	}
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
	for name, batch := range map[string]func(e *Engine) error{
		"encode": func(e *Engine) error { _, err := e.EncodeAll(texts, true); return err },
		"decode": func(e *Engine) error { _, err := e.DecodeAll(lists); return err },
	} {
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
