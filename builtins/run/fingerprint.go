package run

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What a fingerprint is of. Runs have recorded it: were it of anything else,
// every checkpoint would seem changed.
const (
	wholeBelow   = 16 << 20 // bytes of a file that is read to its end
	sampleBlock  = 4 << 10  // bytes of a sample: a page
	tensorBlocks = 4        // samples of a tensor
	fileBlocks   = 1024     // samples of a file whose tensors are not known
	maxHeader    = 100 << 20
)

// fingerprint identifies the contents of a model's file without reading the
// many gigabytes of its weights. The hash is of
//
//	a file of up to 16 MiB, or one of configuration:  all bytes
//	a safetensors file:  the header, and of each tensor all bytes up to 16 KiB,
//	                     else 4 blocks of 4 KiB, evenly spaced
//	any other file:      1024 blocks of 4 KiB, evenly spaced
//
// So an export that differs in nothing but the scales of activations, four
// bytes a layer, is seen. What is not seen is a change in place of a few
// values in the middle of a large matrix, which no exporter makes.
func fingerprint(ctx context.Context, path string) (modelFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return modelFile{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return modelFile{}, err
	}
	size := info.Size()
	spans := []span{{0, size, fileBlocks}}
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case size <= wholeBelow || !isWeights(ext):
		spans[0].blocks = whole
	case ext == ".safetensors":
		if tensors, ok := tensorSpans(f, size); ok {
			spans = tensors
		}
	}
	hash := sha256.New()
	for _, s := range spans {
		if err := ctx.Err(); err != nil {
			return modelFile{}, err
		}
		if err := s.read(hash, f); err != nil {
			return modelFile{}, fmt.Errorf("%s: %w", path, err)
		}
	}
	return modelFile{Name: filepath.Base(path), Size: size, SHA256: hex.EncodeToString(hash.Sum(nil))}, nil
}

// A span is a part of a file, in bytes, and how many blocks of it are read.
type span struct{ from, to, blocks int64 }

const whole = 0 // blocks: all of the span

// read hashes the span's blocks, which are evenly spaced from its first byte
// to its last, or all of the span when it is not longer than they are.
func (s span) read(hash io.Writer, f io.ReaderAt) error {
	length := s.to - s.from
	if s.blocks == whole || length <= s.blocks*sampleBlock {
		_, err := io.Copy(hash, io.NewSectionReader(f, s.from, length))
		return err
	}
	var block [sampleBlock]byte
	for i := range s.blocks {
		if _, err := f.ReadAt(block[:], s.from+(length-sampleBlock)*i/(s.blocks-1)); err != nil {
			return err
		}
		hash.Write(block[:])
	}
	return nil
}

// tensorSpans returns the header and the tensors of a safetensors file. A
// header that cannot be read is the engine's to refuse.
//
// The format (github.com/huggingface/safetensors): 8 bytes length n of the
// header, little endian; n bytes of JSON, {name: {..., data_offsets}}; data.
func tensorSpans(f io.ReaderAt, size int64) (spans []span, ok bool) {
	var prefix [8]byte
	if _, err := f.ReadAt(prefix[:], 0); err != nil {
		return nil, false
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, false
	}
	header := make([]byte, n)
	if _, err := f.ReadAt(header, 8); err != nil {
		return nil, false
	}
	var tensors map[string]struct {
		Offsets []int64 `json:"data_offsets"` // from the end of the header
	}
	if json.Unmarshal(header, &tensors) != nil {
		return nil, false
	}
	data := 8 + int64(n)
	spans = []span{{0, data, whole}}
	for _, t := range tensors {
		if len(t.Offsets) != 2 {
			continue // the metadata, which is in the header
		}
		from, to := t.Offsets[0], t.Offsets[1]
		if from < 0 || to < from || to > size-data {
			return nil, false
		}
		spans = append(spans, span{data + from, data + to, tensorBlocks})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	return spans, true
}
