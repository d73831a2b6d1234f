package openai

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const probeText = "1 + 1 ="

// probe finds out the model's name and what the server does. Servers ignore
// arguments that they do not know, so only what came back counts; others refuse
// them, and are asked without.
func (e *Engine) probe(ctx context.Context, model string) error {
	if err := e.findModel(ctx, model); err != nil {
		return err
	}
	var got answer
	ask := map[string]any{"model": e.model, "prompt": probeText, "max_tokens": 1, "temperature": 0}
	err := e.client.call(ctx, "/completions", ask, &got)
	var no *refusal
	if errors.As(err, &no) && (no.status == http.StatusNotFound || no.status == http.StatusMethodNotAllowed || no.status == http.StatusNotImplemented) {
		return e.probeChat(ctx, no)
	}
	if err == nil && len(got.Choices) == 0 {
		err = errors.New("/completions answers without choices: is it the URL of an OpenAI API?")
	}
	if err != nil {
		return err
	}
	e.server.finishes = e.finish(&got.Choices[0]) != ""
	e.answered = got.Model.value
	if err := e.checkModel(ctx); err != nil {
		return err
	}
	served, err := e.findTokens(ctx)
	if err != nil {
		return err
	}
	if err := e.probeNeutral(ctx, "/completions", ask); err != nil {
		return err
	}
	if err := e.probeIDs(ctx, ask, served); err != nil {
		return err
	}
	if err := e.probeLogProbs(ctx, "/completions", ask); err != nil {
		return err
	}
	if err := e.probePrompt(ctx, ask, len(served)); err != nil {
		return err
	}
	return e.probeCounts(ctx, "/completions", ask, len(served))
}

// findTokens finds a tokenizer, and returns the probe's tokens. One that is not
// the server's is refused, where the server has a say.
func (e *Engine) findTokens(ctx context.Context) ([]int32, error) {
	served, err := e.serverTokens(ctx)
	if e.tokenizer == nil {
		if err != nil {
			return nil, fmt.Errorf("no tokenizer: the server has no /tokenize (%w): name the checkpoint's directory as the model, or set tokenizer", err)
		}
		return served, nil
	}
	own := e.tokenizer.Encode(probeText, true)
	if err == nil && !slices.Equal(own, served) {
		return nil, fmt.Errorf("the tokenizer is not the server's: %q is %v here and %v there", probeText, own, served)
	}
	return own, ctx.Err()
}

// try asks for what a server may refuse, and returns nil where it does. An
// error is something else, which lasts.
func (e *Engine) try(ctx context.Context, path string, ask map[string]any) (*choice, error) {
	var got answer
	err := e.client.once(ctx, e.client.base+path, ask, &got)
	if err != nil && !refuses(err) {
		got = answer{}
		err = e.client.call(ctx, path, ask, &got)
	}
	switch {
	case err == nil:
		return got.only(), nil
	case refuses(err):
		return nil, nil
	}
	return nil, err
}

// refuses reports whether a server says no to what it was asked. Status 500
// counts: transformers serve fails at arguments that it does not have.
func refuses(err error) bool {
	var fails *busy
	return isRefusal(err) || errors.As(err, &fails) && fails.status == http.StatusInternalServerError
}

func isRefusal(err error) bool {
	var no *refusal
	return errors.As(err, &no)
}

// probeIDs finds whether prompts may be token ids; ask goes on with them.
func (e *Engine) probeIDs(ctx context.Context, ask map[string]any, ids []int32) error {
	text := ask["prompt"]
	ask["prompt"] = ids
	got, err := e.try(ctx, "/completions", ask)
	if e.server.ids = got != nil; !e.server.ids {
		ask["prompt"] = text
	}
	return err
}

// probeLogProbs finds how many of the likeliest tokens come back, and whether
// by their ids. Servers have bounds of their own, and answer more with a
// refusal: vLLM has 20 and lets its operator choose, OpenAI's completions 5.
func (e *Engine) probeLogProbs(ctx context.Context, path string, ask map[string]any) error {
	counts := []int{e.settings.logprobs}
	for _, n := range []int{5, 1} {
		if n < e.settings.logprobs {
			counts = append(counts, n)
		}
	}
	for _, n := range counts {
		for _, spelling := range []bool{true, false} {
			c := capabilities{chat: e.server.chat, logprobs: true, top: n, tokenIDs: spelling, outputIDs: spelling}
			with := maps.Clone(ask)
			c.askLogProbs(with)
			if spelling {
				with["return_token_ids"] = true
			}
			got, err := e.try(ctx, path, with)
			if err != nil {
				return err
			}
			if got == nil {
				continue
			}
			first := got.LogProbs.value.first(n)
			e.server.logprobs, e.server.top = got.LogProbs.value.positions() > 0, len(first)
			e.server.tokenIDs = len(first) > 0 && first[0].ID >= 0 && spelling
			e.server.outputIDs = spelling && len(got.TokenIDs.value) > 0
			return nil
		}
	}
	return nil
}

// probePrompt finds whether log-probabilities of the prompt come back: with
// echo, as at OpenAI once and in lm-evaluation-harness, and by vLLM's own word.
func (e *Engine) probePrompt(ctx context.Context, ask map[string]any, tokens int) error {
	with := maps.Clone(ask)
	with["logprobs"], with["echo"] = 1, true
	got, err := e.try(ctx, "/completions", with)
	if err != nil {
		return err
	}
	e.server.echo = got != nil && got.LogProbs.value.positions() > tokens
	with = maps.Clone(ask)
	with["prompt_logprobs"] = 1
	if got, err = e.try(ctx, "/completions", with); err != nil {
		return err
	}
	e.server.promptLogProbs = got != nil && len(got.PromptLogProbs.value) == tokens
	return nil
}

// probeChat is probe for a server whose completions are refused.
func (e *Engine) probeChat(ctx context.Context, completions *refusal) error {
	var got answer
	ask := map[string]any{"model": e.model, "messages": []any{map[string]any{"role": "user", "content": probeText}}, "max_tokens": 1, "temperature": 0}
	if err := e.client.call(ctx, "/chat/completions", ask, &got); err != nil {
		return e.unserved(ctx, completions, err)
	}
	if len(got.Choices) == 0 {
		return errors.New("/chat/completions answers without choices")
	}
	if e.tokenizer == nil {
		if _, err := e.findTokens(ctx); err != nil {
			return err
		}
	}
	e.server.chat, e.server.finishes = true, e.finish(&got.Choices[0]) != ""
	e.answered = got.Model.value
	if err := e.checkModel(ctx); err != nil {
		return err
	}
	if err := e.probeNeutral(ctx, "/chat/completions", ask); err != nil {
		return err
	}
	if err := e.probeLogProbs(ctx, "/chat/completions", ask); err != nil {
		return err
	}
	return e.probeCounts(ctx, "/chat/completions", ask, 0)
}

// unserved is the error of a server that answers neither kind of completions:
// it may not have the model.
func (e *Engine) unserved(ctx context.Context, completions, chat error) error {
	if names, _, err := e.models(ctx, e.client.once); err == nil && len(names) > 0 && !slices.Contains(names, e.model) {
		return fmt.Errorf("the server has no model %q, but %s: %w", e.model, strings.Join(names, ", "), completions)
	}
	return fmt.Errorf("neither completions (%w) nor chat completions (%w)", completions, chat)
}
