package embedded

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// modelShape is what writeRandomModel makes.
type modelShape struct {
	hidden, layers, heads, kvHeads, headDim, intermediate, vocab int
	positions                                                    int
}

// writeRandomModel writes a Llama checkpoint with random float32 weights, and
// returns its directory. tensors, when not nil, may change them before.
func writeRandomModel(t testing.TB, s modelShape, change func(tensors map[string]testTensor)) string {
	t.Helper()
	dir := t.TempDir()
	config := map[string]any{
		"architectures": []string{"LlamaForCausalLM"}, "dtype": "bfloat16", "hidden_act": "silu",
		"hidden_size": s.hidden, "num_hidden_layers": s.layers, "num_attention_heads": s.heads, "num_key_value_heads": s.kvHeads,
		"head_dim": s.headDim, "intermediate_size": s.intermediate, "vocab_size": s.vocab, "max_position_embeddings": s.positions,
		"rms_norm_eps": 1e-5, "tie_word_embeddings": true, "rope_theta": 10000, "eos_token_id": 1,
	}
	writeJSON(t, filepath.Join(dir, "config.json"), config)
	tokenizer, err := os.ReadFile("testdata/llama/tokenizer.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tokenizer.json"), tokenizer, 0o644))

	random := rand.New(rand.NewPCG(3, 4))
	tensors := map[string]testTensor{}
	draw := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		values := make([]float32, n)
		for i := range values {
			if len(shape) == 1 {
				values[i] = 1 + 0.1*float32(random.NormFloat64())
			} else {
				values[i] = float32(random.NormFloat64() / math.Sqrt(float64(shape[1])))
			}
		}
		tensors[name] = testTensor{shape, values}
	}
	draw("model.embed_tokens.weight", s.vocab, s.hidden)
	draw("model.norm.weight", s.hidden)
	for i := range s.layers {
		p := fmt.Sprintf("model.layers.%d.", i)
		draw(p+"input_layernorm.weight", s.hidden)
		draw(p+"post_attention_layernorm.weight", s.hidden)
		draw(p+"self_attn.q_proj.weight", s.heads*s.headDim, s.hidden)
		draw(p+"self_attn.k_proj.weight", s.kvHeads*s.headDim, s.hidden)
		draw(p+"self_attn.v_proj.weight", s.kvHeads*s.headDim, s.hidden)
		draw(p+"self_attn.o_proj.weight", s.hidden, s.heads*s.headDim)
		draw(p+"mlp.gate_proj.weight", s.intermediate, s.hidden)
		draw(p+"mlp.up_proj.weight", s.intermediate, s.hidden)
		draw(p+"mlp.down_proj.weight", s.hidden, s.intermediate)
	}
	if change != nil {
		change(tensors)
	}
	writeSafetensors(t, filepath.Join(dir, "model.safetensors"), tensors)
	return dir
}

type testTensor struct {
	shape  []int
	values []float32
}

// writeSafetensors writes float32 tensors.
func writeSafetensors(t testing.TB, path string, tensors map[string]testTensor) {
	t.Helper()
	header := map[string]any{}
	var data []byte
	for name, x := range tensors {
		start := len(data)
		for _, v := range x.values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		header[name] = map[string]any{"dtype": "F32", "shape": x.shape, "data_offsets": []int{start, len(data)}}
	}
	text, err := json.Marshal(header)
	require.NoError(t, err)
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	require.NoError(t, os.WriteFile(path, append(append(file, text...), data...), 0o644))
}

func writeJSON(t testing.TB, path string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o644))
}
