package script

import (
	"context"

	"adkernel/builtins/engine"
)

// Capturing is an Engine whose program also tells what happens inside the
// model.
type Capturing struct{ *Engine }

// Trace runs one prompt and returns the outputs of the modules that match.
func (e Capturing) Trace(ctx context.Context, tokens []int32, patterns ...string) ([]engine.Activation, error) {
	if err := e.check(engine.Request{Tokens: tokens, MaxTokens: 1}); err != nil {
		return nil, err
	}
	var out []engine.Activation
	_, payload := idBytes([][]int32{tokens})
	request := map[string]any{"event": "trace", "patterns": patterns, "bytes": len(payload)}
	err := e.collect(ctx, request, payload, "activation", func(v *valuesDoc, values []float32) {
		out = append(out, engine.Activation{Module: v.Module, Rows: v.Rows, Cols: v.Cols, Values: values})
	})
	return out, err
}

// LoadedScales lists the factors of every quantized linear layer as the
// program computes with them.
func (e Capturing) LoadedScales(ctx context.Context) ([]engine.LoadedScale, error) {
	var out []engine.LoadedScale
	err := e.collect(ctx, map[string]any{"event": "scales"}, nil, "scale", func(v *valuesDoc, values []float32) {
		out = append(out, engine.LoadedScale{Module: v.Module, Format: v.Format, N: v.Rows, K: v.K, Group: v.Group, Values: values})
	})
	return out, err
}

// collect gathers arrays until the program is done.
func (e *Engine) collect(ctx context.Context, request any, payload []byte, event string, add func(*valuesDoc, []float32)) error {
	return e.ask(ctx, request, payload, func(f frame) (bool, error) {
		switch f.Event {
		case event:
			values, err := f.array()
			if err == nil {
				add(f.Values, values)
			}
			return false, err
		case "done":
			return true, nil
		}
		return false, unexpected(f)
	})
}
