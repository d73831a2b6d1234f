package diagnose

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// A repair is an engine of its own, and what is known to be of no use is not
// tried. What the catalogue makes of that is what it made of the repair.
func TestAttentionRepairsThatCannotHelpAreNotTried(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	model := filepath.Join("..", "..", "notebooks", "demo", "dense")
	const layouts, scales = 2, 9
	for name, c := range map[string]struct {
		facts  values
		right  bool // whatever is asked
		loaded int
	}{
		"nothing is known":             {nil, false, layouts + scales},
		"the first module is a norm":   {values{"module.kind": "norm", "module.first": "model.layers.1.post_attention_layernorm"}, false, 0},
		"it is the MLP":                {values{"module.kind": "mlp", "module.first": "model.layers.0.mlp.down_proj"}, false, 0},
		"it is attention":              {values{"module.kind": "attention", "module.first": "model.layers.0.self_attn.o_proj"}, false, layouts + scales},
		"it is the queries":            {values{"module.kind": "linear", "module.first": "model.layers.0.self_attn.q_proj"}, false, layouts + scales},
		"it is a fused projection":     {values{"module.kind": "linear", "module.first": "model.layers.0.mixer.qkv_proj"}, false, layouts + scales},
		"it is the norm of the keys":   {values{"module.kind": "norm", "module.first": "model.layers.0.mixer.k_norm"}, false, layouts + scales},
		"it is the rotary embedding":   {values{"module.kind": "rotary", "module.first": "model.rotary_emb"}, false, layouts},
		"no module is wrong":           {values{"module.kind": "none"}, false, layouts + scales},
		"later tokens are seen":        {values{"positions.first": 40.0}, false, 0},
		"whole prompts are right":      {values{"unchunked.excess": 1.0}, false, 0},
		"a layout does it":             {nil, true, layouts},
		"the first factor does it":     {values{"deployment.quantized": true}, true, 1},
		"rows of codes stay as stored": {values{"deployment.quantized": true}, false, scales},
	} {
		t.Run(name, func(t *testing.T) {
			facts := factSet(t, values{"engine.excess": 50, "engine.error": .5, "position1.excess": 1.0, "position1.share": .01, "repair.before": 50})
			for fact, value := range factSet(t, c.facts) {
				facts[fact] = value
			}
			loaded := 0
			var asked questions
			asked.short = asked.add([][]int32{{1, 2}})
			p := &prober{
				open: func(context.Context, engine.Deployment, engine.Site) (engine.Engine, error) {
					loaded++
					return constant{}, nil
				},
				test:  engine.Deployment{Model: model},
				asked: asked, facts: facts,
				answers: rows{{4, 2, 1}}, shortFloor: .01, affected: []int{0},
			}
			if c.right {
				p.answers = rows{{1, 2, 4}}
			}
			require.NoError(t, p.attentionRepairs(t.Context()))
			require.Equal(t, c.loaded, loaded, "%+v", p.probes)

			tried := Facts{}
			for fact, value := range facts {
				if fact != "repair.attention_scale_spared" && fact != "repair.rope_spared" {
					tried[fact] = value
				}
			}
			if _, known := facts["repair.attention_scale"]; !known {
				tried.set("repair.attention_scale", 40., 1, "")
			}
			if _, known := facts["repair.rope"]; !known && facts["deployment.quantized"].Value != true {
				tried.set("repair.rope", 40., 1, "")
			}
			standings := func(of Facts) map[string]any {
				out := map[string]any{}
				for _, s := range rank(entries, of) {
					out[s.Name] = []any{s.Bits, s.Standing}
				}
				return out
			}
			require.Equal(t, standings(tried), standings(facts))
		})
	}
}
