package diagnose

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

func TestAModuleIsWhatItsNameSays(t *testing.T) {
	for module, want := range map[string]string{
		"model.embed_tokens":                       "embedding",
		"transformer.wte":                          "embedding",
		"model.rotary_emb":                         "rotary",
		"model.layers.0.input_layernorm":           "norm",
		"model.layers.0.self_attn.q_norm":          "norm",
		"model.layers.0.self_attn.q_proj":          "linear",
		"model.layers.0.self_attn.o_proj":          "attention",
		"model.layers.0.self_attn":                 "attention",
		"model.layers.0.mlp.gate":                  "router",
		"model.layers.0.block_sparse_moe.router":   "router",
		"model.layers.0.mlp.experts":               "experts",
		"model.layers.0.mlp.experts.3.down_proj":   "experts",
		"model.layers.0.mlp.shared_expert.up_proj": "linear",
		"model.layers.0.mlp.shared_expert_gate":    "linear",
		"model.layers.0.mlp.down_proj":             "mlp",
		"model.layers.0.mlp.act_fn":                "mlp",
		"model.layers.0.mlp":                       "mlp",
		"model.layers.0":                           "layer",
		"model.norm":                               "head",
		"lm_head":                                  "head",
		"model.layers.0.mixer.conv1d":              "other",
	} {
		kind, hint := kindOfModule(module)
		require.Equal(t, want, kind, module)
		require.NotEmpty(t, hint, module)
	}
}

// With another number of experts the router scores them as the reference's does,
// and what they give is the first thing that is wrong.
func TestTheFirstWrongOutputIsNamed(t *testing.T) {
	output := func(module string, values ...float32) engine.Activation {
		return engine.Activation{Module: module, Rows: 1, Cols: len(values), Values: values}
	}
	want := []engine.Activation{output("model.layers.0.mlp.gate", 1, 2), output("model.layers.0.mlp.experts", 3, 4), output("model.layers.0.mlp", 5, 6)}
	for name, c := range map[string]struct {
		got               []engine.Activation
		kind, first       string
		right             float64
		factor, ofABranch any
	}{
		"one expert instead of two": {[]engine.Activation{want[0], output("model.layers.0.mlp.experts", 3, 1), output("model.layers.0.mlp", 5, 3)},
			"experts", "model.layers.0.mlp.experts", 1, nil, nil},
		"a routed factor left out": {[]engine.Activation{want[0], want[1], output("model.layers.0.mlp", 10, 12)},
			"mlp", "model.layers.0.mlp", 2, 2.0, 2.0},
		"a layer left out": {want[:2], "order", "model.layers.0.mlp", 2, nil, nil},
		"all are right":    {want, "none", "", 3, nil, nil},
	} {
		p := &prober{facts: Facts{}}
		require.NoError(t, p.observeModules(trace{c.got, want, want, want, 1}, "a table"), name)
		require.Equal(t, c.kind, p.facts["module.kind"].Value, name)
		require.Equal(t, c.right, p.facts["module.right"].Value, name)
		first, _ := p.facts["module.first"].Value.(string)
		require.Equal(t, c.first, first, name)
		require.Equal(t, c.factor, p.facts["module.factor"].Value, name)
		require.Equal(t, c.ofABranch, p.facts["branch.factor"].Value, name)
	}
}
