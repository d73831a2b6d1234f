package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
)

func TestWhatCannotBeDoneIsAnErrorInOpenAIsShape(t *testing.T) {
	c := newClient(t, demoOptions(t))
	long := strings.Repeat("1 ", 3000)
	completions, chats := "/v1/completions", "/v1/chat/completions"
	for name, r := range map[string]struct {
		path, body string
		status     int
		message    string
	}{
		"no such path":          {"/v2/completions", "{}", 404, "nothing is served at /v2/completions"},
		"wrong method":          {completions, "", 405, "takes POST, not GET"},
		"models by POST":        {"/v1/models", "{}", 405, "takes GET, not POST"},
		"no such model":         {"/v1/models/other", "", 404, `"other" is not served here, only "demo" is`},
		"not JSON":              {completions, `{"model"`, 400, "not JSON"},
		"not an object":         {completions, `[1]`, 400, "a JSON array"},
		"two objects":           {completions, `{"model": "demo", "prompt": "x"} {}`, 400, "text after"},
		"another model":         {completions, `{"model": "x", "prompt": "x"}`, 404, "not served"},
		"model missing":         {completions, `{"prompt": "x"}`, 400, "model is missing"},
		"prompt missing":        {completions, `{"model": "demo"}`, 400, "prompt is missing"},
		"prompt null":           {completions, `{"model": "demo", "prompt": null}`, 400, "prompt is missing"},
		"prompt empty list":     {completions, `{"model": "demo", "prompt": []}`, 400, "prompt is missing"},
		"prompt of both":        {completions, `{"model": "demo", "prompt": ["x", 1]}`, 400, "want a text, a list of texts"},
		"prompt object":         {completions, `{"model": "demo", "prompt": {}}`, 400, "want a text, a list of texts"},
		"prompt with null":      {completions, `{"model": "demo", "prompt": ["x", null]}`, 400, "want a text, a list of texts"},
		"ids with null":         {completions, `{"model": "demo", "prompt": [null]}`, 400, "want a text, a list of texts"},
		"id lists with null":    {completions, `{"model": "demo", "prompt": [[1], [2, null]]}`, 400, "want a text, a list of texts"},
		"id list null":          {completions, `{"model": "demo", "prompt": [[1], null]}`, 400, "want a text, a list of texts"},
		"stop ids with null":    {completions, `{"model": "demo", "prompt": "x", "stop_token_ids": [null]}`, 400, "stop_token_ids: a JSON list with null is not"},
		"stop ids of texts":     {completions, `{"model": "demo", "prompt": "x", "stop_token_ids": ["x"]}`, 400, "stop_token_ids: a JSON string is not"},
		"detokenize null":       {"/detokenize", `{"tokens": [null]}`, 400, "tokens: a JSON list with null is not"},
		"no tokens":             {completions, `{"model": "demo", "prompt": "", "add_special_tokens": false}`, 400, "prompt is empty"},
		"empty ids":             {completions, `{"model": "demo", "prompt": [[1], []]}`, 400, "prompt is empty"},
		"id too great":          {completions, `{"model": "demo", "prompt": [1, 512]}`, 400, "token 1 is id 512: want 0 to 511"},
		"id negative":           {completions, `{"model": "demo", "prompt": [-1]}`, 400, "want 0 to 511"},
		"id beyond int32":       {completions, `{"model": "demo", "prompt": [4294967296]}`, 400, "want a text, a list of texts"},
		"prompt too long":       {completions, `{"model": "demo", "prompt": "` + long + `"}`, 400, "sequences have 2048 tokens at most"},
		"too many tokens":       {completions, `{"model": "demo", "prompt": "x", "max_tokens": 2048}`, 400, "are too many"},
		"max_tokens negative":   {completions, `{"model": "demo", "prompt": "x", "max_tokens": -1}`, 400, "want 0 or more"},
		"max_tokens overflow":   {completions, `{"model": "demo", "prompt": "x", "max_tokens": 9223372036854775807}`, 400, "are too many"},
		"max_tokens 0":          {completions, `{"model": "demo", "prompt": "x", "max_tokens": 0}`, 400, "there would be no answer"},
		"max_tokens text":       {completions, `{"model": "demo", "prompt": "x", "max_tokens": "2"}`, 400, "max_tokens"},
		"temperature":           {completions, `{"model": "demo", "prompt": "x", "temperature": -1}`, 400, "temperature is -1"},
		"top_p":                 {completions, `{"model": "demo", "prompt": "x", "top_p": 0}`, 400, "top_p is 0"},
		"top_k":                 {completions, `{"model": "demo", "prompt": "x", "top_k": -2}`, 400, "top_k is -2"},
		"n":                     {completions, `{"model": "demo", "prompt": "x", "n": 0}`, 400, "n is 0"},
		"logprobs":              {completions, `{"model": "demo", "prompt": "x", "logprobs": 21}`, 400, "want 0 to 20"},
		"logprobs true":         {completions, `{"model": "demo", "prompt": "x", "logprobs": true}`, 400, "logprobs"},
		"stop number":           {completions, `{"model": "demo", "prompt": "x", "stop": 1}`, 400, "want a text or a list of texts"},
		"stop with null":        {completions, `{"model": "demo", "prompt": "x", "stop": ["a", null]}`, 400, "want a text or a list of texts"},
		"stop empty":            {completions, `{"model": "demo", "prompt": "x", "stop": [""]}`, 400, "a stop text is empty"},
		"penalty":               {completions, `{"model": "demo", "prompt": "x", "frequency_penalty": 1}`, 400, "not supported"},
		"vLLM's penalty":        {completions, `{"model": "demo", "prompt": "x", "repetition_penalty": 1.1}`, 400, "leave it out, or set 1"},
		"llama.cpp's penalty":   {completions, `{"model": "demo", "prompt": "x", "repeat_penalty": 1.1}`, 400, "leave it out, or set 1"},
		"logit_bias":            {completions, `{"model": "demo", "prompt": "x", "logit_bias": {"5": 1}}`, 400, "not supported"},
		"best_of":               {completions, `{"model": "demo", "prompt": "x", "best_of": 2}`, 400, "best_of"},
		"suffix":                {completions, `{"model": "demo", "prompt": "x", "suffix": "y"}`, 400, "suffix"},
		"stream options":        {completions, `{"model": "demo", "prompt": "x", "stream_options": {}}`, 400, "stream is not true"},
		"unknown argument":      {completions, `{"model": "demo", "prompt": "x", "guided_json": {}}`, 400, `"guided_json" is not known here`},
		"another case":          {completions, `{"model": "demo", "prompt": "x", "Temperature": 1}`, 400, `the argument "Temperature" is not known here, and so would have no effect`},
		"another case within":   {completions, `{"model": "demo", "prompt": "x", "stream": true, "stream_options": {"Include_Usage": true}}`, 400, `"Include_Usage" is not known here`},
		"both cases":            {"/tokenize", `{"prompt": "x", "PROMPT": "y"}`, 400, `"PROMPT" is not known here`},
		"no messages":           {chats, `{"model": "demo"}`, 400, "messages is missing"},
		"messages text":         {chats, `{"model": "demo", "messages": "x"}`, 400, "messages"},
		"message text":          {chats, `{"model": "demo", "messages": ["x"]}`, 400, "want objects with role and content"},
		"no role":               {chats, `{"model": "demo", "messages": [{"content": "x"}]}`, 400, "no role"},
		"no content":            {chats, `{"model": "demo", "messages": [{"role": "user"}]}`, 400, "no content"},
		"content null":          {chats, `{"model": "demo", "messages": [{"role": "user", "content": null}]}`, 400, "neither a text"},
		"image":                 {chats, `{"model": "demo", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}`, 400, "only text"},
		"tool calls":            {chats, `{"model": "demo", "messages": [{"role": "assistant", "content": "", "tool_calls": []}]}`, 400, "not supported"},
		"tools":                 {chats, `{"model": "demo", "messages": [{"role": "user", "content": "x"}], "tools": [{}]}`, 400, "tools"},
		"top_logprobs alone":    {chats, `{"model": "demo", "messages": [{"role": "user", "content": "x"}], "top_logprobs": 1}`, 400, "logprobs is not true"},
		"two lengths":           {chats, `{"model": "demo", "messages": [{"role": "user", "content": "x"}], "max_tokens": 1, "max_completion_tokens": 2}`, 400, "differ"},
		"JSON mode":             {chats, `{"model": "demo", "messages": [{"role": "user", "content": "x"}], "response_format": {"type": "json_object"}}`, 400, "response_format"},
		"JSON schema":           {chats, `{"model": "demo", "messages": [{"role": "user", "content": "x"}], "response_format": {"type": "json_schema", "json_schema": {}}}`, 400, `response_format "json_schema" is not supported`},
		"template's messages":   {chats, `{"model": "demo", "messages": [{"role": "user", "content": "x"}], "chat_template_kwargs": {"messages": []}}`, 400, "chat_template_kwargs cannot hold messages"},
		"template's own number": {chats, `{"model": "demo", "messages": [{"role": "user", "content": "x"}], "chat_template_kwargs": {"x": 12345678901234567890}}`, 400, "more than 64 bits"},
		"chat too long":         {chats, `{"model": "demo", "messages": [{"role": "user", "content": "` + long + `"}]}`, 400, "are too many"},
		"tokenize another":      {"/tokenize", `{"model": "x", "prompt": "x"}`, 404, "not served"},
		"detokenize wrong id":   {"/detokenize", `{"tokens": [512]}`, 400, "want 0 to 511"},
		"tokenize unknown":      {"/tokenize", `{"text": "x"}`, 400, "not known"},
		"half a character":      {completions, `{"model": "demo", "prompt": "x\ud800"}`, 400, `\ud800 at byte 30 is half of a surrogate pair`},
		"another encoding":      {completions, "{\"model\": \"demo\", \"prompt\": \"\xe9\"}", 400, "which is not UTF-8"},
		"empty body as request": {completions, " ", 400, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			status, header, text := c.send(r.path, r.body)
			require.Equal(t, r.status, status, text)
			require.Equal(t, "application/json", header.Get("Content-Type"))
			requireError(t, text, r.message)
		})
	}
	status, _, text := c.send(completions, `{"model": "demo", "prompt": "`+strings.Repeat("x", maxBody)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	requireError(t, text, "more than 33554432 bytes")
}

func TestAnErrorNamesItsArgument(t *testing.T) {
	c := newClient(t, demoOptions(t))
	for body, param := range map[string]string{
		`{"model": "demo", "prompt": "x", "temperature": "1"}`: "temperature",
		`{"model": "demo", "prompt": "x", "seed": 1.5}`:        "seed",
		`{"model": "demo", "prompt": "x", "min_p": []}`:        "min_p",
		`{"model": "demo", "prompt": "x", "echo": 1}`:          "echo",
		`{"model": "demo", "prompt": "x", "top_p": 2}`:         "top_p",
	} {
		_, _, text := c.send("/v1/completions", body)
		var answer struct {
			Error struct{ Message, Param string }
		}
		require.NoError(t, json.Unmarshal([]byte(text), &answer))
		require.Equal(t, param, answer.Error.Param)
		require.True(t, strings.HasPrefix(answer.Error.Message, param), answer.Error.Message)
	}
}

// A prompt that the engine cannot compute is refused before it joins others,
// which would end with it.
func TestAPromptThatFitsNoStepIsItsClientsError(t *testing.T) {
	body := `{"model": "demo", "prompt": "` + strings.Repeat("1 ", 100) + `", "max_tokens": 1}`
	for chunked, want := range map[bool]int{false: http.StatusBadRequest, true: http.StatusOK} {
		o := demoOptions(t)
		d := engine.Deployment{Model: demo}.With(64, "max_num_tokens").With(chunked, "enable_chunked_prefill")
		e, err := embedded.Open(t.Context(), d)
		require.NoError(t, err)
		defer e.Close()
		o.Engine = e.(engine.Steerable)
		c := newClient(t, o)
		status, _, text := c.send("/v1/completions", body)
		require.Equal(t, want, status, text)
		if !chunked {
			requireError(t, text, "prompts have 64 tokens at most here, and this one has ")
			require.Contains(t, text, "context_length_exceeded")
		}
	}
}

func TestWithoutATemplateThereIsNoChat(t *testing.T) {
	o := demoOptions(t)
	o.Template = nil
	status, _, text := newClient(t, o).send("/v1/chat/completions", `{"model": "demo", "messages": [{"role": "user", "content": "x"}]}`)
	require.Equal(t, http.StatusBadRequest, status)
	requireError(t, text, "no chat template")
}

func TestTheKeyIsAskedFor(t *testing.T) {
	o := demoOptions(t)
	o.APIKey = "sesame"
	c := newClient(t, o)
	status, _, _ := c.send("/v1/models", "")
	require.Equal(t, http.StatusOK, status)
	for _, key := range []string{"", "sesam", "sesame2"} {
		c.key = key
		status, _, text := c.send("/v1/models", "")
		require.Equal(t, http.StatusUnauthorized, status)
		requireError(t, text, "API key")
		require.NotContains(t, text, "sesame")
	}
}

// broken is an engine whose rows are what a test says.
type broken struct {
	engine.Steerable
	steer func(ctx context.Context, requests []engine.Steered, more func() []engine.Steered) error
}

func (b broken) Steer(ctx context.Context, requests []engine.Steered, more func() []engine.Steered) error {
	return b.steer(ctx, requests, more)
}

const plainBody = `{"model": "demo", "prompt": "x", "max_tokens": 2, "temperature": 0%s}`

func TestAnEngineThatFailsIsAnErrorAndNotTheEnd(t *testing.T) {
	o := demoOptions(t)
	real := o.Engine
	fault := ""
	var logged []string
	o.Log = func(format string, a ...any) { logged = append(logged, fmt.Sprintf(format, a...)) }
	o.Engine = broken{real, func(ctx context.Context, requests []engine.Steered, more func() []engine.Steered) error {
		switch fault {
		case "error":
			return errors.New("no memory left")
		case "panic":
			panic("index out of range")
		}
		return real.Steer(ctx, requests, more)
	}}
	c := newClient(t, o)
	for _, fault = range []string{"error", "panic"} {
		status, _, text := c.send("/v1/completions", fmt.Sprintf(plainBody, ""))
		require.Equal(t, http.StatusInternalServerError, status)
		requireError(t, text, map[string]string{"error": "no memory left", "panic": "the engine panicked: index out of range"}[fault])
		require.NotContains(t, text, "goroutine")
		events := c.events("/v1/completions", map[string]any{"prompt": "x"})
		require.Len(t, events, 1)
		requireError(t, events[0], "")
	}
	require.Contains(t, strings.Join(logged, "\n"), "goroutine")
	fault = ""
	status, _, text := c.send("/v1/completions", fmt.Sprintf(plainBody, ""))
	require.Equal(t, http.StatusOK, status, text)
}

func TestLogitsThatAreNoNumbersGiveNoLogProbabilities(t *testing.T) {
	o := demoOptions(t)
	row := make([]float32, 512)
	o.Engine = broken{o.Engine, func(_ context.Context, requests []engine.Steered, more func() []engine.Steered) error {
		for _, r := range requests {
			if r.Prompt != nil {
				for i := range len(r.Tokens) - 1 {
					r.Prompt(i, row)
				}
			}
			for range r.MaxTokens {
				if _, more := r.Next(row); !more {
					break
				}
			}
			r.Done()
		}
		return nil
	}}
	c := newClient(t, o)
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		row[300] = float32(v)
		for body, want := range map[string]int{"": 200, `, "logprobs": 1`: 500, `, "logprobs": 1, "echo": true`: 500} {
			status, _, text := c.send("/v1/completions", fmt.Sprintf(plainBody, body))
			require.Equal(t, want, status, text)
			if want != 200 {
				requireError(t, text, "logits hold NaN or +Inf")
			}
		}
		status, _, text := c.send("/v1/completions", strings.Replace(fmt.Sprintf(plainBody, ""), `"temperature": 0`, `"temperature": 1`, 1))
		require.Equal(t, 500, status, text)
	}
	row[300] = float32(math.Inf(-1))
	got := c.complete(map[string]any{"prompt": []int32{5, 300}, "max_tokens": 0, "echo": true, "logprobs": 1})
	require.Equal(t, lowest, *got.Choices[0].LogProbs.TokenLogprobs[1])
}

// stuck is an engine that computes nothing until it is told to.
func stuck(o Options) (Options, chan struct{}) {
	release := make(chan struct{})
	real := o.Engine
	o.Engine = broken{real, func(ctx context.Context, requests []engine.Steered, more func() []engine.Steered) error {
		select {
		case <-release:
		case <-ctx.Done():
			return ctx.Err()
		}
		return real.Steer(ctx, requests, more)
	}}
	return o, release
}

func TestAFullServerAsksToComeAgain(t *testing.T) {
	o, release := stuck(demoOptions(t))
	c := newClient(t, o)
	c.server.queue.limit = 6
	const many = `{"model": "demo", "prompt": [[1], [2], [3]], "max_tokens": 1, "temperature": 0, "n": 2}`
	answered := make(chan int)
	go func() {
		status, _, _ := c.send("/v1/completions", many)
		answered <- status
	}()
	require.Eventually(t, func() bool { return c.open() == 6 }, time.Minute, time.Millisecond)
	status, header, text := c.send("/v1/completions", fmt.Sprintf(plainBody, ""))
	require.Equal(t, http.StatusTooManyRequests, status)
	requireError(t, text, "try again later")
	require.Equal(t, "1", header.Get("Retry-After"))
	close(release)
	require.Equal(t, http.StatusOK, <-answered)
	status, _, _ = c.send("/v1/completions", fmt.Sprintf(plainBody, ""))
	require.Equal(t, http.StatusOK, status)
}

func TestAClientThatLeavesFreesItsPlace(t *testing.T) {
	o, release := stuck(demoOptions(t))
	c := newClient(t, o)
	ctx, cancel := context.WithCancel(context.Background())
	for range 3 {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/v1/completions", strings.NewReader(fmt.Sprintf(plainBody, `, "ignore_eos": true`)))
		require.NoError(t, err)
		go http.DefaultClient.Do(r)
	}
	require.Eventually(t, func() bool { return c.open() == 3 }, time.Minute, time.Millisecond)
	cancel()
	close(release)
	require.Eventually(t, func() bool { return c.open() == 0 }, time.Minute, time.Millisecond)
	status, _, _ := c.send("/v1/completions", fmt.Sprintf(plainBody, ""))
	require.Equal(t, http.StatusOK, status)
}

func TestAServerThatClosesSaysSo(t *testing.T) {
	o, _ := stuck(demoOptions(t))
	s := New(o)
	h := httptest.NewServer(s.Handler())
	defer h.Close()
	answered := make(chan string)
	post := func() {
		response, err := http.Post(h.URL+"/v1/completions", "application/json", strings.NewReader(fmt.Sprintf(plainBody, "")))
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		answered <- fmt.Sprint(response.StatusCode, " ", string(text))
	}
	go post()
	require.Eventually(t, func() bool {
		s.queue.mu.Lock()
		defer s.queue.mu.Unlock()
		return len(s.queue.open) == 1
	}, time.Minute, time.Millisecond)
	s.Close()
	require.Contains(t, <-answered, "503")
	go post()
	require.Contains(t, <-answered, "the server is shutting down")
}
