package openai

import (
	"context"
	"fmt"

	"adkernel/builtins/engine"
)

// serverLimit is the finish of an output that ended for its length before the
// request's limit: the server's context was full, or its operator has set a limit.
// vLLM, trtllm-serve and llama.cpp then shorten the request without a word.
const serverLimit = "server limit"

// probeCounts finds whether the server counts the tokens of prompts and outputs
// as they are. Not all do: a prompt that is cached is 0 tokens to some, so that it
// is asked last, when the probe's has been read often. tokens are the prompt's, 0
// where only the server knows them.
func (e *Engine) probeCounts(ctx context.Context, path string, ask map[string]any, tokens int) error {
	got, err := e.try(ctx, path, ask)
	if got != nil {
		e.server.countsPrompt = tokens > 0 && got.usage.Prompt == tokens
		e.server.countsOutput = got.usage.Output == 1
	}
	return err
}

// wholePrompt refuses the answer to another prompt than the request's: servers
// with a short context cut prompts, some without a word.
func (e *Engine) wholePrompt(r engine.Request, c *choice) error {
	if read, all := c.usage.Prompt, len(r.Tokens); e.server.countsPrompt && read > 0 && read != all {
		return fmt.Errorf("the server read %d tokens of a prompt that has %d: is its context too short, so that it cut the prompt?", read, all)
	}
	return nil
}

// tooShort reports whether an output that ended for its length has fewer tokens
// than the request allowed.
func (e *Engine) tooShort(r engine.Request, c *choice) bool {
	return e.server.countsOutput && c.usage.Output > 0 && c.usage.Output < r.MaxTokens
}
