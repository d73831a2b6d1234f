package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
)

// A Report is the audit of a quantized checkpoint against the unquantized one
// it was made from.
type Report struct {
	Model        string `json:"model"`
	Reference    string `json:"reference"`
	Quantization string `json:"quantization"`       // as declared: "FP8"; "" when unquantized
	KVCache      string `json:"kv_cache,omitempty"` // as declared

	// Layers are the linear layers, ordered by name with numbers as numbers.
	Layers []Layer `json:"layers"`

	// Differences are what else is not the reference's, and no quantizer changes.
	Differences []Difference `json:"differences,omitempty"`
	// Files are what the files of tokenizer, chat template and generation say
	// differently: other prompts and other ends of outputs, at the same logits.
	Files []Difference `json:"files,omitempty"`

	// Notes say what is no fault in itself, but can become one in an engine.
	Notes []string `json:"notes,omitempty"`
}

// A Layer is the audit of one linear layer.
type Layer struct {
	Module string `json:"module"`
	Format Format `json:"format"`
	N      int    `json:"n"`
	K      int    `json:"k"`

	// SQNR is the signal-to-quantization-noise ratio of the dequantized
	// weight, in dB, and Expected the least that is ordinary for the format.
	SQNR     Measure `json:"sqnr_db"`
	Expected Measure `json:"expected_sqnr_db"`

	RelativeRMS Measure `json:"relative_rms"` // RMS of the error over RMS of the reference
	Gain        Measure `json:"gain"`         // slope of the dequantized weight on the reference
	AmaxRatio   Measure `json:"amax_ratio"`   // largest magnitudes, dequantized over reference

	NaN       int `json:"nan_codes"`
	Saturated int `json:"saturated_codes"`
	Zero      int `json:"zero_codes"`

	// RowsOff counts rows whose error is larger than rounding with the stored
	// scales can make it; FirstRowOff is the first of them, -1 when none is.
	RowsOff     int `json:"rows_off"`
	FirstRowOff int `json:"first_row_off"`

	Cause   Cause  `json:"cause,omitempty"` // "" when nothing is wrong
	Finding string `json:"finding"`         // one sentence, with numbers
}

// Right reports whether nothing was found to be wrong with the layer.
func (l Layer) Right() bool { return l.Cause == "" }

// Faults returns the layers with which something is wrong.
func (r *Report) Faults() []Layer {
	var faults []Layer
	for _, l := range r.Layers {
		if !l.Right() {
			faults = append(faults, l)
		}
	}
	return faults
}

// Right reports whether nothing was found to be wrong with the checkpoint.
func (r *Report) Right() bool {
	return len(r.Faults()) == 0 && len(r.Differences) == 0 && len(r.Files) == 0
}

// Audit compares each linear layer of the checkpoint in directory model with
// the unquantized checkpoint in directory reference, without running either:
// the stored codes are dequantized and compared. How a quantizer chose its
// scales does not matter, only that codes and scales belong together. A layer
// whose error is larger than its format explains is compared with what the
// reference quantizer would have written, and read again under the known
// mistakes (scale missing, inverted, transposed, of another block size, of a
// sibling; nibbles swapped; `.to` for `.view`), to name the one that makes it
// right. Everything else has to be the reference's: norms, biases and the
// settings of config.json, and the files of tokenizer, chat template and
// generation. A fault of single layers is a finding of the report; an error is
// returned only where a checkpoint cannot be read at all.
func Audit(model, reference string) (*Report, error) {
	m, err := Open(model)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	r, err := Open(reference)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("audit: %w", err), m.Close())
	}
	report, err := audit(m, r)
	return report, errors.Join(err, m.Close(), r.Close())
}

func audit(model, reference *Checkpoint) (*Report, error) {
	if reference.quantization.Format != "" {
		return nil, fmt.Errorf("audit: the reference %s is quantized (%s); name the checkpoint that it was made from",
			reference.dir, reference.quantization.Algorithm)
	}
	modules := slices.DeleteFunc(reference.linearModules(), func(module string) bool { return tiedHead(model, reference, module) })
	if _, stored := model.Tensor(headModule + weightName); stored && reference.ties() {
		modules = append(modules, headModule)
	}
	if len(modules) == 0 {
		return nil, fmt.Errorf("audit: the reference %s has no linear layer", reference.dir)
	}
	slices.SortFunc(modules, compareNatural)
	report := &Report{
		Model: model.dir, Reference: reference.dir,
		Quantization: model.quantization.Algorithm, KVCache: model.quantization.KVCache,
		Layers: make([]Layer, len(modules)),
	}
	inParallel(len(modules), func(i int) {
		report.Layers[i] = auditLayer(model, reference, modules[i])
	})
	tensors, unlikeTensors := otherTensors(model, reference)
	config, unlikeSettings := settings(model, reference)
	report.Differences = slices.Concat(undeclared(model), config, tensors)
	files, unlikeFiles := compareFiles(model.dir, reference.dir)
	report.Files = files
	report.Notes = slices.Concat(notes(model, reference), unlikeTensors, unlikeSettings, unlikeFiles)
	return report, nil
}

const headModule, embeddingModule = "lm_head", "model.embed_tokens"

// ties reports that the checkpoint has no output head but its embeddings.
func (c *Checkpoint) ties() bool {
	_, head := c.Tensor(headModule + weightName)
	_, embedding := c.Tensor(embeddingModule + weightName)
	return !head && embedding
}

// tiedHead reports that module is an output head which the reference stores
// although it is the embedding matrix, and the model does not, nor says that
// the two are not one.
func tiedHead(model, reference *Checkpoint, module string) bool {
	if lastElement(module) != headModule {
		return false
	}
	if _, stored := model.Tensor(module + weightName); stored {
		return false
	}
	if said, _, err := settingsOf(model.dir); err == nil && said["tie_word_embeddings"] == false {
		return false
	}
	head := reference.tensors[module+weightName]
	embedding, ok := reference.Tensor(embeddingModule + weightName)
	return ok && head.DType == embedding.DType && bytes.Equal(head.Data, embedding.Data)
}

// inParallel calls f(0) to f(n-1) on all processors.
func inParallel(n int, f func(i int)) {
	indices := make(chan int)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range indices {
				f(i)
			}
		})
	}
	for i := range n {
		indices <- i
	}
	close(indices)
	workers.Wait()
}
