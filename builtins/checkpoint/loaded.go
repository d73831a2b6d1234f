package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"adkernel/builtins/engine"
)

// A LoadedReport says how the scales that an engine computes with differ from
// those of its checkpoint.
type LoadedReport struct {
	Model  string        `json:"model"`
	Layers []LoadedLayer `json:"layers"`

	// NotLoaded lists quantized layers of the checkpoint that the engine did
	// not report.
	NotLoaded []string `json:"not_loaded,omitempty"`
}

// A LoadedLayer compares one layer's factors, as loaded, with the stored ones.
type LoadedLayer struct {
	Module string `json:"module"`
	Format string `json:"format"`
	N      int    `json:"n"`
	K      int    `json:"k"`

	Factors     int     `json:"factors"`      // compared: N · ceil(K/group)
	Different   int     `json:"different"`    // of them, not the stored ones
	RowsWrong   int     `json:"rows_wrong"`   // rows with a different factor
	ColsWrong   int     `json:"cols_wrong"`   // columns of factors with a different one
	FirstRow    int     `json:"first_row"`    // the first such row, -1 when there is none
	LowestRatio Measure `json:"lowest_ratio"` // of loaded to stored, over the different ones; 1 when there are none
	TopRatio    Measure `json:"top_ratio"`

	Cause   Cause  `json:"cause,omitempty"` // "" when nothing differs
	Finding string `json:"finding"`         // one sentence, with numbers
}

// Right reports whether the layer's factors are the stored ones.
func (l LoadedLayer) Right() bool { return l.Cause == "" }

// Wrong returns the layers whose factors are not the stored ones.
func (r *LoadedReport) Wrong() []LoadedLayer {
	var wrong []LoadedLayer
	for _, l := range r.Layers {
		if !l.Right() {
			wrong = append(wrong, l)
		}
	}
	return wrong
}

// AuditLoaded compares the dequantization factors that an engine loaded with
// the checkpoint in directory model, layer by layer. Where they differ it
// tries the known mistakes (another block size, `.to` for `.view`, inversion,
// a neighbour's scale, ...) on the stored scales; a cause is named only when
// it reproduces every loaded factor of the layer.
func AuditLoaded(model string, loaded []engine.LoadedScale) (*LoadedReport, error) {
	c, err := Open(model)
	if err != nil {
		return nil, fmt.Errorf("audit of loaded scales: %w", err)
	}
	report := &LoadedReport{Model: model}
	for _, scale := range loaded {
		layer, err := auditLoadedLayer(c, scale)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("audit of loaded scales: %w", err), c.Close())
		}
		report.Layers = append(report.Layers, layer)
	}
	report.NotLoaded = notLoaded(c, loaded)
	return report, c.Close()
}

func notLoaded(c *Checkpoint, loaded []engine.LoadedScale) []string {
	var missing []string
	for _, module := range c.linearModules() {
		l, err := c.Linear(module)
		if err != nil || !l.Format.Quantized() {
			continue
		}
		if !slices.ContainsFunc(loaded, func(s engine.LoadedScale) bool { return s.Module == module }) {
			missing = append(missing, module)
		}
	}
	return missing
}

func auditLoadedLayer(c *Checkpoint, scale engine.LoadedScale) (LoadedLayer, error) {
	l, err := c.Linear(scale.Module)
	if err != nil {
		return LoadedLayer{}, err
	}
	layer := LoadedLayer{Module: l.Module, Format: scale.Format, N: l.N, K: l.K, FirstRow: -1, LowestRatio: 1, TopRatio: 1}
	stored := factorsOf(l)
	if stored.values == nil || string(l.Format) != scale.Format {
		return layer.unlike(CauseMismatch, "the engine computes with %s, the checkpoint stores %s", scale.Format, l.Format), nil
	}
	if scale.N != l.N || scale.K != l.K {
		return layer.unlike(CauseMismatch, "the engine holds [%d, %d], the checkpoint [%d, %d]", scale.N, scale.K, l.N, l.K), nil
	}
	if scale.Group < 1 || len(scale.Values) != scale.N*ceilDiv(scale.K, scale.Group) {
		return LoadedLayer{}, fmt.Errorf("module %s: the engine handed %d factors for [%d, %d] in groups of %d",
			scale.Module, len(scale.Values), scale.N, scale.K, scale.Group)
	}
	if scale.Group != stored.group {
		return layer.unlike(CauseBlockSize, "the engine scales groups of %d values, the checkpoint of %d", scale.Group, stored.group), nil
	}
	layer.compare(stored, scale.Values)
	if layer.Different > 0 {
		layer.explain(c, l, stored, scale.Values)
	}
	return layer, nil
}

func (layer LoadedLayer) unlike(cause Cause, format string, args ...any) LoadedLayer {
	layer.Cause = cause
	layer.Finding = fmt.Sprintf(format, args...)
	return layer
}

// factors is the grid of what each code is multiplied with: [rows, cols], one
// for each group of values of a row.
type factors struct {
	rows, cols int
	group      int
	values     []float32
}

// factorsOf lays the stored scales out by row; values is nil for a layer that
// is not quantized.
func factorsOf(l *Linear) factors {
	f := factors{rows: l.N, group: l.K}
	switch l.Format {
	case FP8Block:
		f.group = l.BlockK
	case NVFP4:
		f.group = groupSize
	case BF16, F16, F32:
		return f
	}
	f.cols = ceilDiv(l.K, f.group)
	f.fill(func(row, col int) float32 {
		switch l.Format {
		case FP8Block:
			return l.BlockScale[row/l.BlockN*l.BlockCols+col]
		case NVFP4:
			return e4m3Values[l.Scales[row*f.cols+col]] * l.Scale
		}
		return l.Scale
	})
	return f
}

func (f *factors) fill(factor func(row, col int) float32) {
	f.values = make([]float32, 0, f.rows*f.cols)
	for row := range f.rows {
		for col := range f.cols {
			f.values = append(f.values, factor(row, col))
		}
	}
}

// sameFactor allows for the order in which an engine multiplies two scales.
func sameFactor(a, b float32) bool {
	if a == b || a != a && b != b {
		return true
	}
	return math.Abs(float64(a)-float64(b)) <= 1e-5*math.Abs(float64(b))
}

func (layer *LoadedLayer) compare(stored factors, loaded []float32) {
	layer.Factors = len(loaded)
	colWrong := make([]bool, stored.cols)
	for row := range stored.rows {
		before := layer.Different
		for col := range stored.cols {
			i := row*stored.cols + col
			if sameFactor(loaded[i], stored.values[i]) {
				continue
			}
			colWrong[col] = true
			ratio := Measure(loaded[i]) / Measure(stored.values[i])
			if layer.Different == 0 {
				layer.LowestRatio, layer.TopRatio = ratio, ratio
			}
			layer.LowestRatio, layer.TopRatio = min(layer.LowestRatio, ratio), max(layer.TopRatio, ratio)
			layer.Different++
		}
		if layer.Different > before {
			if layer.RowsWrong == 0 {
				layer.FirstRow = row
			}
			layer.RowsWrong++
		}
	}
	for _, wrong := range colWrong {
		if wrong {
			layer.ColsWrong++
		}
	}
	layer.Finding = fmt.Sprintf("all %d factors are the stored ones", layer.Factors)
}
