package diagnose_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/internal/neighbours"
)

// Faults planted in transformers by patches: at n = 36 not every one is a
// loss, and the diagnosis is asked what it would say if it were.
func TestNeighbourFaultsPlantedByPatchesAreShown(t *testing.T) {
	d := demo(t)
	python := neighbours.WarmPython(t, d.BF16.Model, d.MoE.Model)
	served := func(t *testing.T, d engine.Deployment, name, patch string) engine.Deployment {
		d.Name, d.Backend, d.Python = name, "transformers", python
		if patch != "" {
			d.Patch = filepath.Join(t.TempDir(), "patch.py")
			require.NoError(t, os.WriteFile(d.Patch, []byte(patch), 0o644))
		}
		return d
	}
	for _, c := range []struct {
		name, patch string
		base        engine.Deployment
		suspect     string // "" accuses nobody; after "likely " its place alone is known
		evidence    string
	}{
		{"sound moe", "", d.MoE, "", ""},
		{"experts doubled", `
def patch(model):
    for layer in model.model.layers:
        layer.mlp.register_forward_hook(lambda module, inputs, output: 2 * output)
`, d.MoE, "branch-factor", "Dividing the output of mlp in every layer by 2 makes the logits right"},
		{"one layer's attention lost a factor", `
def patch(model):
    model.model.layers[1].self_attn.register_forward_hook(lambda module, inputs, output: (0.25 * output[0], *output[1:]))
`, d.BF16, "branch-factor", "Dividing the output of model.layers.1.self_attn by 0.25 makes the logits right"},
		{"shared expert doubled", `
def patch(model):
    for layer in model.model.layers:
        layer.mlp.shared_expert.register_forward_hook(lambda module, inputs, output: 2 * output)
`, d.MoE, "branch-factor", "Halving the output of the shared expert in every layer makes the logits right"},
		{"values one slot early", `
import torch
from transformers.cache_utils import DynamicLayer

def patch(model):
    update = DynamicLayer.update

    def shifted(self, *args, **kwargs):
        past = self.get_seq_length()
        keys, values = update(self, *args, **kwargs)
        if past:
            values = torch.cat([values[..., :1, :], values[..., :-1, :]], dim=-2)
        return keys, values

    DynamicLayer.update = shifted
`, d.BF16, "kv-cache", "Where nothing is read from the cache the logits are right"},
		{"keys one slot late in decoding alone", `
import torch
from transformers.cache_utils import DynamicLayer

def patch(model):
    update = DynamicLayer.update

    def shifted(self, *args, **kwargs):
        past = self.get_seq_length()
        keys, values = update(self, *args, **kwargs)
        if past and keys.shape[-2] - past == 1:
            keys = torch.cat([keys[..., 1:, :], keys[..., -1:, :]], dim=-2)
        return keys, values

    DynamicLayer.update = shifted
`, d.BF16, "likely kv-cache", "only the steps that read the cache are wrong"},
		{"another theta", `
import torch

def patch(model):
    model.model.rotary_emb.inv_freq = 1.0 / (500000 ** (torch.arange(0, 32, 2).float() / 32))
`, d.BF16, "rope-frequencies", "The first output that is not the reference's is that of model.rotary_emb"},
		{"a norm left out", `
def patch(model):
    model.model.layers[1].post_attention_layernorm.forward = lambda x: x
`, d.BF16, "likely wrong-module", "outputs before model.layers.1.post_attention_layernorm are the reference's"},
		{"a temperature left in", `
def patch(model):
    model.lm_head.register_forward_hook(lambda module, inputs, output: output / 2)
`, d.BF16, "likely output-head", "outputs before lm_head are the reference's"},
		{"positions counted from the padding", `
import inspect

def patch(model):
    inner = model.forward

    def forward(*args, position_ids=None, **kwargs):
        return inner(*args, **kwargs)

    forward.__signature__ = inspect.signature(inner)
    model.forward = forward
`, d.BF16, "batching", "One prompt at a time the logits are right"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base := served(t, c.base, "base", "")
			cmp := *compared(t, c.name, cleanSamples, served(t, c.base, c.name, c.patch), base)
			cmp.Verdict.Outcome = compare.RealLoss
			out, err := diagnose.Run(t.Context(), &cmp, diagnose.Options{Open: backend.Open})
			require.NoError(t, err)
			t.Log("\n" + out.MimeBundle().Plain())
			shown := func(s diagnose.Suspect) bool { return s.Standing == diagnose.Shown }
			if c.suspect == "" {
				require.False(t, slices.ContainsFunc(out.Suspects, shown))
				require.Contains(t, out.Words, "No suspect of the catalogue explains it.")
				return
			}
			suspect, likely := strings.CutPrefix(c.suspect, "likely ")
			require.Equal(t, suspect, out.Suspects[0].Name)
			require.Equal(t, !likely, shown(out.Suspects[0]), "%+v", out.Suspects[0])
			require.Contains(t, out.Suspects[0].For[0].Words, c.evidence)
			require.False(t, shown(out.Suspects[1]), "%+v", out.Suspects[1])
		})
	}
}
