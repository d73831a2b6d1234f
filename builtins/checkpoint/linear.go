package checkpoint

import (
	"fmt"
	"math"
	"strings"
)

const (
	blockSize   = 128 // rows and columns that share a scale in FP8Block
	groupSize   = 16  // values of a row that share a scale in NVFP4
	weightName  = ".weight"
	scaleName   = ".weight_scale"
	inverseName = ".weight_scale_inv" // in spite of its name it multiplies
	globalName  = ".weight_scale_2"
	inputName   = ".input_scale"
)

// A Linear is the weight of one linear layer, [N, K] (outputs, inputs), with
// the scales that turn its codes into numbers:
//
//	FP8        W[n,k] = e4m3(Codes[n,k]) · Scale
//	FP8Block   W[n,k] = e4m3(Codes[n,k]) · BlockScale[n/128, k/128]
//	NVFP4      W[n,k] = e2m1(nibble k of row n) · (e4m3(Scales[n, k/16]) · Scale)
//
// In the other formats Codes holds the numbers themselves.
type Linear struct {
	Module string // "model.layers.0.mlp.up_proj"
	Format Format
	N, K   int

	// Codes is [N, K] of the weight's element type; for NVFP4 [N, K/2], even
	// k in the low nibble. A view of the mapped file.
	Codes []byte

	// Scale is weight_scale (FP8) or weight_scale_2 (NVFP4), else 0.
	Scale float32

	// BlockScale is [BlockRows, BlockCols] (FP8Block), one factor for each
	// block of BlockN x BlockK; blocks at the right and lower edge may be cut.
	BlockScale           []float32
	BlockRows, BlockCols int
	BlockN, BlockK       int

	// Scales is [N, K/16] of E4M3 codes (NVFP4). A view of the mapped file.
	Scales []byte

	// InputScale is the factor of quantized activations, 0 when the
	// checkpoint has none.
	InputScale float32
}

// Linear returns the weight of module with its scales. The format follows
// from the tensors that are there; a weight whose scales are missing or do
// not fit its shape is an error.
func (c *Checkpoint) Linear(module string) (*Linear, error) {
	weight, err := c.need(module + weightName)
	if err != nil {
		return nil, err
	}
	if len(weight.Shape) != 2 {
		return nil, c.tensorError(weight, "a linear layer's weight has 2 dimensions, this has shape %v", weight.Shape)
	}
	if weight.Len() == 0 {
		return nil, c.tensorError(weight, "shape %v has no elements", weight.Shape)
	}
	l := &Linear{Module: module, N: weight.Shape[0], K: weight.Shape[1], Codes: weight.Data}
	if l.InputScale, err = c.inputScale(module); err != nil {
		return nil, err
	}
	switch weight.DType {
	case DTypeBF16, DTypeF16, DTypeF32:
		l.Format = Format(strings.ToLower(string(weight.DType)))
		return l, nil
	case DTypeE4M3:
		return l, c.loadFP8(l, weight)
	case DTypeU8:
		return l, c.loadNVFP4(l, weight)
	}
	return nil, c.tensorError(weight, "no format stores a linear layer's weight as %s", weight.DType)
}

// linearModules lists the modules that have a matrix for a weight, sorted.
func (c *Checkpoint) linearModules() []string {
	var modules []string
	for _, name := range c.Names() {
		if module, ok := strings.CutSuffix(name, weightName); ok && len(c.tensors[name].Shape) == 2 {
			modules = append(modules, module)
		}
	}
	return modules
}

// fusedExperts names a tensor that holds a matrix of every expert of a layer
// (Llama 4's experts.gate_up_proj), "" where there is none.
func (c *Checkpoint) fusedExperts() (name string, shape []int) {
	for _, name := range c.Names() {
		if t := c.tensors[name]; isFusedExperts(t) {
			return name, t.Shape
		}
	}
	return "", nil
}

func isFusedExperts(t Tensor) bool {
	return len(t.Shape) == 3 && strings.Contains(t.Name, ".experts.")
}

// loadFP8 reads the scales of an E4M3 weight: weight_scale with one value, or
// one value a block in weight_scale (modelopt: [N/128, 1, K/128, 1]) or
// weight_scale_inv (DeepSeek: [N/128, K/128]).
func (c *Checkpoint) loadFP8(l *Linear, weight Tensor) error {
	scale, ok := c.Tensor(l.Module + scaleName)
	if !ok {
		scale, ok = c.Tensor(l.Module + inverseName)
	}
	if !ok {
		return c.tensorError(weight, "neither %s nor %s is there, so its codes have no meaning", l.Module+scaleName, l.Module+inverseName)
	}
	values, err := c.scaleValues(scale)
	if err != nil {
		return err
	}
	perTensor := strings.HasSuffix(scale.Name, scaleName) && len(scale.Shape) < 2 && len(values) == 1
	if perTensor {
		l.Format, l.Scale = FP8, values[0]
		return nil
	}
	l.Format, l.BlockScale, l.BlockN, l.BlockK = FP8Block, values, blockSize, blockSize
	l.BlockRows, l.BlockCols = ceilDiv(l.N, blockSize), ceilDiv(l.K, blockSize)
	if !blockShape(scale.Shape, l.BlockRows, l.BlockCols) {
		return c.tensorError(scale, "shape %v does not fit a weight of %v in blocks of %d x %d: want [%d, %d] or [%[5]d, 1, %[6]d, 1]",
			scale.Shape, weight.Shape, blockSize, blockSize, l.BlockRows, l.BlockCols)
	}
	return nil
}

func blockShape(shape []int, rows, cols int) bool {
	switch len(shape) {
	case 2:
		return shape[0] == rows && shape[1] == cols
	case 4:
		return shape[0] == rows && shape[1] == 1 && shape[2] == cols && shape[3] == 1
	}
	return false
}

// loadNVFP4 reads the scales of a packed E2M1 weight.
func (c *Checkpoint) loadNVFP4(l *Linear, weight Tensor) error {
	l.Format, l.K = NVFP4, 2*weight.Shape[1]
	scales, err := c.need(l.Module + scaleName)
	if err != nil {
		return err
	}
	if scales.DType != DTypeE4M3 {
		return c.tensorError(scales, "NVFP4 block scales are %s, these are %s", DTypeE4M3, scales.DType)
	}
	if l.K%groupSize != 0 || len(scales.Shape) != 2 || scales.Shape[0] != l.N || scales.Shape[1] != l.K/groupSize {
		return c.tensorError(scales, "shape %v does not fit a weight of [%d, %d]: want one scale for each %d values of a row",
			scales.Shape, l.N, l.K, groupSize)
	}
	l.Scales = scales.Data
	global, err := c.need(l.Module + globalName)
	if err != nil {
		return err
	}
	l.Scale, err = c.scalar(global)
	return err
}

func (c *Checkpoint) inputScale(module string) (float32, error) {
	t, ok := c.Tensor(module + inputName)
	if !ok {
		return 0, nil
	}
	scale, err := c.scalar(t)
	if err == nil && scale == 0 {
		return 0, c.tensorError(t, "is 0, and activations are divided by it")
	}
	return scale, err
}

// calibrated reports whether any layer has a scale of activations.
func (c *Checkpoint) calibrated() bool {
	for name := range c.tensors {
		if strings.HasSuffix(name, inputName) {
			return true
		}
	}
	return false
}

func (c *Checkpoint) scalar(t Tensor) (float32, error) {
	values, err := c.scaleValues(t)
	if err != nil {
		return 0, err
	}
	if len(values) != 1 {
		return 0, c.tensorError(t, "want a single value, shape is %v", t.Shape)
	}
	return values[0], nil
}

// scaleValues reads scales, which are finite and not negative in every format.
func (c *Checkpoint) scaleValues(t Tensor) ([]float32, error) {
	if t.DType == DTypeE4M3 || t.DType == DTypeE5M2 {
		return nil, c.tensorError(t, "want a scale of type F32, not %s", t.DType)
	}
	values, err := t.Float32()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.dir, err)
	}
	for i, v := range values {
		if !(v >= 0 && v <= math.MaxFloat32) {
			return nil, c.tensorError(t, "value %d is %v: a scale is finite and not negative", i, v)
		}
	}
	return values, nil
}

func (c *Checkpoint) need(name string) (Tensor, error) {
	t, ok := c.Tensor(name)
	if !ok {
		return Tensor{}, fmt.Errorf("%s: no tensor %s", c.dir, name)
	}
	return t, nil
}

func (c *Checkpoint) tensorError(t Tensor, format string, args ...any) error {
	return fmt.Errorf("%s: tensor %s: %s", c.dir, t.Name, fmt.Sprintf(format, args...))
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
