package embedded

import (
	"context"
	"fmt"
	"math"
	"slices"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded/internal/compute"
)

// Calibrate runs the checkpoint in dir over prompts (token ids) and returns
// the largest magnitude that the input of each linear layer took, by module
// name: what a quantizer needs for input_scale. An expert that no token was
// sent to is not in the map.
func Calibrate(ctx context.Context, dir string, prompts [][]int32) (map[string]float32, error) {
	e, m, err := open(engine.Deployment{Model: dir})
	if err != nil {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	defer e.Close()
	amax := map[string]float32{}
	observe := func(module string, x []float32) {
		// Not max: a NaN, once seen, must stay.
		if v := compute.Amax(x); !(v <= amax[module]) {
			amax[module] = v
		}
	}
	for _, l := range m.linears() {
		l.observe = observe
	}
	var sequences []*sequence
	for i, p := range prompts {
		sequences = append(sequences, newSequence(engine.Request{ID: i, Tokens: p, MaxTokens: 1}))
	}
	if err := e.scheduler.answer(ctx, sequences, nobody, func(*sequence) error { return nil }); err != nil {
		return nil, fmt.Errorf("calibrate %s: %w", dir, err)
	}
	for module, v := range amax {
		if v != v || v > math.MaxFloat32 {
			return nil, fmt.Errorf("calibrate %s: the input of %s is not finite: the checkpoint is damaged, or its dtype too narrow", dir, module)
		}
	}
	return amax, nil
}

// linears lists the linear layers of all ranks.
func (m *model) linears() []*linear {
	var out []*linear
	for _, r := range m.ranks {
		for _, l := range r.layers {
			a := l.attention
			out = append(out, a.q, a.k, a.v, a.o)
			if l.dense != nil {
				out = append(out, l.dense.linears()...)
				continue
			}
			out = append(out, l.sparse.router, l.sparse.sharedGate)
			for _, expert := range slices.Concat(l.sparse.experts, []*mlp{l.sparse.shared}) {
				out = append(out, expert.linears()...)
			}
		}
		if r.head != nil {
			out = append(out, r.head)
		}
	}
	return out
}

func (m *mlp) linears() []*linear { return []*linear{m.gate, m.up, m.down} }
