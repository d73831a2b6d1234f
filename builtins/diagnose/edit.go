package diagnose

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"adkernel/builtins/checkpoint"
)

// maxEdited is the size of the largest checkpoint that is copied to try a
// repair on its weights.
const maxEdited = 512 << 20

// errTooLarge is why no repair is tried on a large checkpoint.
var errTooLarge = fmt.Errorf("the checkpoint is larger than %d MiB, so its weights are not copied to try repairs on them", maxEdited>>20)

// errUntouched is why a repair is not one.
var errUntouched = errors.New("the checkpoint has no weights of that kind")

// An edit changes the values of one tensor in place, and reports whether it
// had anything to do with it.
type edit func(name string, shape []int, values []float32) bool

// writeEdited writes the checkpoint model with the floating-point tensors that
// change has touched, as the new directory dst. Other files are linked.
func writeEdited(model, dst string, change edit) error {
	c, err := checkpoint.Open(model)
	if err != nil {
		return err
	}
	tensors, err := editTensors(c, change)
	if err == nil {
		err = linkOthers(model, dst)
	}
	if err == nil {
		err = checkpoint.Write(filepath.Join(dst, "model.safetensors"), tensors)
	}
	return errors.Join(err, c.Close())
}

func editTensors(c *checkpoint.Checkpoint, change edit) ([]checkpoint.Tensor, error) {
	var tensors []checkpoint.Tensor
	size, touched := 0, 0
	for _, name := range c.Names() {
		t, _ := c.Tensor(name)
		if size += len(t.Data); size > maxEdited {
			return nil, errTooLarge
		}
		if encode := encoders[t.DType]; encode != nil {
			values, err := t.Float32()
			if err != nil {
				return nil, err
			}
			if change(name, t.Shape, values) {
				t.Data = encode(values)
				touched++
			}
		}
		tensors = append(tensors, t)
	}
	if touched == 0 {
		return nil, errUntouched
	}
	return tensors, nil
}

// encoders write values as the element types that a repair may change. Codes
// of quantized weights are none of them: their scales are changed instead.
var encoders = map[checkpoint.DType]func([]float32) []byte{
	checkpoint.DTypeBF16: func(v []float32) []byte { return encode16(v, checkpoint.Float32ToBF16) },
	checkpoint.DTypeF16:  func(v []float32) []byte { return encode16(v, checkpoint.Float32ToF16) },
	checkpoint.DTypeF32: func(v []float32) []byte {
		out := make([]byte, 0, 4*len(v))
		for _, x := range v {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
		}
		return out
	},
}

func encode16(values []float32, round func(float32) uint16) []byte {
	out := make([]byte, 0, 2*len(values))
	for _, x := range values {
		out = binary.LittleEndian.AppendUint16(out, round(x))
	}
	return out
}

// linkOthers links every file of the model but its weights.
func linkOthers(model, dst string) error {
	return linkFiles(model, dst, func(name string) bool { return !isWeights(name) })
}

// isWeights reports whether a file of a checkpoint is a shard, or their index.
func isWeights(name string) bool { return strings.Contains(name, ".safetensors") }

func linkFiles(model, dst string, which func(name string) bool) error {
	model, err := filepath.Abs(model)
	if err != nil {
		return err
	}
	files, err := os.ReadDir(model)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.IsDir() || !which(f.Name()) {
			continue
		}
		if err := os.Symlink(filepath.Join(model, f.Name()), filepath.Join(dst, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

// scaled multiplies the outputs of every linear layer whose module's name
// matches: its weight and bias, or the scales of a quantized weight, which
// carry the factor through to the output.
func scaled(factor float64, matches func(module string) bool) edit {
	return func(name string, _ []int, values []float32) bool {
		at := strings.LastIndexByte(name, '.')
		if at < 0 || !matches(name[:at]) {
			return false
		}
		switch name[at+1:] {
		case "weight", "bias", "weight_scale", "weight_scale_inv", "weight_scale_2":
			for i := range values {
				values[i] = float32(float64(values[i]) * factor)
			}
			return true
		}
		return false
	}
}

// interleaved permutes the rows of query and key projections, head by head,
// from halves (i, i + d/2: Hugging Face) to neighbours (2i, 2i + 1: GPT-J and
// the original Llama), or back.
func interleaved(headDim int, back bool) edit {
	return func(name string, shape []int, values []float32) bool {
		if !isQueryOrKey(name) || len(shape) == 0 || shape[0]%headDim != 0 || headDim%2 != 0 {
			return false
		}
		width := len(values) / shape[0]
		old := make([]float32, headDim*width)
		for head := 0; head < len(values); head += headDim * width {
			rows := values[head : head+headDim*width]
			copy(old, rows)
			for i := range headDim {
				half, neighbour := i, 2*(i%(headDim/2))+i/(headDim/2)
				if back {
					half, neighbour = neighbour, half
				}
				copy(rows[neighbour*width:(neighbour+1)*width], old[half*width:(half+1)*width])
			}
		}
		return true
	}
}

func isQueryOrKey(name string) bool {
	for _, suffix := range []string{".q_proj.weight", ".k_proj.weight", ".q_proj.bias", ".k_proj.bias"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}
