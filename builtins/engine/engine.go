// Package engine turns prompts into outputs: the interface that every
// inference engine fills, and the Deployment that says which one, with which
// configuration. It does not know what is evaluated or where runs are kept.
package engine

import (
	"context"
	"time"
)

// An Engine is one loaded deployment. Generate is called for one batch of
// requests at a time.
type Engine interface {
	// Info says what was loaded.
	Info() Info

	// Encode returns the token ids of text, with the special tokens that the
	// tokenizer adds to a prompt when special is true.
	Encode(text string, special bool) ([]int32, error)

	// Decode returns the text of ids, special tokens left out.
	Decode(ids []int32) string

	// Generate answers every request and hands each response to emit as soon
	// as it is known, in any order, one at a time. It stops at the first error
	// of emit, or when ctx is done. What an engine cannot do for a request it
	// refuses; it never leaves it out.
	Generate(ctx context.Context, requests []Request, emit func(Response) error) error

	Close() error
}

// An Opener loads a deployment's engine.
type Opener func(ctx context.Context, d Deployment, at Site) (Engine, error)

// Info describes a loaded engine, for the record of a run.
type Info struct {
	Engine   string            // "embedded"
	Version  string            // of the engine
	Model    string            // directory or name
	Arch     string            // "LlamaForCausalLM"
	DType    string            // of activations: "bfloat16"
	Quant    string            // "", "FP8", "FP8_BLOCK", "NVFP4"
	Vocab    int               // columns of a logit row; 0 when the engine gives no rows
	Settings map[string]string // every configuration key with the value in force, flattened with dots
}

// A Request is one prompt.
type Request struct {
	ID        int     // chosen by the caller, returned with the response
	Tokens    []int32 // prompt, at least one
	Text      string  // of the prompt, for engines that encode it themselves; "" where Tokens are not all of a text's
	MaxTokens int     // at least 1; 0 only with PromptLogits

	// Messages are the turns of which Text is the rendering, for engines that
	// render chats themselves; nil where the prompt is no chat.
	Messages []Message

	Stop      []int32  // ids that end the output (and are left out of it); nil: the model's own
	StopTexts []string // texts that end the output; Text is cut before the first of them
	Sampling  Sampling // how the next token is chosen; zero: the most likely one

	Logits       bool // return the row that chose the first output token, or what the engine has in its place
	PromptLogits bool // return the rows of all prompt positions
}

// A Message is one turn of a chat.
type Message struct {
	Role    string `json:"role"` // "system", "user" or "assistant"
	Content string `json:"content"`
}

// Sampling draws the next token instead of taking the most likely one. The
// zero value does not draw.
type Sampling struct {
	Temperature float64 `json:"temperature"` // 0: greedy
	TopP        float64 `json:"top_p"`       // share of probability drawn from; 0 and 1: all
	TopK        int     `json:"top_k"`       // tokens drawn from; 0: all
	Seed        uint64  `json:"seed"`        // of the request's own generator
}

// A Response is one request's output.
type Response struct {
	ID     int
	Tokens []int32   // generated
	Text   string    // of Tokens
	Finish string    // "length" or "stop"; another word where a server ended the output, "" where it never says why one ends
	Logits []float32 // [vocab], nil unless asked for

	// PromptLogits are the rows after each prompt token [len(Tokens of the
	// request), vocab], row-major; nil unless asked for.
	PromptLogits []float32

	// LogProbs are the likeliest first output tokens, likeliest first, of an
	// engine that gives their log-probabilities and no row; nil unless Logits
	// were asked for. They are the first of the whole vocabulary: no token
	// that is not among them is likelier than the last.
	LogProbs []LogProb
}

// A LogProb is the log-probability of one token.
type LogProb struct {
	ID      int32   `json:"id"` // -1 where only the text is known
	Text    string  `json:"text"`
	LogProb float32 `json:"logprob"` // in nats; -Inf is possible
}

// A Conversational engine may have to put prompts into a user's turn. Outputs
// then begin an assistant's turn, and do not continue the prompt.
type Conversational interface {
	// InTurns reports whether it does.
	InTurns() bool
}

// A Timed engine knows how long it has computed; what else a run takes is
// overhead.
type Timed interface {
	// Computed is the time spent in forward passes, and in preparing the memory
	// that they need, since the engine was loaded; 0 when it is not known.
	Computed() time.Duration
}

// A ScaleReader can say which dequantization scales it computes with: as
// loaded, not as stored. What it returns is evidence in a diagnosis.
type ScaleReader interface {
	// LoadedScales lists every quantized linear layer in the order of the
	// layers.
	LoadedScales(ctx context.Context) ([]LoadedScale, error)
}

// LoadedScale is the factor that each weight code of one linear layer is
// multiplied with when it is dequantized.
type LoadedScale struct {
	Module string    // "model.layers.0.mlp.up_proj"
	Format string    // "fp8", "fp8-block", "nvfp4"
	N, K   int       // shape of the weight
	Group  int       // values of one row that share a factor: K, 128 or 16
	Values []float32 // [N, ceil(K/Group)], row-major
}

// A Tracer can say what each layer computes on the way to the logits.
type Tracer interface {
	// Trace runs one prompt and returns the output of every module whose name
	// matches one of the patterns of a shell ("*" also crosses dots), in the
	// order in which they ran. No pattern: the decoder layers.
	Trace(ctx context.Context, tokens []int32, patterns ...string) ([]Activation, error)
}

// An Activation is the output of one module for one prompt.
type Activation struct {
	Module string // "model.layers.0.self_attn"
	Rows   int    // prompt tokens
	Cols   int
	Values []float32 // [Rows, Cols], row-major
}
