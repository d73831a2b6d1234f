package results

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"adkernel/internal/pattern"
)

const (
	npyFormat         = "NumPy array"
	npzFormat         = "NumPy archive"
	safetensorsFormat = "safetensors"
	npyMagic          = "\x93NUMPY"
)

// npyHeader is what the header of a .npy file says (numpy.lib.format).
type npyHeader struct {
	dtype  string
	shape  []int
	offset int64 // of the data
}

// bytes is the size of the data.
func (h npyHeader) bytes() int64 {
	n := int64(elementBytes[h.dtype])
	for _, d := range h.shape {
		n *= int64(d)
	}
	return n
}

var (
	npyDescr   = pattern.New(`'descr'\s*:\s*'([^']*)'`)
	npyFortran = pattern.New(`'fortran_order'\s*:\s*(True|False)`)
	npyShape   = pattern.New(`'shape'\s*:\s*\(([^)]*)\)`)
)

// parseNPYHeader reads a .npy header: the magic, two bytes of version, the
// length of the text (two bytes little endian in version 1, four later), and
// the text, which is a Python dictionary of descr, fortran_order and shape.
func parseNPYHeader(r io.Reader) (npyHeader, error) {
	start := make([]byte, 8)
	if _, err := io.ReadFull(r, start); err != nil || string(start[:6]) != npyMagic {
		return npyHeader{}, errors.New("not a NumPy array: it does not begin with \\x93NUMPY")
	}
	width := 2
	if start[6] > 1 {
		width = 4
	}
	if start[6] < 1 || start[6] > 3 {
		return npyHeader{}, fmt.Errorf("NumPy array of format %d.%d: 1 to 3 are known", start[6], start[7])
	}
	size := make([]byte, 4)
	if _, err := io.ReadFull(r, size[:width]); err != nil {
		return npyHeader{}, errors.New("the header is cut")
	}
	length := binary.LittleEndian.Uint32(size)
	if length > 1<<20 {
		return npyHeader{}, fmt.Errorf("a header of %d bytes: not a NumPy array", length)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return npyHeader{}, errors.New("the header is cut")
	}
	h := npyHeader{offset: int64(8 + width + len(text))}
	return h, h.read(string(text))
}

func (h *npyHeader) read(text string) error {
	descr, fortran, shape := npyDescr().FindStringSubmatch(text), npyFortran().FindStringSubmatch(text), npyShape().FindStringSubmatch(text)
	if descr == nil || fortran == nil || shape == nil {
		return fmt.Errorf("the header %.80q does not say descr, fortran_order and shape of a plain array", text)
	}
	if fortran[1] == "True" {
		return errors.New("the array is in Fortran order: save it with numpy.ascontiguousarray")
	}
	h.dtype = descr[1]
	if _, ok := elementBytes[h.dtype]; !ok {
		return fmt.Errorf("elements of type %q: want little-endian floats or integers; NumPy has no bfloat16, so save such logits as float32 or as safetensors", h.dtype)
	}
	total := int64(elementBytes[h.dtype])
	for _, part := range strings.Split(shape[1], ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		d, err := strconv.ParseInt(strings.TrimSuffix(part, "L"), 10, 64)
		if err != nil || d < 0 || d > math.MaxInt32 {
			return fmt.Errorf("shape (%s): %q is not a length", shape[1], part)
		}
		if d > 0 && total > math.MaxInt64/2/d {
			return fmt.Errorf("shape (%s): more elements than any file holds", shape[1])
		}
		total *= d
		h.shape = append(h.shape, int(d))
	}
	return nil
}
