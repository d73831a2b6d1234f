package gguf

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"adkernel/builtins/checkpoint"
)

// shardBytes is how much of the weights is in memory, and in one file.
const shardBytes = 1 << 30

// ImporterVersion changes when Import writes something else for the same file,
// so that what is kept of an older one is not taken for it.
const ImporterVersion = "1"

// Import writes the model of a GGUF file as a Hugging Face checkpoint, weights
// in float32. dir must not exist; it appears whole or not at all.
func Import(path, dir string) error {
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s exists already", dir)
	}
	f, err := Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.writeModel(dir); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (f *File) writeModel(dir string) error {
	if parts, _, err := f.number("split.count"); err != nil {
		return err
	} else if parts > 1 {
		return fmt.Errorf("one of the %d files of a split model: merge them (llama-gguf-split --merge FIRST-FILE OUT)", parts)
	}
	c, err := f.config()
	if err != nil {
		return err
	}
	tokenizer, settings, err := f.tokenizer(c)
	if err != nil {
		return err
	}
	plan, err := f.plan(c)
	if err != nil {
		return err
	}
	parent := filepath.Dir(filepath.Clean(dir))
	temporary, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) // fails, as it should, after the rename
	if err := os.Chmod(temporary, 0o755); err != nil {
		return err
	}
	if err := f.writeWeights(temporary, plan); err != nil {
		return err
	}
	for name, content := range map[string]any{"config.json": c.json(), "tokenizer.json": tokenizer, "tokenizer_config.json": settings} {
		text, err := json.MarshalIndent(content, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(temporary, name), append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	return os.Rename(temporary, dir)
}

// A move is a tensor with its new name.
type move struct {
	from  Tensor
	name  string
	heads int
}

// plan names every tensor and makes sure that none is missing.
func (f *File) plan(c *config) ([]move, error) {
	var out []move
	have := map[string]Tensor{}
	for _, t := range f.Tensors {
		name, heads, err := c.hfName(t.Name)
		if err != nil {
			return nil, err
		}
		have[t.Name] = t
		out = append(out, move{t, name, heads})
	}
	_, head := have["output.weight"]
	c.tied = !head
	want := map[string][]int{"token_embd.weight": {c.vocab, c.hidden}, "output_norm.weight": {c.hidden}}
	if head {
		want["output.weight"] = []int{c.vocab, c.hidden}
	}
	q, kv := c.heads*c.headDim, c.kvHeads*c.headDim
	for layer := range c.layers {
		for part, shape := range map[string][]int{
			"attn_norm": {c.hidden}, "attn_q": {q, c.hidden}, "attn_k": {kv, c.hidden}, "attn_v": {kv, c.hidden}, "attn_output": {c.hidden, q},
			"ffn_norm": {c.hidden}, "ffn_gate": {c.intermediate, c.hidden}, "ffn_up": {c.intermediate, c.hidden}, "ffn_down": {c.hidden, c.intermediate},
		} {
			want[fmt.Sprintf("blk.%d.%s.weight", layer, part)] = shape
		}
	}
	var wrong []error
	for name, shape := range want {
		t, ok := have[name]
		if !ok {
			wrong = append(wrong, fmt.Errorf("tensor %s is missing", name))
		} else if fmt.Sprint(t.Shape) != fmt.Sprint(shape) {
			wrong = append(wrong, fmt.Errorf("tensor %s has the shape %v: want %v", name, t.Shape, shape))
		}
		if len(wrong) == 3 {
			break
		}
	}
	return out, errors.Join(wrong...)
}

// writeWeights writes one file, or several with an index.
func (f *File) writeWeights(dir string, plan []move) error {
	var shards [][]move
	size := int64(shardBytes)
	for _, m := range plan {
		bytes := 4 * int64(m.from.Len())
		if size+bytes > shardBytes {
			shards, size = append(shards, nil), 0
		}
		size += bytes
		shards[len(shards)-1] = append(shards[len(shards)-1], m)
	}
	index, total := map[string]string{}, int64(0)
	for i, shard := range shards {
		name := "model.safetensors"
		if len(shards) > 1 {
			name = fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(shards))
		}
		var tensors []checkpoint.Tensor
		for _, m := range shard {
			values, err := f.Values(m.from)
			if err != nil {
				return err
			}
			if m.heads > 0 {
				values = unpermute(values, m.heads, m.from.Shape[0], m.from.Shape[1])
			}
			tensors = append(tensors, checkpoint.Tensor{Name: m.name, DType: checkpoint.DTypeF32, Shape: m.from.Shape, Data: float32Bytes(values)})
			index[m.name] = name
			total += 4 * int64(len(values))
		}
		if err := checkpoint.Write(filepath.Join(dir, name), tensors); err != nil {
			return err
		}
	}
	if len(shards) == 1 {
		return nil
	}
	text, err := json.MarshalIndent(map[string]any{"metadata": map[string]any{"total_size": total}, "weight_map": index}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), append(text, '\n'), 0o644)
}

func float32Bytes(values []float32) []byte {
	out := make([]byte, 0, 4*len(values))
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

// shortest is a float32 as the float64 with its shortest digits: 1e-05.
func shortest(v float64) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	if err != nil {
		return v
	}
	return out
}
