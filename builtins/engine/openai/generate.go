package openai

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/internal/stop"
)

// Generate sends the requests, several at a time, and hands over each answer as
// it comes. What the server ended itself is asked for again, as often as a
// request that fails; where it ends again and again, Finish is the server's word
// for it ("abort", "content_filter"), or ours where it has none ("cut off",
// "server limit"), and the output is no answer. A prompt that the server shortened
// is an error. Finish is
// "" of a server that never says why outputs end. Tokens are the server's where
// it gives ids, else those of the text, encoded again. Texts are cut here where
// they hold a stop text: not every server leaves it out. Answers that came before
// an error are kept.
func (e *Engine) Generate(ctx context.Context, requests []engine.Request, emit func(engine.Response) error) error {
	for _, r := range requests {
		if err := e.check(r); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan engine.Request)
	go func() {
		defer close(next)
		for _, r := range requests {
			select {
			case next <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	var wait sync.WaitGroup
	var mu sync.Mutex // one response at a time
	for range min(e.settings.concurrency, len(requests)) {
		wait.Go(func() {
			for r := range next {
				response, err := e.one(ctx, r)
				if err == nil {
					mu.Lock()
					err = emit(response)
					mu.Unlock()
				}
				if err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// check refuses what the API has no words for.
func (e *Engine) check(r engine.Request) error {
	switch {
	case len(r.Tokens) == 0 && r.Text == "":
		return fmt.Errorf("request %d: the prompt is empty", r.ID)
	case r.PromptLogits:
		return fmt.Errorf("request %d: logits of the prompt are not available from this server", r.ID)
	case r.MaxTokens < 1:
		return fmt.Errorf("request %d: max_tokens is %d: want 1 or more", r.ID, r.MaxTokens)
	case r.Stop != nil:
		return fmt.Errorf("request %d: this server stops at texts, not at token ids", r.ID)
	case r.Sampling.TopK != 0:
		return fmt.Errorf("request %d: top_k is not a word of OpenAI's API", r.ID)
	}
	return nil
}

func (e *Engine) one(ctx context.Context, r engine.Request) (engine.Response, error) {
	fail := func(err error) (engine.Response, error) {
		return engine.Response{}, fmt.Errorf("request %d: %w", r.ID, err)
	}
	path, ask, err := e.words(ctx, r)
	if err != nil {
		return fail(err)
	}
	c, err := e.ask(ctx, path, ask)
	if err != nil {
		return fail(err)
	}
	response, err := e.response(ctx, r, c)
	if err != nil {
		return fail(err)
	}
	return response, nil
}

// ask sends a request until it is answered, or has been ended by the server as
// often as a request may fail.
func (e *Engine) ask(ctx context.Context, path string, ask map[string]any) (*choice, error) {
	var got answer
	err := e.client.again(ctx, e.settings.retries, func() error {
		got = answer{}
		if err := e.client.send(ctx, e.client.base+path, ask, &got); err != nil {
			return err
		}
		if c := got.only(); c != nil {
			return e.broken(c)
		}
		return nil
	})
	var ended *brokenOff
	c := got.only()
	switch {
	case err != nil && (ctx.Err() != nil || !errors.As(err, &ended)):
		return nil, err
	case c == nil:
		return nil, fmt.Errorf("the server answers with %d choices, not with one", len(got.Choices))
	}
	return c, e.sameModel(&got)
}

// words are a request in those of the API.
func (e *Engine) words(ctx context.Context, r engine.Request) (path string, ask map[string]any, err error) {
	ask = map[string]any{"model": e.model, "max_tokens": r.MaxTokens, "temperature": r.Sampling.Temperature}
	maps.Copy(ask, e.server.neutral)
	if r.Sampling.Temperature > 0 {
		ask["seed"] = int64(r.Sampling.Seed >> 1)
		if r.Sampling.TopP > 0 {
			ask["top_p"] = r.Sampling.TopP
		}
	}
	if len(r.StopTexts) > 0 {
		ask["stop"] = r.StopTexts
	}
	if r.Logits && r.MaxTokens <= shortOutput {
		e.server.askLogProbs(ask)
	}
	if e.server.outputIDs {
		ask["return_token_ids"] = true
	}
	if e.server.ids {
		ask["prompt"] = r.Tokens
		return "/completions", ask, nil
	}
	if e.server.chat {
		ask["messages"], err = turns(r)
		return "/chat/completions", ask, err
	}
	ask["prompt"], err = e.text(ctx, r)
	return "/completions", ask, err
}

// turns are those of a chat, or the prompt in a user's turn: nothing else can
// be said to a server that has chat completions alone. Its template is its own.
func turns(r engine.Request) ([]engine.Message, error) {
	switch {
	case len(r.Messages) > 0:
		return r.Messages, nil
	case r.Text == "":
		return nil, errors.New("the prompt was cut to a number of tokens, and this server takes whole messages")
	}
	return []engine.Message{{Role: "user", Content: r.Text}}, nil
}

// shortOutput is for how many tokens at most log-probabilities are asked for.
// Servers compute them for every token of an output, and only the first one's
// are kept: what a letter is answered with has few.
const shortOutput = 16

// response reads the answer to a request.
func (e *Engine) response(ctx context.Context, r engine.Request, c *choice) (engine.Response, error) {
	response := engine.Response{ID: r.ID, Finish: e.finish(c)}
	if err := e.wholePrompt(r, c); err != nil {
		return response, err
	}
	if response.Finish == "length" && e.tooShort(r, c) {
		response.Finish = serverLimit
	}
	switch {
	case c.Text != nil:
		response.Text = *c.Text
	case c.Message != nil && c.Message.Content != nil:
		response.Text = *c.Message.Content
	case c.Message == nil:
		return response, errors.New("the server's answer has no text")
	}
	cut := stop.At(response.Text, r.StopTexts)
	if cut >= 0 {
		response.Text, response.Finish = response.Text[:cut], "stop"
	}
	response.LogProbs = c.LogProbs.value.first(e.server.top)
	for i := range response.LogProbs {
		if p := &response.LogProbs[i]; p.ID >= 0 && p.Text == "" {
			p.Text = e.tokenText(ctx, p.ID)
		}
	}
	if response.Tokens = e.outputTokens(c); response.Tokens != nil {
		if cut >= 0 {
			response.Tokens = e.upToStop(response.Tokens, r.StopTexts)
		}
		return response, nil
	}
	var err error
	response.Tokens, err = e.encode(ctx, response.Text, false)
	return response, err
}

// upToStop are the ids up to the one that completes a stop text, the last that
// an engine generates.
func (e *Engine) upToStop(ids []int32, stops []string) []int32 {
	for n := range ids {
		if stop.At(e.tokenizer.Decode(ids[:n+1], true), stops) >= 0 {
			return ids[:n+1]
		}
	}
	return ids
}

// outputTokens are the ids that the server generated, without the special ones
// at the end, as every engine has them; nil where it does not give them.
func (e *Engine) outputTokens(c *choice) []int32 {
	ids := c.TokenIDs.value
	if ids == nil || e.tokenizer == nil {
		return nil
	}
	for len(ids) > 0 && e.tokenizer.Decode(ids[len(ids)-1:], true) == "" && e.tokenizer.Decode(ids[len(ids)-1:], false) != "" {
		ids = ids[:len(ids)-1]
	}
	return ids
}

// tokenText is the text of one token, "" where nobody says it.
func (e *Engine) tokenText(ctx context.Context, id int32) string {
	if e.tokenizer != nil {
		return e.tokenizer.Decode([]int32{id}, true)
	}
	if text, ok := e.texts.Load(id); ok {
		return text.(string)
	}
	text, err := e.client.detokenize(ctx, e.model, []int32{id})
	if err == nil {
		e.texts.Store(id, text)
	}
	return text
}

// text is the prompt as text, which the server encodes: it must become the
// prompt's tokens, or the answer would be one to another question. It does not
// where the server adds special tokens that a chat template wrote already.
func (e *Engine) text(ctx context.Context, r engine.Request) (string, error) {
	text := r.Text
	if text == "" { // the prompt was cut
		var err error
		if text, err = e.decode(ctx, r.Tokens); err != nil {
			return "", err
		}
	}
	encoded, err := e.encode(ctx, text, true)
	if err != nil {
		return "", err
	}
	if !slices.Equal(encoded, r.Tokens) {
		return "", fmt.Errorf("this server takes prompts as text alone, and would read %d tokens%s where the prompt has %d: it was cut, or has its special tokens from a chat template",
			len(encoded), beginning(encoded, r.Tokens), len(r.Tokens))
	}
	return text, nil
}

// beginning says where two prompts differ, when it is at their first tokens.
func beginning(a, b []int32) string {
	if n := min(len(a), len(b), 3); n > 0 && !slices.Equal(a[:n], b[:n]) {
		return fmt.Sprintf(" that begin %v and not %v", a[:n], b[:n])
	}
	return ""
}
