package embedded_test

import (
	"context"
	"fmt"
	"log"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
)

// A deployment is opened, prompts become token ids, and answers come as they
// are ready.
func ExampleOpen() {
	ctx := context.Background()
	deployment := engine.Deployment{
		Model: "testdata/llama",
		Args:  map[string]any{"attn_backend": "paged", "kv_cache_config": map[string]any{"enable_block_reuse": false}},
	}
	e, err := embedded.Open(ctx, deployment)
	if err != nil {
		log.Fatal(err)
	}
	defer e.Close()
	fmt.Println(e.Info().Arch, e.Info().DType)

	tokens, err := e.Encode("abc", true)
	if err != nil {
		log.Fatal(err)
	}
	request := engine.Request{Tokens: tokens, MaxTokens: 2}
	err = e.Generate(ctx, []engine.Request{request}, func(r engine.Response) error {
		fmt.Println(len(tokens), "tokens in,", len(r.Tokens), "out:", r.Finish)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// LlamaForCausalLM bfloat16
	// 3 tokens in, 2 out: length
}
