package openai

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"adkernel/builtins/engine"
)

// answer is what both kinds of completions have in common here.
type answer struct {
	Choices []struct {
		Text    *string `json:"text"`
		Message *struct {
			Content *string `json:"content"`
		} `json:"message"`
		FinishReason *string `json:"finish_reason"`
		LogProbs     struct {
			TokenLogprobs []*float64 `json:"token_logprobs"`
		} `json:"logprobs"`
	} `json:"choices"`
}

// cutOff is the finish of an answer whose end the server does not explain.
const cutOff = "cut off"

// Generate sends the requests, several at a time, and hands over each answer as
// it comes. Finish is what the server says: beside "length" and "stop" also
// "content_filter", "abort" or "cut off". Tokens are those of the text, encoded
// again: servers return texts. Answers that came before an error are kept.
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
	ask := map[string]any{"model": e.model, "max_tokens": r.MaxTokens, "temperature": r.Sampling.Temperature}
	if r.Sampling.Temperature > 0 {
		ask["seed"] = int64(r.Sampling.Seed >> 1)
		if r.Sampling.TopP > 0 {
			ask["top_p"] = r.Sampling.TopP
		}
	}
	if len(r.StopTexts) > 0 {
		ask["stop"] = r.StopTexts
	}
	path := "/completions"
	switch {
	case e.server.chat:
		path = "/chat/completions"
		text, err := e.text(r)
		if err != nil {
			return fail(err)
		}
		ask["messages"] = []any{map[string]any{"role": "user", "content": text}}
	case e.server.ids:
		ask["prompt"] = r.Tokens
	default:
		text, err := e.text(r)
		if err != nil {
			return fail(err)
		}
		ask["prompt"] = text
	}
	var got answer
	if err := e.client.call(ctx, path, ask, &got); err != nil {
		return fail(err)
	}
	if len(got.Choices) != 1 {
		return fail(fmt.Errorf("the server answers with %d choices, not with one", len(got.Choices)))
	}
	choice := got.Choices[0]
	response := engine.Response{ID: r.ID, Finish: cutOff}
	switch {
	case choice.Text != nil:
		response.Text = *choice.Text
	case choice.Message != nil && choice.Message.Content != nil:
		response.Text = *choice.Message.Content
	case choice.Message == nil:
		return fail(errors.New("the server's answer has no text"))
	}
	if choice.FinishReason != nil && *choice.FinishReason != "" {
		response.Finish = *choice.FinishReason
	}
	var err error
	if response.Tokens, err = e.Encode(response.Text, false); err != nil {
		return fail(err)
	}
	return response, nil
}

// text is the prompt as text: as it was before it was encoded, or where it was
// cut what is left of it, special tokens left out, for the server adds them.
func (e *Engine) text(r engine.Request) (string, error) {
	if r.Text != "" {
		return r.Text, nil
	}
	texts, err := e.DecodeAll([][]int32{r.Tokens})
	if err != nil {
		return "", err
	}
	return texts[0], nil
}
