// Package transformers is the engine for the baseline that everybody accepts,
// and for a model that a patch changed: any causal language model that
// Hugging Face transformers loads, on a processor or a GPU, in one process.
//
// Checkpoints quantized by nvidia-modelopt, or in FP8 blocks, are computed by
// real FP8 products (torch._scaled_mm on a GPU) or by fake quantization, as AutoDeploy's
// fuse_* transforms say; other quantized checkpoints are left to transformers.
//
// This side knows the settings. What computes is in python/.
package transformers

import (
	"context"
	"embed"
	"io/fs"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/script"
)

//go:embed python/*.py
var files embed.FS

// Engine is a model loaded by transformers. Beside answering requests it
// traces activations and tells the scales that it computes with.
type Engine struct{ script.Capturing }

var (
	_ engine.Tracer         = Engine{}
	_ engine.ScaleReader    = Engine{}
	_ engine.BatchTokenizer = Engine{}
)

// Open loads the model of a deployment.
func Open(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	settings, err := readSettings(d, at.Logf)
	if err != nil {
		return nil, err
	}
	program, err := fs.Sub(files, "python")
	if err != nil {
		return nil, err
	}
	e, err := script.Open(ctx, d, at, script.Program{Name: "transformers", Files: program}, settings)
	if err != nil {
		return nil, err
	}
	return Engine{script.Capturing{Engine: e}}, nil
}
