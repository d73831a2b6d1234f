// Package embedded is an inference engine in Go: the forward pass of Llama and
// Qwen2-MoE checkpoints in Hugging Face layout, dense or quantized to FP8,
// FP8 in blocks or NVFP4, on the processor.
//
// It knows what AutoDeploy's configuration keys mean and computes what they
// say: tensor-parallel ranks as goroutines with an all-reduce between them,
// paged attention, chunked prefill, block reuse, captured graphs, fused or
// fake quantization. Its arithmetic rounds where transformers and the fused
// kernels round, so that a difference between two deployments is theirs.
//
// It does not know what is evaluated, and it does not imitate AutoDeploy's
// speed or graph passes: it exists to learn, to demonstrate and to test.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded/internal/compute"
	"adkernel/builtins/engine/embedded/internal/fault"
	"adkernel/builtins/engine/internal/stop"
	"adkernel/builtins/tokenizer"
)

// version of the engine; it changes when results may. The instruction set is
// recorded with it, since it decides the order of sums.
const version = "1.0"

// Engine is a loaded deployment. Its methods may be called from several
// goroutines; Generate answers one batch at a time.
type Engine struct {
	info      engine.Info
	files     *checkpoint.Checkpoint
	tokenizer *tokenizer.Tokenizer
	fault     fault.Fault
	quantized []string // modules

	generating sync.Mutex
	scheduler  *scheduler
}

// Open loads the model of a deployment. Files, shapes and settings are checked
// before it returns.
func Open(ctx context.Context, d engine.Deployment) (engine.Engine, error) {
	if d.Backend != "" && d.Backend != "embedded" {
		return nil, fmt.Errorf("deployment %s: backend %q is not the embedded engine", d.Label(), d.Backend)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e, _, err := open(d)
	if err != nil {
		return nil, err
	}
	if e.tokenizer, err = tokenizer.Load(filepath.Join(d.Model, "tokenizer.json")); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.scheduler.decode = e.Decode
	if size := e.tokenizer.VocabSize(); size > e.info.Vocab {
		err := fmt.Errorf("%s: tokenizer.json has %d tokens, but config.json says vocab_size %d: they are of different models", d.Model, size, e.info.Vocab)
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// open loads everything but the tokenizer.
func open(d engine.Deployment) (*Engine, *model, error) {
	planted, err := fault.Of(d.Build)
	if err != nil {
		return nil, nil, fmt.Errorf("deployment %s: %w", d.Label(), err)
	}
	arch, err := readArchitecture(d.Model)
	if err != nil {
		return nil, nil, err
	}
	files, err := checkpoint.Open(d.Model)
	if err != nil {
		return nil, nil, err
	}
	settings, err := readSettings(d, arch, files.Quantization())
	if err != nil {
		return nil, nil, errors.Join(err, files.Close())
	}
	arch.format = settings.format
	l := &loader{files: files, arch: arch, settings: settings, fault: planted}
	m, err := l.load()
	if err != nil {
		return nil, nil, errors.Join(err, files.Close())
	}
	return &Engine{
		info: engine.Info{
			Engine: "embedded", Version: version + "+" + compute.Name(), Model: d.Model,
			Arch: arch.name, DType: arch.format.String(), Quant: quantName(files.Quantization()),
			Vocab: arch.vocab, Settings: settings.inForce,
		},
		files: files, fault: planted, quantized: l.quantized,
		scheduler: newScheduler(m, settings),
	}, m, nil
}

func quantName(q checkpoint.Quantization) string {
	return map[checkpoint.Format]string{
		checkpoint.FP8: "FP8", checkpoint.FP8Block: "FP8_BLOCK", checkpoint.NVFP4: "NVFP4",
	}[q.Format]
}

// Builds lists the engine releases that can be chosen with Deployment.Build,
// beside the current one.
func Builds() []string { return fault.Builds() }

// Info says what was loaded, with every configuration key in force.
func (e *Engine) Info() engine.Info {
	info := e.info
	info.Settings = maps.Clone(e.info.Settings)
	return info
}

// Encode returns the token ids of text.
func (e *Engine) Encode(text string, special bool) ([]int32, error) {
	return e.tokenizer.Encode(text, special), nil
}

// Decode returns the text of ids, special tokens left out.
func (e *Engine) Decode(ids []int32) string { return e.tokenizer.Decode(ids, true) }

// Generate answers every request greedily. Requests that cannot be answered
// are refused before any is begun. Results do not depend on which requests
// come together.
func (e *Engine) Generate(ctx context.Context, requests []engine.Request, emit func(engine.Response) error) error {
	e.generating.Lock()
	defer e.generating.Unlock()
	sequences := make([]*sequence, len(requests))
	for i, r := range requests {
		if r.MaxTokens < 1 {
			return fmt.Errorf("request %d: max_tokens is %d: want 1 or more", r.ID, r.MaxTokens)
		}
		sequences[i] = newSequence(r)
	}
	return e.scheduler.answer(ctx, sequences, nobody, func(q *sequence) error {
		text := e.Decode(q.output())
		if at := stop.At(text, q.request.StopTexts); at >= 0 {
			text = text[:at]
		}
		return emit(engine.Response{
			ID: q.request.ID, Tokens: q.output(), Text: text,
			Finish: q.finish, Logits: q.logits,
		})
	})
}

// Computed implements engine.Timed.
func (e *Engine) Computed() time.Duration {
	e.generating.Lock()
	defer e.generating.Unlock()
	return e.scheduler.computed
}

// Close releases the checkpoint's files.
func (e *Engine) Close() error { return e.files.Close() }
