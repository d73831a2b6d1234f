package openai

import "fmt"

// cutOff is the finish of an answer whose end the server does not explain,
// though it does those of others.
const cutOff = "cut off"

// finish is why an output ended: "stop" or "length" where the model ended it or
// the request's limit did, else the server's word for its own doing. "" where
// the server never says.
func (e *Engine) finish(c *choice) string {
	if c.FinishReason == nil || *c.FinishReason == "" {
		if !e.server.finishes {
			return ""
		}
		return cutOff
	}
	switch *c.FinishReason {
	case "eos", "eos_token", "stop_sequence": // Text Generation Inference and others
		return "stop"
	}
	return *c.FinishReason
}

// brokenOff is what a server has for an answer that it did not let the model
// finish: it was overloaded, ran out of memory or was told to stop.
type brokenOff struct{ finish string }

func (b *brokenOff) Error() string {
	return fmt.Sprintf("the server ended the output itself (%s)", b.finish)
}

// broken is the error of an output that may be another one when it is asked for
// again. What a filter took, or a parser of tool calls, it would take again.
func (e *Engine) broken(c *choice) error {
	switch finish := e.finish(c); finish {
	case "", "stop", "length", "content_filter", "tool_calls", "function_call":
		return nil
	default:
		return &brokenOff{finish}
	}
}
