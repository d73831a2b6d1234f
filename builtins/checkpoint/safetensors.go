package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// maxHeader is the longest header that the reference implementation of
// safetensors accepts, in bytes.
const maxHeader = 100_000_000

// headerEntry is one tensor of a safetensors header. Offsets count from the
// end of the header.
type headerEntry struct {
	DType   DType     `json:"dtype"`
	Shape   *[]uint64 `json:"shape"`
	Offsets *[]uint64 `json:"data_offsets"`
}

// parseSafetensors returns the tensors of a safetensors file as views of it.
//
// The format (github.com/huggingface/safetensors): 8 bytes length n of the
// header, little endian; n bytes of JSON, {name: {dtype, shape,
// data_offsets}, "__metadata__": {...}}; then the data, which the tensors
// cover without holes or overlaps.
func parseSafetensors(file []byte) (map[string]Tensor, error) {
	if len(file) < 8 {
		return nil, fmt.Errorf("truncated: %d bytes, shorter than the 8 bytes of a safetensors header's length", len(file))
	}
	if bytes.HasPrefix(file, []byte("version https://git-lfs")) {
		return nil, errors.New("a pointer of Git LFS and not the file itself: fetch it with `git lfs pull`, or download it")
	}
	length := binary.LittleEndian.Uint64(file)
	if length > maxHeader {
		return nil, fmt.Errorf("header length %d is over the limit of %d bytes: not a safetensors file", length, maxHeader)
	}
	if have := uint64(len(file) - 8); length > have {
		return nil, fmt.Errorf("truncated: the header is %d bytes long, %d of them are missing", length, length-have)
	}
	header, data := file[8:8+length], file[8+length:]
	entries, err := parseHeader(header)
	if err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	tensors := make(map[string]Tensor, len(entries))
	spans := make([]span, 0, len(entries))
	for name, e := range entries {
		s, err := e.span(name)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		spans = append(spans, s)
	}
	if err := checkCoverage(spans, uint64(len(data))); err != nil {
		return nil, err
	}
	for _, s := range spans {
		tensors[s.tensor.Name] = s.view(data)
	}
	return tensors, nil
}

// parseHeader decodes the JSON by token, because encoding/json lets the last
// of two equal keys win silently.
func parseHeader(header []byte) (map[string]headerEntry, error) {
	dec := json.NewDecoder(bytes.NewReader(header))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	entries := map[string]headerEntry{}
	metadata := false
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name := key.(string) // keys of an object are strings
		if name == "__metadata__" {
			var ignored map[string]string
			if err := dec.Decode(&ignored); err != nil {
				return nil, fmt.Errorf("__metadata__: %w", err)
			}
			if metadata {
				return nil, errors.New("__metadata__ appears twice")
			}
			metadata = true
			continue
		}
		var e headerEntry
		if err := dec.Decode(&e); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		if _, dup := entries[name]; dup {
			return nil, fmt.Errorf("tensor %s appears twice", name)
		}
		entries[name] = e
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if rest := bytes.Trim(header[dec.InputOffset():], " "); len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes after the JSON object", len(rest))
	}
	return entries, nil
}

// A span is a tensor whose shape and size agree, not yet checked against the
// file's length.
type span struct {
	tensor     Tensor
	begin, end uint64
}

func (e headerEntry) span(name string) (span, error) {
	size, ok := elementSize[e.DType]
	if !ok {
		return span{}, fmt.Errorf("unknown dtype %q", e.DType)
	}
	if e.Shape == nil || e.Offsets == nil || len(*e.Offsets) != 2 {
		return span{}, errors.New("shape or data_offsets is missing")
	}
	need := uint64(size)
	shape := make([]int, len(*e.Shape))
	for i, d := range *e.Shape {
		high, low := bits.Mul64(need, d)
		if high != 0 || low > math.MaxInt64 || d > math.MaxInt {
			return span{}, fmt.Errorf("shape %v is larger than any memory", *e.Shape)
		}
		need, shape[i] = low, int(d)
	}
	begin, end := (*e.Offsets)[0], (*e.Offsets)[1]
	if end < begin || end-begin != need {
		return span{}, fmt.Errorf("%s %v needs %d bytes, data_offsets are [%d, %d]", e.DType, *e.Shape, need, begin, end)
	}
	return span{Tensor{Name: name, DType: e.DType, Shape: shape}, begin, end}, nil
}

func (s span) view(data []byte) Tensor {
	t := s.tensor
	t.Data = data[s.begin:s.end:s.end]
	return t
}

// checkCoverage demands that the spans tile the data: no hole, no overlap,
// nothing after the end.
func checkCoverage(spans []span, length uint64) error {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.tensor.Name, b.tensor.Name))
	})
	var at uint64
	for i, s := range spans {
		switch {
		case s.begin > at:
			return fmt.Errorf("tensor %s: %d bytes before it belong to no tensor", s.tensor.Name, s.begin-at)
		case s.begin < at:
			return fmt.Errorf("tensor %s: overlaps tensor %s", s.tensor.Name, spans[i-1].tensor.Name)
		}
		at = s.end
	}
	if at > length {
		first := slices.IndexFunc(spans, func(s span) bool { return s.end > length })
		return fmt.Errorf("truncated: %d bytes are missing, first from tensor %s; copy or download the file again", at-length, spans[first].tensor.Name)
	}
	if at < length {
		return fmt.Errorf("%d bytes after the last tensor belong to no tensor", length-at)
	}
	return nil
}
