package gguf

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/tokenizer"
	"adkernel/builtins/tokenizer/chat"
)

// A writer makes GGUF files.
type writer struct {
	version  uint32
	metadata []entry
	tensors  []blob
}

type entry struct {
	key   string
	value any
}

type blob struct {
	name  string
	kind  Type
	shape []int // rows first
	data  []byte
}

func (w writer) bytes() []byte {
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, binary.LittleEndian, v) }
	text := func(s string) { put(uint64(len(s))); b.WriteString(s) }
	b.WriteString(magic)
	put(w.version)
	put(uint64(len(w.tensors)))
	put(uint64(len(w.metadata)))
	for _, e := range w.metadata {
		text(e.key)
		switch v := e.value.(type) {
		case string:
			put(uint32(8))
			text(v)
		case uint32:
			put(uint32(4))
			put(v)
		case float32:
			put(uint32(6))
			put(v)
		case bool:
			put(uint32(7))
			put(v)
		case []string:
			put(uint32(9))
			put(uint32(8))
			put(uint64(len(v)))
			for _, s := range v {
				text(s)
			}
		case []int32:
			put(uint32(9))
			put(uint32(5))
			put(uint64(len(v)))
			put(v)
		case []float32:
			put(uint32(9))
			put(uint32(6))
			put(uint64(len(v)))
			put(v)
		}
	}
	offset := 0
	for _, t := range w.tensors {
		text(t.name)
		put(uint32(len(t.shape)))
		for i := len(t.shape) - 1; i >= 0; i-- {
			put(uint64(t.shape[i]))
		}
		put(uint32(t.kind))
		put(uint64(offset))
		offset += (len(t.data) + 31) / 32 * 32
	}
	for _, t := range w.tensors {
		b.Write(make([]byte, (32-b.Len()%32)%32))
		b.Write(t.data)
	}
	return b.Bytes()
}

// tiny is a llama model of two layers with random weights, and the values that
// it must be read as, under Hugging Face's names.
func tiny() (w writer, want map[string][]float32) {
	random := rand.New(rand.NewPCG(1, 2))
	want = map[string][]float32{}
	w.version = 3
	tokens := []string{"<s>", "</s>", "a", "b", "Ġ", "ab", "1", "2"}
	w.metadata = []entry{
		{"general.architecture", "llama"}, {"llama.block_count", uint32(2)}, {"llama.embedding_length", uint32(64)},
		{"llama.feed_forward_length", uint32(96)}, {"llama.attention.head_count", uint32(4)}, {"llama.attention.head_count_kv", uint32(2)},
		{"llama.context_length", uint32(64)}, {"llama.attention.layer_norm_rms_epsilon", float32(1e-5)}, {"llama.rope.freq_base", float32(10000)},
		{"llama.rope.dimension_count", uint32(16)}, {"tokenizer.ggml.model", "gpt2"}, {"tokenizer.ggml.pre", "smollm"},
		{"tokenizer.ggml.tokens", tokens}, {"tokenizer.ggml.token_type", []int32{3, 3, 1, 1, 1, 1, 1, 1}}, {"tokenizer.ggml.merges", []string{"a b"}},
		{"tokenizer.ggml.bos_token_id", uint32(0)}, {"tokenizer.ggml.eos_token_id", uint32(1)}, {"tokenizer.ggml.add_bos_token", true},
		{"tokenizer.chat_template", "{{ bos_token }}{{ messages[0].content }}"},
	}
	add := func(name, hf string, kind Type, heads int, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		data := make([]byte, n/layouts[kind].values*layouts[kind].bytes)
		for i := 0; i < n; i += layouts[kind].values {
			block := data[i/layouts[kind].values*layouts[kind].bytes:]
			for j := range layouts[kind].bytes {
				block[j] = byte(random.Uint32())
			}
			switch kind {
			case F32:
				binary.LittleEndian.PutUint32(block, math.Float32bits(random.Float32()-0.5))
			case F16:
				binary.LittleEndian.PutUint16(block, checkpoint.Float32ToF16(random.Float32()-0.5))
			case BF16:
				binary.LittleEndian.PutUint16(block, checkpoint.Float32ToBF16(random.Float32()-0.5))
			default:
				binary.LittleEndian.PutUint16(block, checkpoint.Float32ToF16(random.Float32()/50))
				if kind == Q4_1 {
					binary.LittleEndian.PutUint16(block[2:], checkpoint.Float32ToF16(-random.Float32()/7))
				}
			}
		}
		w.tensors = append(w.tensors, blob{name, kind, shape, data})
		values := make([]float32, n)
		for i := range values {
			values[i] = oneValue(kind, data, i)
		}
		if heads > 0 { // the file's row 2i+j of a head is row i + j half of the model
			rows, columns := shape[0], shape[1]
			half := rows / heads / 2
			model := make([]float32, n)
			for h := range heads {
				for i := range half {
					for j := range 2 {
						copy(model[(h*2*half+j*half+i)*columns:][:columns], values[(h*2*half+2*i+j)*columns:][:columns])
					}
				}
			}
			values = model
		}
		want[hf] = values
	}
	add("token_embd.weight", "model.embed_tokens.weight", Q8_0, 0, 8, 64)
	add("output_norm.weight", "model.norm.weight", F32, 0, 64)
	for l := range 2 {
		blk, hf := fmt.Sprintf("blk.%d.", l), fmt.Sprintf("model.layers.%d.", l)
		add(blk+"attn_norm.weight", hf+"input_layernorm.weight", F32, 0, 64)
		add(blk+"attn_q.weight", hf+"self_attn.q_proj.weight", Q4_0, 4, 64, 64)
		add(blk+"attn_k.weight", hf+"self_attn.k_proj.weight", Q4_1, 2, 32, 64)
		add(blk+"attn_v.weight", hf+"self_attn.v_proj.weight", F16, 0, 32, 64)
		add(blk+"attn_output.weight", hf+"self_attn.o_proj.weight", Q4_1, 0, 64, 64)
		add(blk+"ffn_norm.weight", hf+"post_attention_layernorm.weight", F32, 0, 64)
		add(blk+"ffn_gate.weight", hf+"mlp.gate_proj.weight", BF16, 0, 96, 64)
		add(blk+"ffn_up.weight", hf+"mlp.up_proj.weight", Q4_0, 0, 96, 64)
		add(blk+"ffn_down.weight", hf+"mlp.down_proj.weight", Q8_0, 0, 64, 96)
	}
	return w, want
}

// oneValue decodes one element by the format's description.
func oneValue(kind Type, data []byte, i int) float32 {
	half := func(at int) float32 { return checkpoint.F16ToFloat32(binary.LittleEndian.Uint16(data[at:])) }
	block, j := i/32, i%32
	code := func(at int) float32 {
		c := data[at+j%16]
		if j >= 16 {
			c >>= 4
		}
		return float32(c & 15)
	}
	switch kind {
	case F32:
		return math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	case F16:
		return half(2 * i)
	case BF16:
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16)
	case Q4_0:
		return (code(block*18+2) - 8) * half(block*18)
	case Q4_1:
		return code(block*20+4)*half(block*20) + half(block*20+2)
	}
	return float32(int8(data[block*34+2+j])) * half(block*34)
}

func writeGGUF(t *testing.T, w writer) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.gguf")
	require.NoError(t, os.WriteFile(path, w.bytes(), 0o644))
	return path
}

func TestImportWritesTheValuesThatTheFileStandsFor(t *testing.T) {
	w, want := tiny()
	for _, version := range []uint32{2, 3} {
		w.version = version
		dir := filepath.Join(t.TempDir(), "out")
		require.NoError(t, Import(writeGGUF(t, w), dir))
		c, err := checkpoint.Open(dir)
		require.NoError(t, err)
		defer c.Close()
		require.Len(t, c.Names(), len(want))
		for name, values := range want {
			tensor, ok := c.Tensor(name)
			require.True(t, ok, name)
			for i, v := range values {
				got := math.Float32frombits(binary.LittleEndian.Uint32(tensor.Data[4*i:]))
				require.InDelta(t, v, got, 1e-6, "%s[%d]", name, i)
			}
		}
	}
}

func TestAnImportedModelIsServedWithItsTokenizerAndTemplate(t *testing.T) {
	w, _ := tiny()
	dir := filepath.Join(t.TempDir(), "out")
	require.NoError(t, Import(writeGGUF(t, w), dir))
	tok, err := tokenizer.Load(dir)
	require.NoError(t, err)
	require.Equal(t, []int32{0, 5, 6, 7, 4, 2}, tok.Encode("ab12 a", true))
	require.Equal(t, []int32{1}, tok.Encode("</s>", false))
	template, err := chat.Load(dir)
	require.NoError(t, err)
	text, err := template.Render([]chat.Message{{Role: "user", Content: "hi"}}, chat.Options{})
	require.NoError(t, err)
	require.Equal(t, "<s>hi", text)
	e, err := embedded.Open(t.Context(), engine.Deployment{Model: dir})
	require.NoError(t, err)
	defer e.Close()
	require.Equal(t, 8, e.Info().Vocab)
	var config map[string]any
	raw, err := os.ReadFile(filepath.Join(dir, "config.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &config))
	require.Equal(t, 1e-5, config["rms_norm_eps"])
	require.Equal(t, true, config["tie_word_embeddings"])
}

func TestWhatIsNotReadIsRefused(t *testing.T) {
	set := func(key string, value any) func(*writer) {
		return func(w *writer) {
			for i := range w.metadata {
				if w.metadata[i].key == key {
					w.metadata[i].value = value
					return
				}
			}
			w.metadata = append(w.metadata, entry{key, value})
		}
	}
	all := func(changes ...func(*writer)) func(*writer) {
		return func(w *writer) {
			for _, change := range changes {
				change(w)
			}
		}
	}
	without := func(key string) func(*writer) {
		return func(w *writer) {
			w.metadata = slices.DeleteFunc(w.metadata, func(e entry) bool { return e.key == key })
		}
	}
	for message, change := range map[string]func(*writer){
		"one of the 3 files of a split model":         set("split.count", uint32(3)),
		"llama.rope.scale_linear is 4: scaled":        set("llama.rope.scale_linear", float32(4)),
		"llama.rope.scaling.factor is 8: scaled":      set("llama.rope.scaling.factor", float32(8)),
		"llama.rope.scaling.factor is x: scaled":      set("llama.rope.scaling.factor", "x"),
		"llama.rope.scaling.attn_factor is 2: scaled": set("llama.rope.scaling.attn_factor", float32(2)),
		"llama.expert_count is x: want a whole":       set("llama.expert_count", "x"),
		"llama.rope.dimension_count is x: want a":     set("llama.rope.dimension_count", "x"),
		"is 64, no multiple of the 7 heads":           set("llama.attention.head_count", uint32(7)),
		"a head has 1 values: want an even number":    set("llama.attention.key_length", uint32(1)),
		"a head has 5 values: want an even number":    all(set("llama.embedding_length", uint32(20)), set("llama.rope.dimension_count", uint32(5))),
		"is 4, no multiple of llama.attention.head_c": set("llama.attention.head_count_kv", uint32(3)),
		"tokenizer.ggml.pre does not say how":         without("tokenizer.ggml.pre"),
		"as in files of before May 2024: convert the": set("tokenizer.ggml.pre", "default"),
		`architecture "qwen2" is not read`:            set("general.architecture", "qwen2"),
		`rope.scaling.type "yarn" is not read`:        set("llama.rope.scaling.type", "yarn"),
		"a mixture of 8 experts":                      set("llama.expert_count", uint32(8)),
		"want that of a head, 16":                     set("llama.rope.dimension_count", uint32(8)),
		"want 4096 at most":                           set("llama.block_count", uint32(1<<20)),
		"llama.block_count is a":                      set("llama.block_count", "a"),
		"llama.context_length is missing":             set("llama.context_length", uint32(0)),
		`tokenizer.ggml.model "t5" is not read`:       set("tokenizer.ggml.model", "t5"),
		"8 tokens and 0 scores":                       set("tokenizer.ggml.model", "llama"),
		"add_eos_token is true":                       set("tokenizer.ggml.add_eos_token", true),
		`tokenizer.ggml.pre "tekken" is not read`:     set("tokenizer.ggml.pre", "tekken"),
		"no merges":                             set("tokenizer.ggml.merges", []string{}),
		`tokens 2 and 3 are both "a"`:           set("tokenizer.ggml.tokens", []string{"<s>", "</s>", "a", "a", "Ġ", "ab", "1", "2"}),
		"the bos token is 9":                    set("tokenizer.ggml.bos_token_id", uint32(9)),
		"tensor blk.2.attn_q.weight is not one": func(w *writer) { w.tensors[3].name = "blk.2.attn_q.weight" },
		"tensor rope_freqs.weight is not one":   func(w *writer) { w.tensors[3].name = "rope_freqs.weight" },
		"tensor output_norm.weight is missing":  func(w *writer) { w.tensors = append(w.tensors[:1:1], w.tensors[2:]...) },
		"is there twice":                        func(w *writer) { w.tensors[3].name = "token_embd.weight" },
		"type 12 of ggml is not read":           func(w *writer) { w.tensors[3].kind = 12 },
		"want a multiple of 32":                 func(w *writer) { w.tensors[3].shape = []int{128, 31} },
		"has the shape [32 128]: want [64 64]":  func(w *writer) { w.tensors[3].shape = []int{32, 128} },
		"the file ends before its data do":      func(w *writer) { w.tensors[len(w.tensors)-1].data = nil },
		"version 9 of the format":               func(w *writer) { w.version = 9 },
	} {
		w, _ := tiny()
		change(&w)
		dir := filepath.Join(t.TempDir(), "out")
		path := writeGGUF(t, w)
		err := Import(path, dir)
		require.ErrorContains(t, err, message)
		require.ErrorContains(t, err, path)
		require.NoDirExists(t, dir)
		entries, err := os.ReadDir(filepath.Dir(dir))
		require.NoError(t, err)
		require.Empty(t, entries, "nothing is left behind")
	}
	for _, change := range []func(*writer){
		set("llama.rope.scale_linear", float32(1)), set("llama.rope.scaling.factor", float32(0)), set("split.count", uint32(1)),
		all(set("llama.rope.scaling.type", "none"), set("llama.rope.scaling.factor", float32(4))), // never scaled
	} {
		w, _ := tiny()
		change(&w)
		require.NoError(t, Import(writeGGUF(t, w), filepath.Join(t.TempDir(), "out")))
	}
	w, _ := tiny()
	require.ErrorContains(t, Import(writeGGUF(t, w), t.TempDir()), "exists already")
	_, err := Open(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("hello, world"), 0o644))
	require.ErrorContains(t, Import(text, filepath.Join(t.TempDir(), "x")), "not a GGUF file")
}

// No file makes the reader panic or take memory that the file does not have.
func FuzzOpen(f *testing.F) {
	w, _ := tiny()
	whole := w.bytes()
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("GGUF\x03\x00\x00\x00"))
	path := filepath.Join(f.TempDir(), "model.gguf")
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(path, data, 0o644))
		file, err := Open(path)
		if err != nil {
			return
		}
		defer file.Close()
		for _, tensor := range file.Tensors {
			values, err := file.Values(tensor)
			require.NoError(t, err)
			require.Len(t, values, tensor.Len())
		}
		if c, err := file.config(); err == nil {
			file.tokenizer(c)
			file.plan(c)
		}
	})
}
