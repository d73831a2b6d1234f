package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"syscall"

	"adkernel/internal/partial"
)

// QuantizerVersion changes when Quantize writes something else for the same
// checkpoint, so that what is kept of an older one is not taken for it.
const QuantizerVersion = "1"

// QuantizeOptions is what the weights alone do not determine.
type QuantizeOptions struct {
	// InputMaxima gives, for each linear layer by module name, the largest
	// magnitude of its input over the calibration data. It becomes
	// input_scale: the maximum of a layer's siblings (q, k, v; gate, up) over
	// 448 (FP8) or 6 · 448 (NVFP4). An expert that calibration never reached
	// takes the maximum of its fellow experts. When nil, no input_scale is
	// written: such weights can be audited, but engines refuse them. Formats
	// that are not Calibrated do not use it.
	InputMaxima map[string]float32
}

// Quantize writes the checkpoint in directory src, quantized to FP8, FP8Block
// or NVFP4, as the new directory dst. It is the reference quantizer: rounding
// and scales are those of nvidia-modelopt 0.47, to the bit, for weights and
// weight scales. Linear layers are quantized, embeddings, norms, lm_head and
// routers are copied; so are the tokenizer and all other files but weights.
//
// dst appears whole or not at all. The same input gives the same bytes.
func Quantize(src string, as Format, dst string, opts QuantizeOptions) error {
	if _, err := ParseFormat(string(as)); err != nil {
		return fmt.Errorf("quantize: %w", err)
	}
	if err := checkNew(dst); err != nil {
		return fmt.Errorf("quantize: %w", err)
	}
	c, err := Open(src)
	if err != nil {
		return fmt.Errorf("quantize: %w", err)
	}
	err = quantize(c, as, dst, opts)
	return errors.Join(err, c.Close())
}

func quantize(c *Checkpoint, as Format, dst string, opts QuantizeOptions) error {
	q, err := newQuantizer(c, as, opts)
	if err != nil {
		return fmt.Errorf("quantize: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		return fmt.Errorf("quantize: %w", err)
	}
	temporary, err := partial.Make(filepath.Dir(dst), "."+filepath.Base(dst), ".partial-", "")
	if err != nil {
		return fmt.Errorf("quantize: %w", err)
	}
	whole := temporary.New()
	if err = os.Mkdir(whole, 0o755); err == nil {
		err = q.writeAll(whole)
	}
	if err == nil {
		err = syscall.Rename(whole, dst) // over an empty directory, too, which os.Rename refuses
	}
	left := temporary.Remove()
	if err != nil {
		return fmt.Errorf("quantize: %w", errors.Join(err, left))
	}
	return nil
}

// checkNew refuses a destination that holds anything.
func checkNew(dst string) error {
	entries, err := os.ReadDir(dst)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s already holds %d files; choose another directory or remove it", dst, len(entries))
	}
	return nil
}

// A quantizer knows the maxima of a whole checkpoint, which shared scales
// need before the first tensor is written.
type quantizer struct {
	source   *Checkpoint
	format   Format
	modules  map[string]*Linear // to be quantized
	excluded []string           // weights of linear shape that are kept, sorted
	maxima   map[string]float32 // largest magnitude of each weight
	shared   map[string]float32 // the same, over each fusion group
	inputs   map[string]float32 // largest input, by module; empty without calibration
}

func newQuantizer(c *Checkpoint, as Format, opts QuantizeOptions) (*quantizer, error) {
	if declared := c.Quantization().Algorithm; declared != "" {
		return nil, fmt.Errorf("%s is quantized already (%s); quantize the original", c.dir, declared)
	}
	q := &quantizer{source: c, format: as,
		modules: map[string]*Linear{}, maxima: map[string]float32{}, shared: map[string]float32{}, inputs: map[string]float32{}}
	if name, shape := c.fusedExperts(); name != "" {
		return nil, fmt.Errorf("%s: tensor %s, of shape %v, holds all experts of a layer, which are not quantized here: use nvidia-modelopt", c.dir, name, shape)
	}
	for _, module := range c.linearModules() {
		if keptInHighPrecision(module) {
			q.excluded = append(q.excluded, module)
			continue
		}
		if err := q.add(module); err != nil {
			return nil, err
		}
	}
	if len(q.modules) == 0 {
		return nil, fmt.Errorf("%s has no linear layer to quantize", c.dir)
	}
	if !as.Calibrated() || opts.InputMaxima == nil {
		return q, nil
	}
	return q, q.calibrate(opts.InputMaxima)
}

func (q *quantizer) add(module string) error {
	l, err := q.source.Linear(module)
	if err != nil {
		return err
	}
	if l.Format.Quantized() {
		return fmt.Errorf("%s: module %s is quantized already (%s); quantize the original", q.source.dir, module, l.Format)
	}
	if q.format == NVFP4 && l.K%groupSize != 0 {
		return fmt.Errorf("%s: module %s: its %d inputs are not a multiple of NVFP4's group of %d", q.source.dir, module, l.K, groupSize)
	}
	amax, err := l.amax()
	if err != nil {
		return fmt.Errorf("%s: %w", q.source.dir, err)
	}
	q.modules[module], q.maxima[module] = l, amax
	group := fusionGroup(module)
	q.shared[group] = max(q.shared[group], amax)
	return nil
}

// amax is the largest magnitude of the weight; a NaN or an infinity is an error.
func (l *Linear) amax() (float32, error) {
	var largest float32
	row := make([]float32, l.K)
	for n := range l.N {
		l.decodeRow(row, n)
		for k, v := range row {
			if !(abs(v) <= math.MaxFloat32) {
				return 0, fmt.Errorf("tensor %s: element [%d, %d] is %v", l.Module+weightName, n, k, v)
			}
			largest = max(largest, abs(v))
		}
	}
	return largest, nil
}

// calibrate fills inputs for every module, or says which one is missing.
func (q *quantizer) calibrate(maxima map[string]float32) error {
	groups, families := map[string]float32{}, map[string]float32{}
	for module, v := range maxima {
		if !(v >= 0 && v <= math.MaxFloat32) {
			return fmt.Errorf("calibration: module %s: input maximum %v is not a magnitude", module, v)
		}
		group := fusionGroup(module)
		groups[group] = max(groups[group], v)
		if family, ok := expertFamily(group); ok {
			families[family] = max(families[family], v)
		}
	}
	for module := range q.modules {
		group := fusionGroup(module)
		amax := groups[group]
		if amax == 0 {
			family, _ := expertFamily(group)
			amax = families[family]
		}
		if amax == 0 {
			return fmt.Errorf("calibration: module %s has no input maximum, or it is 0; calibrate with data that reaches every layer", module)
		}
		q.inputs[module] = amax
	}
	return nil
}

func abs(f float32) float32 { return math.Float32frombits(math.Float32bits(f) &^ (1 << 31)) }
