package gguf

import (
	"fmt"
	"math"
	"strings"
)

// config is what config.json needs of a llama model's metadata.
type config struct {
	layers, hidden, intermediate int
	heads, kvHeads, headDim      int
	context, vocab               int
	epsilon, theta               float64
	tied                         bool
	bos, eos                     *int
	stop                         []int
}

// number is a metadata entry as a whole number; ok is false if it is absent.
func (f *File) number(key string) (n int, ok bool, err error) {
	switch v := f.Metadata[key].(type) {
	case nil:
		return 0, false, nil
	case uint64:
		n, ok = int(v), v <= math.MaxInt32
	case int64:
		n, ok = int(v), v >= 0 && v <= math.MaxInt32
	}
	if !ok {
		return 0, false, fmt.Errorf("metadata %s is %v: want a whole number", key, f.Metadata[key])
	}
	return n, true, nil
}

// Bounds of a model's sizes: those of a damaged file take memory for nothing.
const (
	maxSize   = 1 << 24
	maxLayers = 1 << 12
)

func (f *File) config() (*config, error) {
	architecture, _ := f.Metadata["general.architecture"].(string)
	if architecture != "llama" {
		return nil, fmt.Errorf("architecture %q is not read: only llama is", architecture)
	}
	c := &config{theta: 10000}
	for _, field := range []struct {
		key      string
		to       *int
		optional bool
	}{
		{"block_count", &c.layers, false}, {"embedding_length", &c.hidden, false}, {"feed_forward_length", &c.intermediate, false},
		{"attention.head_count", &c.heads, false}, {"attention.head_count_kv", &c.kvHeads, true},
		{"attention.key_length", &c.headDim, true}, {"context_length", &c.context, false},
	} {
		n, ok, err := f.number("llama." + field.key)
		if err != nil {
			return nil, err
		}
		if !ok && !field.optional || ok && n == 0 {
			return nil, fmt.Errorf("metadata llama.%s is missing", field.key)
		}
		if n > maxSize {
			return nil, fmt.Errorf("metadata llama.%s is %d: want %d at most", field.key, n, maxSize)
		}
		*field.to = n
	}
	if c.layers > maxLayers {
		return nil, fmt.Errorf("metadata llama.block_count is %d: want %d at most", c.layers, maxLayers)
	}
	if c.kvHeads == 0 {
		c.kvHeads = c.heads
	}
	if c.headDim == 0 {
		if c.hidden%c.heads != 0 {
			return nil, fmt.Errorf("metadata llama.embedding_length is %d, no multiple of the %d heads, and llama.attention.key_length is missing", c.hidden, c.heads)
		}
		c.headDim = c.hidden / c.heads
	}
	switch {
	case c.headDim%2 != 0:
		return nil, fmt.Errorf("a head has %d values: want an even number, since they are rotated in pairs", c.headDim)
	case c.heads%c.kvHeads != 0:
		return nil, fmt.Errorf("metadata llama.attention.head_count is %d, no multiple of llama.attention.head_count_kv, %d", c.heads, c.kvHeads)
	}
	var ok bool
	if c.epsilon, ok = f.Metadata["llama.attention.layer_norm_rms_epsilon"].(float64); !ok {
		return nil, fmt.Errorf("metadata llama.attention.layer_norm_rms_epsilon is missing")
	}
	// The file has it as float32; what people wrote is the shortest of those.
	c.epsilon = shortest(c.epsilon)
	if theta, ok := f.Metadata["llama.rope.freq_base"].(float64); ok {
		c.theta = shortest(theta)
	}
	if err := f.checkLlama(c); err != nil {
		return nil, err
	}
	return c, f.specialIDs(c)
}

// checkLlama refuses what would change results and is not written.
func (f *File) checkLlama(c *config) error {
	if err := f.checkRope(); err != nil {
		return err
	}
	if n, _, err := f.number("llama.expert_count"); err != nil {
		return err
	} else if n > 0 {
		return fmt.Errorf("a mixture of %d experts is not read: only dense models are", n)
	}
	if n, ok, err := f.number("llama.rope.dimension_count"); err != nil {
		return err
	} else if ok && n != c.headDim {
		return fmt.Errorf("llama.rope.dimension_count is %d: want that of a head, %d", n, c.headDim)
	}
	return nil
}

// checkRope refuses scaled positions. Where no type of scaling is stated,
// llama.cpp scales linearly, by a factor of which 0 and 1 are none; scale_linear
// is the factor's older name.
func (f *File) checkRope() error {
	kind, stated := f.Metadata["llama.rope.scaling.type"]
	if stated && kind != "none" {
		return fmt.Errorf("llama.rope.scaling.type %q is not read: only none is", kind)
	}
	for _, key := range []string{"llama.rope.scaling.factor", "llama.rope.scale_linear"} {
		if factor, ok := f.Metadata[key]; ok && !stated && factor != 0.0 && factor != 1.0 {
			return fmt.Errorf("%s is %v: scaled positions are not read", key, factor)
		}
	}
	if factor, ok := f.Metadata["llama.rope.scaling.attn_factor"]; ok && factor != 1.0 { // of any type
		return fmt.Errorf("llama.rope.scaling.attn_factor is %v: scaled rotations are not read", factor)
	}
	return nil
}

func (f *File) specialIDs(c *config) error {
	for key, to := range map[string]**int{"bos_token_id": &c.bos, "eos_token_id": &c.eos} {
		n, ok, err := f.number("tokenizer.ggml." + key)
		if err != nil {
			return err
		}
		if ok {
			*to = &n
		}
	}
	if c.eos != nil {
		c.stop = []int{*c.eos}
	}
	for _, key := range []string{"eot_token_id", "eom_token_id"} {
		if n, ok, err := f.number("tokenizer.ggml." + key); err != nil {
			return err
		} else if ok && (c.eos == nil || n != *c.eos) {
			c.stop = append(c.stop, n)
		}
	}
	return nil
}

// json is config.json.
func (c *config) json() map[string]any {
	out := map[string]any{
		"architectures": []string{"LlamaForCausalLM"}, "model_type": "llama", "torch_dtype": "float32", "hidden_act": "silu",
		"hidden_size": c.hidden, "intermediate_size": c.intermediate, "num_hidden_layers": c.layers,
		"num_attention_heads": c.heads, "num_key_value_heads": c.kvHeads, "head_dim": c.headDim,
		"max_position_embeddings": c.context, "vocab_size": c.vocab, "rms_norm_eps": c.epsilon,
		"rope_theta": c.theta, "tie_word_embeddings": c.tied, "attention_bias": false, "mlp_bias": false,
	}
	if c.bos != nil {
		out["bos_token_id"] = *c.bos
	}
	if len(c.stop) == 1 {
		out["eos_token_id"] = c.stop[0]
	} else if len(c.stop) > 1 {
		out["eos_token_id"] = c.stop
	}
	return out
}

// hfNames are Hugging Face's names of a layer's tensors.
var hfNames = map[string]string{
	"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
	"attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
	"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}

// hfName is Hugging Face's name of a tensor, and the heads whose rows
// llama.cpp's converter reordered (0: none).
func (c *config) hfName(name string) (string, int, error) {
	switch name {
	case "token_embd.weight":
		return "model.embed_tokens.weight", 0, nil
	case "output_norm.weight":
		return "model.norm.weight", 0, nil
	case "output.weight":
		return "lm_head.weight", 0, nil
	}
	var layer int
	rest, ok := strings.CutPrefix(name, "blk.")
	number, part, cut := strings.Cut(rest, ".")
	if _, err := fmt.Sscanf(number, "%d", &layer); ok && cut && err == nil && fmt.Sprint(layer) == number && layer >= 0 && layer < c.layers {
		if part, ok = strings.CutSuffix(part, ".weight"); ok && hfNames[part] != "" {
			heads := map[string]int{"attn_q": c.heads, "attn_k": c.kvHeads}[part]
			return fmt.Sprintf("model.layers.%d.%s.weight", layer, hfNames[part]), heads, nil
		}
	}
	return "", 0, fmt.Errorf("tensor %s is not one of a llama model of %d layers", name, c.layers)
}

// unpermute undoes the converter's order of the rows of q and k: within each
// head, it puts rows i and i + half side by side, as llama.cpp's rotation wants
// them.
func unpermute(values []float32, heads, rows, columns int) []float32 {
	out := make([]float32, len(values))
	head := rows / heads
	for r := range rows {
		h, within := r/head, r%head
		from := h*head + within%(head/2)*2 + within/(head/2)
		copy(out[r*columns:(r+1)*columns], values[from*columns:])
	}
	return out
}
