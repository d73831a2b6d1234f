package engine

import "context"

// A Steerable lets its caller see the logits of every position and choose
// the tokens: what a server of log-probabilities and of sampled text needs.
// Results of Generate and of Steer are those of the same forward passes.
type Steerable interface {
	Engine

	// Steer computes every request, in any order and many together, until its
	// Next ends it or it has MaxTokens output tokens. Between forward passes it
	// asks more, which may be nil, for requests that join those under way; it
	// returns when none is left. It stops when ctx is done. A request that
	// cannot be computed is refused with an error, and ends all.
	Steer(ctx context.Context, requests []Steered, more func() []Steered) error

	// Limits says what a request may have.
	Limits() Limits
}

// Limits are the bounds of an engine's requests.
type Limits struct {
	SequenceTokens int     // prompt and output together
	PromptTokens   int     // prompt alone
	Stop           []int32 // ids that end the model's output
}

// A Steered is a request whose tokens its caller chooses. Its functions are
// called by one goroutine at a time, amid the forward passes: they must not
// wait. Rows are valid until the function returns.
type Steered struct {
	ID        int     // for errors
	Tokens    []int32 // prompt, at least one
	MaxTokens int     // of the output; 0 computes the prompt alone

	// Prompt is shown the row of logits [vocab] at each prompt position but
	// the last, in order: the row at position i predicts the token at i+1. nil
	// where they are not wanted, which lets the engine skip computing them.
	Prompt func(position int, row []float32)

	// Next chooses the next output token by its row of logits [vocab]. When
	// more is false the output ends with that token. It is not called when
	// MaxTokens is 0.
	Next func(row []float32) (token int32, more bool)

	// Done, unless nil, is called when the request is computed.
	Done func()
}
