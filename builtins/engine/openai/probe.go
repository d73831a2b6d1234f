package openai

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// capabilities are what a server was found to do.
type capabilities struct {
	chat     bool // only /chat/completions answers
	ids      bool // prompts of token ids are accepted
	logprobs bool // log-probabilities of the output come back
	echo     bool // and of the prompt, with echo
}

func (c capabilities) inForce() map[string]string {
	endpoint, prompts := "completions", "text"
	if c.chat {
		endpoint = "chat/completions"
	}
	if c.ids {
		prompts = "token ids"
	}
	return map[string]string{
		"server.endpoint": endpoint, "server.prompts": prompts,
		"server.logprobs": yes(c.logprobs), "server.prompt_logprobs": yes(c.echo), "server.logits": yes(false),
	}
}

func yes(b bool) string {
	if b {
		return "available"
	}
	return "not available from this server"
}

func (c capabilities) String() string {
	m := c.inForce()
	return fmt.Sprintf("%s, prompts as %s, log-probabilities %s, of prompts %s", m["server.endpoint"], m["server.prompts"], m["server.logprobs"], m["server.prompt_logprobs"])
}

const probeText = "1 + 1 ="

// probe finds out the model's name and what the server does. Servers ignore
// arguments that they do not know, so only what came back counts.
func (e *Engine) probe(ctx context.Context, model string) error {
	if err := e.findModel(ctx, model); err != nil {
		return err
	}
	var got answer
	ask := map[string]any{"model": e.model, "prompt": probeText, "max_tokens": 1, "temperature": 0, "logprobs": 1}
	err := e.client.call(ctx, "/completions", ask, &got)
	var no *refusal
	if errors.As(err, &no) && (no.status == 404 || no.status == 405 || no.status == 501) {
		return e.probeChat(ctx, err)
	}
	if errors.As(err, &no) && no.status == 400 { // it may refuse logprobs
		delete(ask, "logprobs")
		got = answer{}
		err = e.client.call(ctx, "/completions", ask, &got)
	}
	if err == nil && len(got.Choices) == 0 {
		err = errors.New("/completions answers without choices: is it the URL of an OpenAI API?")
	}
	if err != nil {
		return err
	}
	e.server.logprobs = len(got.Choices[0].LogProbs.TokenLogprobs) > 0
	return e.probeTokens(ctx)
}

// probeTokens finds a tokenizer, and whether prompts may be ids and echoed.
func (e *Engine) probeTokens(ctx context.Context) error {
	served, err := e.serverTokens(ctx)
	if e.tokenizer == nil {
		if err != nil {
			return fmt.Errorf("no tokenizer: the server has no /tokenize (%w): name the checkpoint's directory as the model, or set tokenizer", err)
		}
	} else if own := e.tokenizer.Encode(probeText, true); err == nil && !slices.Equal(own, served) {
		return fmt.Errorf("the tokenizer is not the server's: %q is %v here and %v there", probeText, own, served)
	} else {
		served = own
	}
	var got answer
	ask := map[string]any{"model": e.model, "prompt": served, "max_tokens": 1, "temperature": 0}
	if e.server.logprobs {
		ask["logprobs"], ask["echo"] = 1, true
	}
	if err := e.client.once(ctx, e.client.base+"/completions", ask, &got); err == nil && len(got.Choices) == 1 {
		e.server.ids = true
		e.server.echo = len(got.Choices[0].LogProbs.TokenLogprobs) > len(served)
	}
	return ctx.Err()
}

func (e *Engine) serverTokens(ctx context.Context) ([]int32, error) {
	var out struct {
		Tokens []int32 `json:"tokens"`
	}
	err := e.client.once(ctx, e.client.root()+"/tokenize", map[string]any{"model": e.model, "prompt": probeText, "add_special_tokens": true}, &out)
	if err == nil && len(out.Tokens) == 0 {
		err = errors.New("it answers without tokens")
	}
	return out.Tokens, err
}

func (e *Engine) probeChat(ctx context.Context, completions error) error {
	var got answer
	ask := map[string]any{"model": e.model, "messages": []any{map[string]any{"role": "user", "content": probeText}}, "max_tokens": 1, "temperature": 0}
	if err := e.client.call(ctx, "/chat/completions", ask, &got); err != nil {
		return fmt.Errorf("neither completions (%w) nor chat completions (%w)", completions, err)
	}
	if len(got.Choices) == 0 {
		return errors.New("/chat/completions answers without choices")
	}
	if e.tokenizer == nil {
		if _, err := e.serverTokens(ctx); err != nil {
			return fmt.Errorf("no tokenizer: the server has no /tokenize (%w): name the checkpoint's directory as the model, or set tokenizer", err)
		}
	}
	e.server.chat = true
	return nil
}

// findModel decides the name that requests carry: the setting's, the only one
// that the server has, or the one that is called as the deployment's model.
func (e *Engine) findModel(ctx context.Context, model string) error {
	if e.model = e.settings.model; e.model != "" {
		return nil
	}
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := e.client.call(ctx, "/models", nil, &list); err != nil {
		return fmt.Errorf("which models the server has: %w; or set served_model_name", err)
	}
	var names []string
	for _, m := range list.Data {
		names = append(names, m.ID)
		if m.ID == model || m.ID == filepath.Base(model) {
			e.model = m.ID
		}
	}
	switch {
	case len(names) == 0:
		return errors.New("the server has no models")
	case e.model == "" && len(names) == 1:
		e.model = names[0]
	case e.model == "":
		return fmt.Errorf("the server has the models %s: set served_model_name to one of them", strings.Join(names, ", "))
	}
	return nil
}
