package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"adkernel/kernel/notebook"
)

// reported is how many differences of a notebook are shown.
const reported = 6

// findingType is the MIME type of a finding, of which "program" says what
// computed it.
const findingType = "application/vnd.adkernel.finding+json"

// A difference is one output that is not as committed.
type difference struct {
	cell   int    // from 1
	source string // first line of the cell
	place  string // within the cell
	words  string
}

// compare returns what differs between a committed notebook and its
// execution. Without numbers, only the kinds of the outputs are compared.
func compare(committed, fresh *notebook.Notebook, numbers bool) []difference {
	var out []difference
	if len(committed.Cells) != len(fresh.Cells) {
		return []difference{{words: fmt.Sprintf("%d cells, committed %d", len(fresh.Cells), len(committed.Cells))}}
	}
	for i, want := range committed.Cells {
		got := fresh.Cells[i]
		for _, d := range compareCells(want, got, numbers) {
			d.cell = i + 1
			d.source, _, _ = strings.Cut(want.Source, "\n")
			out = append(out, d)
		}
	}
	return out
}

func compareCells(want, got *notebook.Cell, numbers bool) []difference {
	if len(want.Outputs) != len(got.Outputs) {
		return []difference{{words: fmt.Sprintf("%s, committed %s", kinds(got.Outputs), kinds(want.Outputs))}}
	}
	var out []difference
	for i := range want.Outputs {
		for _, d := range compareOutputs(want.Outputs[i], got.Outputs[i], numbers) {
			d.place = fmt.Sprintf("output %d%s", i+1, d.place)
			out = append(out, d)
		}
	}
	return out
}

func kinds(outputs []*notebook.Output) string {
	if len(outputs) == 0 {
		return "no outputs"
	}
	names := make([]string, len(outputs))
	for i, o := range outputs {
		names[i] = o.Type
	}
	return fmt.Sprintf("%d outputs (%s)", len(outputs), strings.Join(names, ", "))
}

// compareOutputs returns what differs, place being the part of the output.
func compareOutputs(want, got *notebook.Output, numbers bool) []difference {
	if want.Type != got.Type || want.Name != got.Name {
		return []difference{{words: fmt.Sprintf("%s %s, committed %s %s", got.Type, got.Name, want.Type, want.Name)}}
	}
	if a, b := mimeTypes(want), mimeTypes(got); a != b {
		return []difference{{words: fmt.Sprintf("shown as %s, committed %s", b, a)}}
	}
	if !numbers {
		return nil
	}
	out := []difference{
		{words: compareText(want.Text, got.Text)},
		{words: compareText(want.ErrorName+": "+want.ErrorValue, got.ErrorName+": "+got.ErrorValue)},
	}
	for _, mime := range slices.Sorted(maps.Keys(want.Data)) {
		out = append(out, difference{place: ", " + mime, words: compareData(mime, want.Data[mime], got.Data[mime])})
	}
	return slices.DeleteFunc(out, func(d difference) bool { return d.words == "" })
}

func mimeTypes(o *notebook.Output) string {
	return strings.Join(slices.Sorted(maps.Keys(o.Data)), ", ")
}

func compareData(mime string, want, got any) string {
	a, textA := want.(string)
	b, textB := got.(string)
	switch {
	case mime == "image/png" && textA && textB:
		return comparePictures(a, b)
	case textA && textB:
		return compareText(a, b)
	}
	return compareText(jsonText(mime, want), jsonText(mime, got))
}

// jsonText is a JSON value by lines.
func jsonText(mime string, value any) string {
	if finding, ok := value.(map[string]any); ok && mime == findingType {
		finding = maps.Clone(finding)
		delete(finding, "program")
		value = finding
	}
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// compareText says which line differs first, "" when none does.
func compareText(committed, fresh string) string {
	a, b := strings.Split(normalize(committed), "\n"), strings.Split(normalize(fresh), "\n")
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return fmt.Sprintf("line %d is more than was committed:\n  now       %s", i+1, around(b[i], 0))
		case i >= len(b):
			return fmt.Sprintf("line %d is missing:\n  committed %s", i+1, around(a[i], 0))
		case a[i] != b[i]:
			at := 0
			for at < min(len(a[i]), len(b[i])) && a[i][at] == b[i][at] {
				at++
			}
			return fmt.Sprintf("line %d differs:\n  committed %s\n  now       %s", i+1, around(a[i], at), around(b[i], at))
		}
	}
	return ""
}

// around cuts a long line to what stands about the byte at.
func around(line string, at int) string {
	const before, width = 60, 160
	if len(line) <= width {
		return line
	}
	start := max(0, min(at-before, len(line)-width))
	return "…" + strings.ToValidUTF8(line[start:min(start+width, len(line))], "") + "…"
}

func report(differences []difference) string {
	var b strings.Builder
	for _, d := range differences[:min(reported, len(differences))] {
		if d.cell > 0 {
			fmt.Fprintf(&b, "  cell %d (%s)", d.cell, d.source)
			if d.place != "" {
				fmt.Fprintf(&b, ", %s", d.place)
			}
			b.WriteString(": ")
		}
		fmt.Fprintf(&b, "%s\n", strings.ReplaceAll(d.words, "\n", "\n  "))
	}
	if more := len(differences) - reported; more > 0 {
		fmt.Fprintf(&b, "  and %d more differences\n", more)
	}
	b.WriteString("  (-update writes the new outputs to the notebook)")
	return b.String()
}
