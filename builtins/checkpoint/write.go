package checkpoint

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Write writes tensors as the safetensors file path. The file appears whole
// or not at all: it is written under another name, synced, and renamed.
func Write(path string, tensors []Tensor) error {
	pending := make([]pendingTensor, len(tensors))
	for i, t := range tensors {
		pending[i] = pendingTensor{t, func() ([]byte, error) { return t.Data, nil }}
	}
	return writeSafetensors(path, pending)
}

// A pendingTensor is a tensor whose data are made when they are written, so
// that a model need not fit into memory. Tensor.Data is not used.
type pendingTensor struct {
	Tensor
	produce func() ([]byte, error)
}

func (p pendingTensor) size() int { return p.Len() * elementSize[p.DType] }

func writeSafetensors(path string, tensors []pendingTensor) error {
	// Large elements first, as the reference implementation orders them: so
	// every tensor is aligned.
	tensors = slices.Clone(tensors)
	slices.SortFunc(tensors, func(a, b pendingTensor) int {
		return cmp.Or(cmp.Compare(elementSize[b.DType], elementSize[a.DType]), cmp.Compare(a.Name, b.Name))
	})
	header, err := formatHeader(tensors)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return writeAtomically(path, func(w io.Writer) error {
		if _, err := w.Write(header); err != nil {
			return err
		}
		for _, t := range tensors {
			data, err := t.produce()
			if err != nil {
				return err
			}
			if len(data) != t.size() {
				return fmt.Errorf("tensor %s: %s %v needs %d bytes, has %d", t.Name, t.DType, t.Shape, t.size(), len(data))
			}
			if _, err := w.Write(data); err != nil {
				return err
			}
		}
		return nil
	})
}

// formatHeader returns the length and the JSON of the header, padded so that
// the data begin at a multiple of 8.
func formatHeader(tensors []pendingTensor) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	b.WriteString(`{"__metadata__":{"format":"pt"}`)
	offset := 0
	seen := map[string]bool{}
	for _, t := range tensors {
		if _, ok := elementSize[t.DType]; !ok {
			return nil, fmt.Errorf("tensor %s: unknown dtype %q", t.Name, t.DType)
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("tensor %s appears twice", t.Name)
		}
		seen[t.Name] = true
		name, err := json.Marshal(t.Name)
		if err != nil {
			return nil, err
		}
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		entry, err := json.Marshal(struct {
			DType   DType  `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{t.DType, shape, [2]int{offset, offset + t.size()}})
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, ",%s:%s", name, entry)
		offset += t.size()
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	header := b.Bytes()
	binary.LittleEndian.PutUint64(header, uint64(len(header)-8))
	return header, nil
}

// writeAtomically makes path hold what write writes, or leaves it untouched.
func writeAtomically(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	err = fillAndSync(f, write)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

func fillAndSync(f *os.File, write func(io.Writer) error) error {
	buffered := bufio.NewWriterSize(f, 1<<20)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	return f.Sync()
}
