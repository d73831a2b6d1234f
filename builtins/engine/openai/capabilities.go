package openai

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// capabilities are what a server was found to do.
type capabilities struct {
	chat           bool // only /chat/completions answers
	ids            bool // prompts of token ids are accepted
	logprobs       bool // log-probabilities of the output come back
	top            int  // of how many of the likeliest tokens
	tokenIDs       bool // these tokens by their ids, when asked
	outputIDs      bool // ids of the output come back, when asked
	echo           bool // log-probabilities of the prompt come back with echo
	promptLogProbs bool // and with vLLM's prompt_logprobs
	finishes       bool // why an output ended is said
	countsPrompt   bool // tokens of the prompt are counted as they are
	countsOutput   bool // and those of the output

	models []string // that the server lists, where that which it was asked for is none of them

	neutral map[string]any // the words that leave logits as they are, of those that are accepted
}

// askLogProbs adds to a request what makes the server give log-probabilities as
// it was found to.
func (c capabilities) askLogProbs(ask map[string]any) {
	switch {
	case !c.logprobs || c.top == 0:
		return
	case c.chat:
		ask["logprobs"], ask["top_logprobs"] = true, c.top
	default:
		ask["logprobs"] = c.top
	}
	if c.tokenIDs {
		ask["return_tokens_as_token_ids"] = true
	}
}

// inForce are the capabilities for the record of a run.
func (c capabilities) inForce() map[string]string {
	endpoint, prompts := "completions", "text"
	if c.chat {
		endpoint = "chat/completions"
	}
	if c.ids {
		prompts = "token ids"
	}
	logprobs := available(c.logprobs)
	switch {
	case c.logprobs && c.top > 0:
		logprobs = fmt.Sprintf("available, of the %d likeliest tokens", c.top)
	case c.logprobs:
		logprobs = "available, of the chosen token alone"
	}
	out := map[string]string{
		"server.endpoint": endpoint, "server.prompts": prompts,
		"server.logprobs": logprobs, "server.output_ids": available(c.outputIDs),
		"server.echo": available(c.echo), "server.prompt_logprobs": available(c.promptLogProbs),
		"server.finish_reason": available(c.finishes), "server.logits": available(false),
	}
	if c.models != nil {
		out["server.models"] = strings.Join(c.models, ", ")
	}
	maps.Copy(out, c.askedFor())
	return out
}

func available(b bool) string {
	if b {
		return "available"
	}
	return "not available from this server"
}

func (c capabilities) String() string {
	m := c.inForce()
	var refused []string
	for _, word := range slices.Sorted(maps.Keys(neutral)) {
		if _, sent := c.neutral[word]; !sent {
			refused = append(refused, word)
		}
	}
	return fmt.Sprintf("%s, prompts as %s; log-probabilities %s; ids of outputs %s; echo with log-probabilities %s; prompt_logprobs %s; finish_reason %s; refused: %s",
		m["server.endpoint"], m["server.prompts"], m["server.logprobs"], m["server.output_ids"], m["server.echo"], m["server.prompt_logprobs"],
		m["server.finish_reason"], cmp.Or(strings.Join(refused, ", "), "nothing"))
}
