package diagnose

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/checkpoint"
)

// weightsAlone serves the weights that the tested checkpoint stores, as the base
// is served and without any scale of activations or of the KV cache: no audit
// can tell these, which a quantizer measures on data of its own.
func (p *prober) weightsAlone(ctx context.Context) error {
	if !p.quantized() {
		return nil
	}
	return p.rewritten(ctx, "the weights alone", "logits of the tested checkpoint's weights without quantized activations or KV cache, served as the base is",
		"weights", func(dir string) error { return writeDequantized(p.test.Model, dir) })
}

// rewritten serves what write makes of the audited checkpoint in a new directory,
// as the base is served, and sets how far it is from the base over the whole
// prompts (subject.error), and how far beside the checkpoint itself (subject.share).
func (p *prober) rewritten(ctx context.Context, name, about, subject string, write func(dir string) error) error {
	before, known := p.facts.number("checkpoint.error")
	if p.report == nil || !known || before == 0 {
		return nil
	}
	return p.probe(ctx, name, about, func() error {
		dir, err := os.MkdirTemp("", "adkernel-"+subject+"-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := write(dir); err != nil {
			return err
		}
		r, err := p.fromBase(ctx, dir)
		if err != nil {
			return err
		}
		source := fmt.Sprintf("probe %q", name)
		p.facts.set(subject+".error", r.median(), r.n(), source)
		p.facts.set(subject+".share", r.median()/before, r.n(), source)
		return nil
	})
}

// fromBase reads how far the checkpoint in dir, served as the base is, is from
// the base over the whole prompts.
func (p *prober) fromBase(ctx context.Context, dir string) (reading, error) {
	d := p.base
	d.Model = dir
	got, err := p.answer(ctx, d, p.asked.whole.of(p.asked.prompts))
	if err != nil {
		return reading{}, err
	}
	want, _, err := p.ofBase(ctx)
	if err != nil {
		return reading{}, err
	}
	if err := comparable(got, want); err != nil {
		return reading{}, err
	}
	return read(got, want), nil
}

// scaleSuffixes end the names of what belongs to quantized weights, activations
// and KV caches.
var scaleSuffixes = []string{".weight_scale", ".weight_scale_2", ".weight_scale_inv", ".input_scale", ".k_scale", ".v_scale"}

// writeDequantized writes the quantized checkpoint model into the new directory
// dst as an unquantized one, in bfloat16, which rounds far less than FP8.
func writeDequantized(model, dst string) error {
	if err := linkOthers(model, dst); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dst, "hf_quant_config.json")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := rewriteConfig(model, dst, func(config map[string]json.RawMessage) { delete(config, "quantization_config") }); err != nil {
		return err
	}
	c, err := checkpoint.Open(model)
	if err != nil {
		return err
	}
	tensors, err := dequantized(c)
	if err == nil {
		err = checkpoint.Write(filepath.Join(dst, "model.safetensors"), tensors)
	}
	return errors.Join(err, c.Close())
}

func dequantized(c *checkpoint.Checkpoint) ([]checkpoint.Tensor, error) {
	var tensors []checkpoint.Tensor
	size := 0
	for _, name := range c.Names() {
		if slices.ContainsFunc(scaleSuffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) }) {
			continue
		}
		t, _ := c.Tensor(name)
		if module, ok := strings.CutSuffix(name, ".weight"); ok && len(t.Shape) == 2 && encoders[t.DType] == nil {
			linear, err := c.Linear(module)
			if err != nil {
				return nil, err
			}
			if 2*linear.N*linear.K > maxEdited {
				return nil, errTooLarge
			}
			t = checkpoint.Tensor{Name: name, DType: checkpoint.DTypeBF16, Shape: []int{linear.N, linear.K}, Data: encoders[checkpoint.DTypeBF16](linear.Dequantize())}
		}
		if size += len(t.Data); size > maxEdited {
			return nil, errTooLarge
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}

// rewriteConfig writes the model's config.json, changed, in the place of the
// link to it in dst.
func rewriteConfig(model, dst string, change func(config map[string]json.RawMessage)) error {
	config, err := readConfig(model)
	if err != nil {
		return err
	}
	change(config)
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	path := filepath.Join(dst, "config.json")
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

func readConfig(model string) (map[string]json.RawMessage, error) {
	path := filepath.Join(model, "config.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	config := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return config, nil
}
