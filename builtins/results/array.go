package results

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/run"
)

// array is a numeric array in a file, read from front to back.
type array struct {
	name  string // for people: file, and array in it
	shape []int
	dtype string // "<f2", as NumPy names it; "bf16" for bfloat16, which it cannot
	open  func() (io.ReadCloser, error)
}

// elementBytes are the sizes of the element types that are read.
var elementBytes = map[string]int{"<f2": 2, "bf16": 2, "<f4": 4, "<f8": 8, "<i4": 4, "<i8": 8, "<u4": 4, "<u8": 8, "<i2": 2, "<u2": 2, "|u1": 1, "|i1": 1}

func (a array) isFloat() bool { return slices.Contains([]string{"<f2", "bf16", "<f4", "<f8"}, a.dtype) }

// arraysIn lists the arrays of a .npy, .npz or safetensors file by name; the
// one of a .npy file is "".
func arraysIn(path string) (map[string]array, error) {
	format, err := detect(path)
	if err != nil {
		return nil, err
	}
	switch format {
	case npyFormat:
		a, err := npyFile(path)
		return map[string]array{"": a}, err
	case npzFormat:
		return npzFile(path)
	case safetensorsFormat:
		return safetensorsFile(path)
	}
	return nil, fmt.Errorf("%s is %s: want arrays (.npy, .npz, safetensors)", path, format)
}

func npyFile(path string) (array, error) {
	open := func() (io.ReadCloser, error) { return os.Open(path) }
	info, err := os.Stat(path)
	if err != nil {
		return array{}, err
	}
	return npyArray(path, info.Size(), open)
}

// npyArray reads the header of a .npy stream of so many bytes.
func npyArray(name string, size int64, open func() (io.ReadCloser, error)) (array, error) {
	r, err := open()
	if err != nil {
		return array{}, err
	}
	defer r.Close()
	h, err := parseNPYHeader(bufio.NewReader(r))
	if err != nil {
		return array{}, fmt.Errorf("%s: %w", name, err)
	}
	if want := h.offset + h.bytes(); want != size {
		why := "it was cut"
		if size > want {
			why = "something else follows"
		}
		return array{}, fmt.Errorf("%s has %d bytes, and its header (%s %v) means %d: %s", name, size, h.dtype, h.shape, want, why)
	}
	return array{name, h.shape, h.dtype, func() (io.ReadCloser, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		if _, err := io.CopyN(io.Discard, r, h.offset); err != nil {
			r.Close()
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return r, nil
	}}, nil
}

func npzFile(path string) (map[string]array, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer z.Close()
	arrays := map[string]array{}
	for _, entry := range z.File {
		name, isArray := strings.CutSuffix(entry.Name, ".npy")
		if !isArray {
			continue
		}
		if entry.UncompressedSize64 > math.MaxInt64 {
			return nil, fmt.Errorf("%s: %s: %d bytes", path, entry.Name, entry.UncompressedSize64)
		}
		a, err := npyArray(path+": "+name, int64(entry.UncompressedSize64), func() (io.ReadCloser, error) { return openEntry(path, entry.Name) })
		if err != nil {
			return nil, err
		}
		arrays[name] = a
	}
	return arrays, nil
}

// openEntry opens a file of a zip archive; closing it closes the archive.
func openEntry(path, name string) (io.ReadCloser, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, entry := range z.File {
		if entry.Name == name {
			r, err := entry.Open()
			if err != nil {
				z.Close()
				return nil, fmt.Errorf("%s: %s: %w", path, name, err)
			}
			return both{r, z}, nil
		}
	}
	z.Close()
	return nil, fmt.Errorf("%s: no %s", path, name)
}

type both struct {
	io.ReadCloser
	outer io.Closer
}

func (b both) Close() error { return errors.Join(b.ReadCloser.Close(), b.outer.Close()) }

// safetensorsTypes are NumPy's names of safetensors' element types.
var safetensorsTypes = map[checkpoint.DType]string{"F16": "<f2", "BF16": "bf16", "F32": "<f4", "F64": "<f8", "I16": "<i2", "U16": "<u2", "I32": "<i4", "U32": "<u4", "I64": "<i8", "U64": "<u8", "U8": "|u1", "I8": "|i1"}

func safetensorsFile(path string) (map[string]array, error) {
	c, err := checkpoint.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	arrays := map[string]array{}
	for _, name := range c.Names() {
		t, _ := c.Tensor(name)
		dtype, ok := safetensorsTypes[t.DType]
		if !ok {
			dtype = string(t.DType) // refused by name when it is asked for
		}
		arrays[name] = array{path + ": " + name, t.Shape, dtype, func() (io.ReadCloser, error) {
			c, err := checkpoint.OpenFile(path)
			if err != nil {
				return nil, err
			}
			t, ok := c.Tensor(name)
			if !ok {
				return nil, errors.Join(fmt.Errorf("%s: tensor %s is gone", path, name), c.Close())
			}
			return both{io.NopCloser(bytes.NewReader(t.Data)), c}, nil
		}}
	}
	return arrays, nil
}

// integers reads a whole array of integers as int32.
func (a array) integers() ([]int32, error) {
	width, ok := elementBytes[a.dtype]
	if !ok || a.isFloat() {
		return nil, fmt.Errorf("%s: elements of type %s: want integers", a.name, a.dtype)
	}
	n := 1
	for _, d := range a.shape {
		n *= d
	}
	if n > 1<<28 {
		return nil, fmt.Errorf("%s: %d token ids: want at most %d", a.name, n, 1<<28)
	}
	r, err := a.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data := make([]byte, n*width)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("%s: %w", a.name, err)
	}
	out := make([]int32, n)
	for i := range out {
		v := integer(a.dtype, data[i*width:])
		if v < 0 || v > math.MaxInt32 {
			return nil, fmt.Errorf("%s: element %d is %d: not a token id", a.name, i, v)
		}
		out[i] = int32(v)
	}
	return out, nil
}

// integer reads one element; what does not fit is negative.
func integer(dtype string, b []byte) int64 {
	switch dtype {
	case "<i8":
		return int64(binary.LittleEndian.Uint64(b))
	case "<u8":
		return int64(min(binary.LittleEndian.Uint64(b), math.MaxInt64))
	case "<i4":
		return int64(int32(binary.LittleEndian.Uint32(b)))
	case "<u4":
		return int64(binary.LittleEndian.Uint32(b))
	case "<i2":
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case "<u2":
		return int64(binary.LittleEndian.Uint16(b))
	case "|i1":
		return int64(int8(b[0]))
	}
	return int64(b[0])
}

// rowType is how the array's rows are kept in a run; float64 is rounded.
func (a array) rowType() (run.RowType, error) {
	switch a.dtype {
	case "<f2":
		return run.Float16, nil
	case "bf16":
		return run.BFloat16, nil
	case "<f4", "<f8":
		return run.Float32, nil
	}
	return "", fmt.Errorf("%s: elements of type %s: want float16, bfloat16, float32 or float64", a.name, a.dtype)
}

// rounded makes float32 of a row of float64, in place.
func rounded(row []byte) []byte {
	for i := 0; i < len(row)/8; i++ {
		v := math.Float64frombits(binary.LittleEndian.Uint64(row[8*i:]))
		binary.LittleEndian.PutUint32(row[4*i:], math.Float32bits(float32(v)))
	}
	return row[:len(row)/2]
}

// pick finds an array by name, among those of a file and as a file's path.
func pick(arrays map[string]array, name string) (array, error) {
	if a, ok := arrays[name]; ok {
		return a, nil
	}
	if _, err := os.Stat(name); err == nil {
		others, err := arraysIn(name)
		if err != nil {
			return array{}, err
		}
		if len(others) != 1 {
			return array{}, fmt.Errorf("%s holds %d arrays (%s): want one", name, len(others), strings.Join(sortedKeys(others), ", "))
		}
		for _, a := range others {
			return a, nil
		}
	}
	return array{}, fmt.Errorf("no array and no file %q: the arrays are %s", name, strings.Join(sortedKeys(arrays), ", "))
}

// baseName is a file's name without its ending, for people.
func baseName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}
