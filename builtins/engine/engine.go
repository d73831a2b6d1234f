// Package engine turns prompts into outputs: the interface that every
// inference engine fills, and the Deployment that says which one, with which
// configuration. It does not know what is evaluated or where runs are kept.
package engine

import "context"

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

	// Generate answers every request greedily and hands each response to emit
	// as soon as it is known, in any order. It stops at the first error of
	// emit, or when ctx is done.
	Generate(ctx context.Context, requests []Request, emit func(Response) error) error

	Close() error
}

// Info describes a loaded engine, for the record of a run.
type Info struct {
	Engine   string            // "embedded"
	Version  string            // of the engine
	Model    string            // directory or name
	Arch     string            // "LlamaForCausalLM"
	DType    string            // of activations: "bfloat16"
	Quant    string            // "", "FP8", "FP8_BLOCK", "NVFP4"
	Vocab    int               // columns of a logit row
	Settings map[string]string // every configuration key with the value in force, flattened with dots
}

// A Request is one prompt.
type Request struct {
	ID        int     // chosen by the caller, returned with the response
	Tokens    []int32 // prompt, at least one
	MaxTokens int     // at least 1
	Stop      []int32 // ids that end the output (and are left out of it); nil: the model's own
	Logits    bool    // return the row that chose the first output token
}

// A Response is one request's output.
type Response struct {
	ID     int
	Tokens []int32   // generated
	Text   string    // of Tokens
	Finish string    // "length" or "stop"
	Logits []float32 // [vocab], nil unless asked for
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
