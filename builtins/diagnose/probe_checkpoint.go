package diagnose

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"adkernel/builtins/checkpoint"
)

// audit compares what is stored with the base's checkpoint: of a quantized one
// all that quantization explains, of another one everything.
func (p *prober) audit(ctx context.Context) error {
	if p.test.Model == p.base.Model {
		return nil
	}
	return p.probe(ctx, "checkpoint audit", "the tested checkpoint as stored, against the base's and the reference quantizer: weights and scales, and what no quantizer changes", func() error {
		report, err := checkpoint.Audit(p.test.Model, p.base.Model)
		if err != nil {
			return err
		}
		p.report = report
		observeAudit(report, p.facts)
		return nil
	})
}

// observeAudit sets what the audit says of the layers, and of what no quantizer
// changes: the layers that are not quantized are of both.
func observeAudit(report *checkpoint.Report, facts Facts) {
	const source = `probe "checkpoint audit"`
	n, faults := len(report.Layers), report.Faults()
	facts.set("audit.layers", float64(n), n, source)
	facts.set("audit.wrong", float64(len(faults)), n, source)
	if len(faults) > 0 {
		worst := faults[0]
		if i := slices.IndexFunc(faults, func(l checkpoint.Layer) bool { return !storedUnquantized(l) }); i >= 0 {
			worst = faults[i]
		} else if worst.Cause != checkpoint.CauseNaN && worst.Cause != checkpoint.CauseMismatch {
			worst.Cause = checkpoint.CauseUnknown // no mistake of quantization: it is a difference below
		}
		facts.set("audit.cause", string(worst.Cause), n, source)
		facts.set("audit.finding", fmt.Sprintf("in %s, %s", worst.Module, worst.Finding), n, source)
	}
	var findings []string
	for _, d := range report.Differences {
		findings = append(findings, d.Finding)
	}
	for _, l := range faults {
		if storedUnquantized(l) {
			findings = append(findings, l.Module+", "+l.Finding)
		}
	}
	facts.set("other.differences", float64(len(findings)), n, source)
	if len(findings) > 0 {
		words := findings[0]
		if more := len(findings) - 1; more > 0 {
			words += fmt.Sprintf(" (and %d more)", more)
		}
		facts.set("other.finding", words, n, source)
	}
}

// storedUnquantized reports whether a layer could be read, and is not of codes.
func storedUnquantized(l checkpoint.Layer) bool { return l.Format != "" && !l.Format.Quantized() }

// restored serves the tested checkpoint with the base's in the place of all that
// differs and no quantizer changes, as the base is served: what is left of its
// distance from the base is quantization's.
func (p *prober) restored(ctx context.Context) error {
	if differences, _ := p.facts.number("other.differences"); differences == 0 {
		return nil
	}
	return p.rewritten(ctx, "the base's settings and unquantized tensors",
		"logits of the tested checkpoint with the base's settings and tensors in the place of those that differ though no quantizer changes them, served as the base is",
		"restored", func(dir string) error { return writeRestored(p.report, dir) })
}

// writeRestored writes the audited model into the new directory dst with what
// its reference has in the place of what differs and is not quantized.
func writeRestored(report *checkpoint.Report, dst string) error {
	if err := linkOthers(report.Model, dst); err != nil {
		return err
	}
	if slices.ContainsFunc(report.Differences, func(d checkpoint.Difference) bool { return d.Setting }) {
		if err := restoreSettings(report, dst); err != nil {
			return err
		}
	}
	names := toRestore(report)
	if len(names) == 0 {
		return linkFiles(report.Model, dst, isWeights)
	}
	model, err := checkpoint.Open(report.Model)
	if err != nil {
		return err
	}
	reference, err := checkpoint.Open(report.Reference)
	if err != nil {
		return errors.Join(err, model.Close())
	}
	tensors, err := restoredTensors(names, model, reference)
	if err == nil {
		err = checkpoint.Write(filepath.Join(dst, "model.safetensors"), tensors)
	}
	return errors.Join(err, model.Close(), reference.Close())
}

// toRestore names the tensors that differ and are not quantized.
func toRestore(report *checkpoint.Report) map[string]bool {
	restore := map[string]bool{}
	for _, d := range report.Differences {
		if !d.Setting {
			restore[d.Name] = true
		}
	}
	for _, l := range report.Faults() {
		if storedUnquantized(l) {
			restore[l.Module+".weight"] = true
		}
	}
	return restore
}

func restoredTensors(restore map[string]bool, model, reference *checkpoint.Checkpoint) ([]checkpoint.Tensor, error) {
	var tensors []checkpoint.Tensor
	size := 0
	for _, name := range model.Names() {
		t, _ := model.Tensor(name)
		if size += len(t.Data); size > maxEdited {
			return nil, errTooLarge
		}
		if !restore[name] {
			tensors = append(tensors, t)
		}
	}
	for _, name := range reference.Names() {
		if t, _ := reference.Tensor(name); restore[name] {
			tensors = append(tensors, t)
		}
	}
	return tensors, nil
}

// restoreSettings writes the reference's config.json with what the model's says
// of its quantization.
func restoreSettings(report *checkpoint.Report, dst string) error {
	own, err := readConfig(report.Model)
	if err != nil {
		return err
	}
	return rewriteConfig(report.Reference, dst, func(config map[string]json.RawMessage) {
		const quantization = "quantization_config"
		delete(config, quantization)
		if value, ok := own[quantization]; ok {
			config[quantization] = value
		}
	})
}
