// Package gguf reads llama.cpp's model files and writes them as Hugging Face
// checkpoints: versions 2 and 3 of the format, the llama architecture, weights
// in F32, F16, BF16, Q4_0, Q4_1 and Q8_0, tokenizers of byte-level BPE and of
// SentencePiece's BPE. Quantized weights are written as the float32 values that
// they stand for.
//
// The format is described in ggml's docs/gguf.md. What a file holds beyond that
// is refused: a model that lacks a part answers, but not as the model.
package gguf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// A File is an open GGUF file. Close it.
type File struct {
	Metadata map[string]any // values: bool, string, uint64, int64, float64, []string, []any of numbers
	Tensors  []Tensor       // in the file's order

	f    *os.File
	data int64 // where tensor data begin
	size int64
}

// A Tensor describes one tensor of a file.
type Tensor struct {
	Name   string
	Type   Type
	Shape  []int // rows first, as in Hugging Face's files
	offset int64 // from the beginning of the data
}

// Len is the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

const (
	magic            = "GGUF"
	defaultAlignment = 32

	// Bounds of what a damaged file can make a reader allocate.
	maxEntries    = 1 << 20
	maxDimensions = 4
	maxElements   = 1 << 40
)

// Open reads the header of a file: metadata and tensor descriptions.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	file, err := readHeader(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return file, nil
}

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

func readHeader(f *os.File) (*File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r := &reader{r: bufio.NewReaderSize(f, 1<<20), left: info.Size()}
	if string(r.bytes(4)) != magic {
		return nil, errors.New("not a GGUF file")
	}
	version := r.uint32()
	if r.err == nil && version != 2 && version != 3 {
		return nil, fmt.Errorf("version %d of the format: versions 2 and 3 are read (big-endian files are not)", version)
	}
	tensors, entries := r.count(), r.count()
	file := &File{Metadata: map[string]any{}, f: f, size: info.Size()}
	for range entries {
		key := r.string()
		value := r.value(r.uint32())
		if r.err != nil {
			return nil, fmt.Errorf("metadata %q: %w", key, r.err)
		}
		if _, twice := file.Metadata[key]; twice {
			return nil, fmt.Errorf("metadata %q is there twice", key)
		}
		file.Metadata[key] = value
	}
	for range tensors {
		t, err := r.tensor()
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		file.Tensors = append(file.Tensors, t)
	}
	if r.err != nil {
		return nil, r.err
	}
	alignment := int64(defaultAlignment)
	if v, ok := file.Metadata["general.alignment"].(uint64); ok {
		if v == 0 || v > 1<<16 {
			return nil, fmt.Errorf("general.alignment is %d", v)
		}
		alignment = int64(v)
	}
	read := info.Size() - r.left
	file.data = (read + alignment - 1) / alignment * alignment
	return file, file.checkTensors()
}

// checkTensors makes sure that every tensor's data are in the file.
func (f *File) checkTensors() error {
	seen := map[string]bool{}
	for _, t := range f.Tensors {
		if seen[t.Name] {
			return fmt.Errorf("tensor %s is there twice", t.Name)
		}
		seen[t.Name] = true
		size, err := t.Type.bytes(t)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", t.Name, err)
		}
		if t.offset < 0 || t.offset > f.size || f.data+t.offset+size > f.size {
			return fmt.Errorf("tensor %s: the file ends before its data do: it was cut off", t.Name)
		}
	}
	return nil
}

// Values returns a tensor's values as float32, row-major.
func (f *File) Values(t Tensor) ([]float32, error) {
	size, err := t.Type.bytes(t)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", t.Name, err)
	}
	data := make([]byte, size)
	if _, err := f.f.ReadAt(data, f.data+t.offset); err != nil {
		return nil, fmt.Errorf("tensor %s: %w", t.Name, err)
	}
	return t.Type.decode(data, t.Len()), nil
}

// A reader reads little-endian values until the first error.
type reader struct {
	r    io.Reader
	left int64
	err  error
}

func (r *reader) bytes(n int64) []byte {
	if r.err == nil && (n < 0 || n > r.left) {
		r.err = errors.New("the file ends amid the header: it was cut off, or is damaged")
	}
	if r.err != nil {
		return make([]byte, min(max(n, 0), 8))
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r.r, b); err != nil {
		r.err = err
	}
	r.left -= n
	return b
}

func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.bytes(4)) }
func (r *reader) uint64() uint64 { return binary.LittleEndian.Uint64(r.bytes(8)) }

// count is a number of entries.
func (r *reader) count() int {
	n := r.uint64()
	if r.err == nil && n > maxEntries {
		r.err = fmt.Errorf("%d entries: want %d at most", n, maxEntries)
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

func (r *reader) string() string {
	n := r.uint64()
	return string(r.bytes(int64(min(n, math.MaxInt64))))
}

// Types of metadata.
const (
	typeString = 8
	typeArray  = 9
)

// value reads a metadata value. Integers become uint64 or int64, floats
// float64, an array of texts []string, another one []any.
func (r *reader) value(kind uint32) any {
	switch kind {
	case 0:
		return uint64(r.bytes(1)[0])
	case 1:
		return int64(int8(r.bytes(1)[0]))
	case 2:
		return uint64(binary.LittleEndian.Uint16(r.bytes(2)))
	case 3:
		return int64(int16(binary.LittleEndian.Uint16(r.bytes(2))))
	case 4:
		return uint64(r.uint32())
	case 5:
		return int64(int32(r.uint32()))
	case 6:
		return float64(math.Float32frombits(r.uint32()))
	case 7:
		return r.bytes(1)[0] != 0
	case typeString:
		return r.string()
	case typeArray:
		return r.array()
	case 10:
		return r.uint64()
	case 11:
		return int64(r.uint64())
	case 12:
		return math.Float64frombits(r.uint64())
	}
	if r.err == nil {
		r.err = fmt.Errorf("type %d of metadata is not known", kind)
	}
	return nil
}

func (r *reader) array() any {
	kind := r.uint32()
	n := r.uint64()
	if r.err == nil && (kind == typeArray || n > uint64(r.left)) {
		r.err = errors.New("an array of arrays, or one longer than the file")
	}
	if r.err != nil {
		return nil
	}
	if kind == typeString {
		var out []string
		for i := uint64(0); i < n && r.err == nil; i++ {
			out = append(out, r.string())
		}
		return out
	}
	var out []any
	for i := uint64(0); i < n && r.err == nil; i++ {
		out = append(out, r.value(kind))
	}
	return out
}

func (r *reader) tensor() (Tensor, error) {
	t := Tensor{Name: r.string()}
	dimensions := r.uint32()
	if r.err == nil && (dimensions < 1 || dimensions > maxDimensions) {
		return t, fmt.Errorf("%d dimensions: want 1 to %d", dimensions, maxDimensions)
	}
	elements := uint64(1)
	for range dimensions {
		d := r.uint64()
		if r.err != nil {
			return t, r.err
		}
		if d < 1 || d > maxElements || elements > maxElements/d {
			return t, fmt.Errorf("a dimension is %d", d)
		}
		elements *= d
		t.Shape = append(t.Shape, int(d))
	}
	slices.Reverse(t.Shape) // the file names the fastest one first
	t.Type = Type(r.uint32())
	offset := r.uint64()
	if offset > math.MaxInt64/2 {
		return t, fmt.Errorf("data at %d", offset)
	}
	t.offset = int64(offset)
	return t, r.err
}
