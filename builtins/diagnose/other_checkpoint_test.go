package diagnose_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
)

// damaged copies a model with a setting changed, or the data of its tensors.
func damaged(t *testing.T, from engine.Deployment, setting func(config map[string]any), data func(name string, data []byte)) engine.Deployment {
	t.Helper()
	model := filepath.Join(t.TempDir(), "model")
	copyModel(t, from.Model, model)
	path := filepath.Join(model, "config.json")
	var config map[string]any
	require.NoError(t, json.Unmarshal([]byte(readFile(t, path)), &config))
	setting(config)
	text, err := json.Marshal(config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o644))

	c, err := checkpoint.Open(from.Model)
	require.NoError(t, err)
	defer c.Close()
	var tensors []checkpoint.Tensor
	for _, name := range c.Names() {
		tensor, _ := c.Tensor(name)
		tensor.Data = append([]byte(nil), tensor.Data...)
		data(name, tensor.Data)
		tensors = append(tensors, tensor)
	}
	require.NoError(t, checkpoint.Write(filepath.Join(model, "model.safetensors"), tensors))
	return engine.Deployment{Model: model}
}

func theta(config map[string]any) {
	config["rope_parameters"] = map[string]any{"rope_type": "default", "rope_theta": 1e6}
}

func asIs(map[string]any) {}

func untouched(string, []byte) {}

func zeroed(of string) func(string, []byte) {
	return func(name string, data []byte) {
		if name == of {
			clear(data)
		}
	}
}

// An engine that computes what its checkpoint says is no proof that the loss is
// quantization's: the checkpoint may say something else than the base's.
func TestWhatIsNotQuantizationsIsNotExplainedByIt(t *testing.T) {
	d := demo(t)
	for name, c := range map[string]struct {
		deploy   engine.Deployment
		first    string
		standing diagnose.Standing
		words    string
	}{
		"another base of the rotation": {damaged(t, d.FP8, theta, untouched), "other-checkpoint", diagnose.Shown,
			"config.json: rope_parameters.rope_theta is 1000000, in the reference 10000."},
		"a norm that is zero": {damaged(t, d.FP8Block, asIs, zeroed("model.layers.1.post_attention_layernorm.weight")), "other-checkpoint", diagnose.Shown,
			"tensor model.layers.1.post_attention_layernorm.weight is all zeros, in the reference it is not."},
		"an unquantized checkpoint with a layer of zeros": {damaged(t, d.BF16, asIs, zeroed("model.layers.1.mlp.down_proj.weight")), "other-checkpoint", diagnose.Shown,
			"model.layers.1.mlp.down_proj, not quantized, yet 0.0 dB from the reference"},
		"scales of activations an eighth of what they were": {damaged(t, d.FP8, asIs, func(name string, data []byte) {
			if strings.HasSuffix(name, ".input_scale") {
				scale := math.Float32frombits(binary.LittleEndian.Uint32(data)) / 8
				binary.LittleEndian.PutUint32(data, math.Float32bits(scale))
			}
		}), "input-scale", diagnose.Likely, "where activations are not quantized"},
		"a setting that computes nothing here": {damaged(t, d.FP8, func(config map[string]any) { config["max_position_embeddings"] = 4096 }, untouched), "quantization-itself", diagnose.Shown,
			"what else is not the base's changes little"},
	} {
		t.Run(name, func(t *testing.T) {
			cmp := *compared(t, name, cleanSamples, c.deploy, d.BF16)
			cmp.Verdict.Outcome = compare.RealLoss // whatever so few samples show
			out, err := diagnose.Run(t.Context(), &cmp, diagnose.Options{Open: backend.Open})
			require.NoError(t, err)
			first := out.Suspects[0]
			require.Equal(t, c.first, first.Name, out.Words)
			require.Equal(t, c.standing, first.Standing)
			require.Contains(t, first.For[0].Words, c.words)
		})
	}
}
