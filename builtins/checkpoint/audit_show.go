package checkpoint

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"adkernel/builtins/cards"
	"adkernel/kernel/host"
)

// MimeBundle shows the verdict, each fault with its finding, and a line for
// each kind of projection.
func (r *Report) MimeBundle() host.Bundle {
	var s sheet
	s.title("Audit of %s (%s) against %s", filepath.Base(r.Model), cmp.Or(r.Quantization, "unquantized"), filepath.Base(r.Reference))
	faults := r.Faults()
	s.wrong = !r.Right()
	if len(faults) == 0 {
		s.line("Weights and their scales of all %d layers are right.", len(r.Layers))
	} else {
		s.line("Wrong: %d of %d layers.", len(faults), len(r.Layers))
	}
	s.list("Wrong: not the reference's, though no quantizer changes it:", listed(r.Differences))
	s.list("Wrong: other prompts than the reference's, or other ends of outputs; copy its files:", listed(r.Files))
	var rows [][]string
	for _, l := range faults {
		rows = append(rows, []string{l.Module, string(l.Format), l.SQNR.format("%.1f"), l.Gain.format("%.3g"), l.AmaxRatio.format("%.3g"),
			fmt.Sprintf("%d of %d", l.RowsOff, l.N), string(l.Cause), l.Finding})
	}
	s.table(cards.Table{Align: "llrrrrlp", Head: []string{"layer", "format", "SQNR, dB", "gain", "amax ratio", "rows off", "cause", "finding"}, Rows: rows})
	s.table(cards.Table{Align: "llrrrrrrr", Rows: r.byProjection(),
		Head: []string{"projection", "format", "layers", "SQNR, dB", "expected", "gain", "zero codes", "saturated", "NaN"}})
	s.list("Notes:", r.Notes)
	s.note(unseen)
	return s.bundle()
}

// unseen is what no comparison of files shows.
const unseen = "Files do not show whether the scales of activations and of the KV cache suit the inputs, how an engine reads the weights, or what is wrong in the reference too."

// listed are the differences that a card shows: another model's are hundreds.
func listed(differences []Difference) []string {
	const shown = 20
	var items []string
	for i, d := range differences {
		if i == shown {
			return append(items, fmt.Sprintf("and %d more", len(differences)-shown))
		}
		items = append(items, d.Finding)
	}
	return items
}

// byProjection summarizes layers of the same name and format.
func (r *Report) byProjection() [][]string {
	type kind struct {
		name   string
		format Format
	}
	var kinds []kind
	layers := map[kind][]Layer{}
	for _, l := range r.Layers {
		k := kind{lastElement(l.Module), l.Format}
		if layers[k] == nil {
			kinds = append(kinds, k)
		}
		layers[k] = append(layers[k], l)
	}
	var rows [][]string
	for _, k := range kinds {
		same := layers[k]
		var values, zero, saturated, nan int
		for _, l := range same {
			values += l.N * l.K
			zero, saturated, nan = zero+l.Zero, saturated+l.Saturated, nan+l.NaN
		}
		rows = append(rows, []string{k.name, string(k.format), fmt.Sprint(len(same)),
			rangeOf(same, "%.1f", func(l Layer) Measure { return l.SQNR }), "≥ " + same[0].Expected.format("%.1f"),
			rangeOf(same, "%#.4g", func(l Layer) Measure { return l.Gain }),
			share(zero, values), share(saturated, values), fmt.Sprint(nan)})
	}
	return rows
}

// rangeOf is "lowest to highest" of a measure, where it was measured.
func rangeOf(layers []Layer, verb string, of func(Layer) Measure) string {
	var values []Measure
	for _, l := range layers {
		if v := of(l); v == v {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return "-"
	}
	low, high := slices.Min(values).format(verb), slices.Max(values).format(verb)
	if low == high {
		return low
	}
	return low + " to " + high
}

func share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(n)/float64(of))
}

// MimeBundle shows how many layers differ, and each of them with its finding.
func (r *LoadedReport) MimeBundle() host.Bundle {
	var s sheet
	s.title("Scales as loaded, against the checkpoint %s", filepath.Base(r.Model))
	wrong := r.Wrong()
	s.wrong = len(wrong) > 0
	if len(r.Layers) == 0 {
		s.line("The engine reported no scales.")
	} else if len(wrong) == 0 {
		s.line("The engine computes with the stored scales in all %d quantized layers.", len(r.Layers))
	} else {
		s.line("The engine computes with other scales than the stored ones in %d of %d quantized layers.", len(wrong), len(r.Layers))
	}
	var rows [][]string
	for _, l := range wrong {
		rows = append(rows, []string{l.Module, l.Format, fmt.Sprintf("%d of %d", l.RowsWrong, l.N), string(l.Cause), l.Finding})
	}
	s.table(cards.Table{Align: "llrlp", Head: []string{"layer", "format", "rows wrong", "cause", "finding"}, Rows: rows})
	s.list("Not reported by the engine:", r.NotLoaded)
	return s.bundle()
}
