// Package checkpoint reads, quantizes and audits the weights of a model in
// Hugging Face layout: safetensors files, mapped and not copied, and the FP8
// and NVFP4 formats that nvidia-modelopt and DeepSeek-style exporters write.
//
// It knows how numbers are stored: element types, scales and their
// granularity, and what a correct quantizer would have written. It does not
// know what the tensors are for: no architecture, no forward pass. An audit
// also compares the files that decide what a model is asked. An engine's loaded scales are compared here as plain arrays.
package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// A Checkpoint is an open model directory. Its tensors are views of mapped
// files: they are valid until Close, and as long as nobody truncates the
// files in place (replacing them is harmless). All methods but Close may be
// called from several goroutines.
type Checkpoint struct {
	dir          string
	tensors      map[string]Tensor
	quantization Quantization
	shards       []shard
	mappings     []mapping
}

// Open opens the checkpoint in directory dir: model.safetensors, or else the
// shards that model.safetensors.index.json lists. Every header is validated
// before Open returns, so that a truncated or inconsistent file is found here
// and not in the middle of a run. A quantization that this package cannot read
// is refused by name.
func Open(dir string) (*Checkpoint, error) {
	shards, err := findShards(dir)
	if err != nil {
		return nil, err
	}
	quantization, err := readQuantization(dir)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{dir: dir, tensors: map[string]Tensor{}, quantization: quantization}
	for _, shard := range shards {
		if err := c.addShard(shard); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

func (c *Checkpoint) addShard(s shard) error {
	m, err := mapFile(s.path)
	if errors.Is(err, fs.ErrNotExist) && len(s.expected) > 0 {
		return fmt.Errorf("%s names %s for %d tensors (first: %s), and it is not there; copy or download it: %w",
			filepath.Join(c.dir, indexFile), filepath.Base(s.path), len(s.expected), s.expected[0], err)
	}
	if err != nil {
		return err
	}
	c.mappings = append(c.mappings, m)
	tensors, err := parseSafetensors(m.data)
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	for name, t := range tensors {
		if _, dup := c.tensors[name]; dup {
			return fmt.Errorf("%s: tensor %s: already in another shard of %s", s.path, name, c.dir)
		}
		c.tensors[name] = t
	}
	s.names = slices.Sorted(maps.Keys(tensors))
	c.shards = append(c.shards, s)
	for _, name := range s.expected {
		if _, ok := tensors[name]; !ok {
			return fmt.Errorf("%s: tensor %s: not in this file, though %s says so; the shards and the index are of different exports",
				s.path, name, indexFile)
		}
	}
	return nil
}

// Close unmaps the files. Tensors must not be used afterwards. Closing twice
// is allowed.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, m := range c.mappings {
		errs = append(errs, m.unmap())
	}
	c.mappings, c.tensors = nil, nil
	return errors.Join(errs...)
}

// Dir is the directory that was opened.
func (c *Checkpoint) Dir() string { return c.dir }

// Names returns the names of all tensors, sorted.
func (c *Checkpoint) Names() []string {
	return slices.Sorted(maps.Keys(c.tensors))
}

// Tensor returns the tensor of that name, and whether there is one.
func (c *Checkpoint) Tensor(name string) (Tensor, bool) {
	t, ok := c.tensors[name]
	return t, ok
}

// Quantization says what the checkpoint's configuration files declare.
func (c *Checkpoint) Quantization() Quantization { return c.quantization }

// exists reports whether path is there; an error other than "not there"
// counts as there, so that the caller's next access reports it.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
