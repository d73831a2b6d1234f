// Package demo holds the files of the demo: two small checkpoints that were
// trained on generated questions, and those questions in MMLU's layout. Its
// README says how they were made; package casebook says what they are for.
package demo

import "embed"

// Files holds dense/, moe/ (Hugging Face checkpoints in bf16) and task/ (dev/
// and test/).
//
//go:embed dense/config.json dense/model.safetensors dense/tokenizer.json
//go:embed moe/config.json moe/model.safetensors moe/tokenizer.json
//go:embed task
var Files embed.FS
