package openai

import (
	"cmp"
	"context"
	"errors"
)

// A wording is how a server's /tokenize calls a text, and whether special tokens
// are put around it.
type wording struct{ text, special string }

// wordings are that of vLLM and SGLang, and that of llama.cpp, which takes the
// text of a request in other words for an empty one.
var wordings = []wording{{"prompt", "add_special_tokens"}, {"content", "add_special"}}

// tokenize asks for the token ids of text in one wording.
func (c *client) tokenize(ctx context.Context, retries int, w wording, model, text string, special bool) ([]int32, error) {
	var out struct {
		Tokens []int32 `json:"tokens"`
	}
	err := c.attempt(ctx, retries, c.root()+"/tokenize", map[string]any{"model": model, w.text: text, w.special: special}, &out)
	if err == nil && (out.Tokens == nil || len(out.Tokens) == 0 && text != "") {
		err = errors.New("it answers without tokens")
	}
	return out.Tokens, err
}

// serverTokens are the probe's tokens, and finds the wording of those that
// follow.
func (e *Engine) serverTokens(ctx context.Context) ([]int32, error) {
	var first error
	for _, e.wording = range wordings {
		tokens, err := e.client.tokenize(ctx, 0, e.wording, e.model, probeText, true)
		if err == nil {
			return tokens, nil
		}
		first = cmp.Or(first, err)
	}
	return nil, first
}

// detokenize asks for the text of ids, which vLLM calls a prompt, SGLang a text
// and llama.cpp a content.
func (c *client) detokenize(ctx context.Context, model string, ids []int32) (string, error) {
	var out struct {
		Prompt  *string `json:"prompt"`
		Text    *string `json:"text"`
		Content *string `json:"content"`
	}
	err := c.attempt(ctx, c.retries, c.root()+"/detokenize", map[string]any{"model": model, "tokens": ids}, &out)
	text := cmp.Or(out.Prompt, out.Text, out.Content)
	if err == nil && text == nil {
		err = errors.New("the server's /detokenize gives no text")
	}
	if err != nil {
		return "", err
	}
	return *text, nil
}
