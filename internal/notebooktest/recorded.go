package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"adkernel/kernel/notebook"
)

// A recording says how a notebook is tested that not every machine can
// execute. It is metadata.adkernel.recorded of the notebook. A cell that needs
// what this machine lacks says, as metadata.adkernel.offline, what is evaluated
// in its place: recorded("NAME") is there the recorded run of the deployment of
// that name, and "" is nothing.
type recording struct {
	Needs string `json:"needs"` // in words: "a GPU with CUDA, and a Python with torch"

	// Runs is the file, beside the notebook, with the records of its runs: a
	// tar archive compressed by zstd. "": it launches none.
	Runs string `json:"runs,omitempty"`

	// Document is a Markdown file, by its path from the notebook, that repeats
	// every text/markdown output of the notebook to the letter.
	Document string `json:"document,omitempty"`
}

// recordingOf returns the notebook's recording, nil when it has none.
func recordingOf(nb *notebook.Notebook) (*recording, error) {
	program, _ := nb.Metadata["adkernel"].(map[string]any)
	value, ok := program["recorded"]
	if !ok {
		return nil, nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var r recording
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return nil, fmt.Errorf("metadata.adkernel.recorded: %w", err)
	}
	if r.Needs == "" || r.Runs != filepath.Base(r.Runs) && r.Runs != "" {
		return nil, errors.New(`metadata.adkernel.recorded: want "needs" in words, and "runs" a file beside the notebook`)
	}
	return &r, nil
}

// offline is what is evaluated in the place of the cell on this machine.
func offline(c *notebook.Cell) (source string, replaced bool, err error) {
	program, _ := c.Metadata["adkernel"].(map[string]any)
	value, ok := program["offline"]
	if !ok {
		return "", false, nil
	}
	source, ok = value.(string)
	if !ok || c.Type != notebook.Code || strings.HasPrefix(strings.TrimSpace(c.Source), "%") {
		return "", false, errors.New("metadata.adkernel.offline: want the Go source that stands for a cell of Go")
	}
	return source, true, nil
}

// notEvaluated begins the copy of a cell that is compiled and not run: nothing
// of a cell that does not compile runs, so that it gets as far as this only
// when the whole cell compiles.
const notEvaluated = "compiled, not evaluated"

// rehearsal is a notebook for this machine made of a recorded one, and where
// its cells come from.
type rehearsal struct {
	notebook *notebook.Notebook
	compiled map[int]int // cell here -> recorded cell that it compiles
	repeated map[int]int // cell here -> recorded cell whose outputs it must have
}

// rehearse makes the rehearsal of a recorded notebook; prelude defines
// recorded.
func rehearse(nb *notebook.Notebook, prelude string) (*rehearsal, error) {
	r := &rehearsal{notebook: &notebook.Notebook{Metadata: nb.Metadata}, compiled: map[int]int{}, repeated: map[int]int{}}
	add := func(source string, tags ...any) int {
		r.notebook.Cells = append(r.notebook.Cells, &notebook.Cell{Type: notebook.Code, Source: source, Metadata: map[string]any{"tags": tags}})
		return len(r.notebook.Cells) - 1
	}
	add(prelude)
	for i, c := range nb.Cells {
		if c.Type != notebook.Code || strings.TrimSpace(c.Source) == "" {
			continue
		}
		instead, replaced, err := offline(c)
		if err != nil {
			return nil, fmt.Errorf("  cell %d: %w", i+1, err)
		}
		if !replaced {
			at := add(c.Source)
			r.notebook.Cells[at].Metadata = c.Metadata
			r.repeated[at] = i
			continue
		}
		r.compiled[add(fmt.Sprintf("panic(%q)\n%s", notEvaluated, c.Source), "raises-exception")] = i
		if instead != "" {
			add(instead)
		}
	}
	return r, nil
}

// differences says how an executed rehearsal is not as recorded.
func (r *rehearsal) differences(committed, fresh *notebook.Notebook) []difference {
	var out []difference
	for at, c := range fresh.Cells {
		var found []difference
		i, repeated := r.repeated[at]
		if repeated {
			found = compareCells(committed.Cells[i], c, true)
		} else if compiled, ok := r.compiled[at]; ok {
			i = compiled
			if words := compileError(c); words != "" {
				found = []difference{{words: words}}
			}
		}
		for _, d := range found {
			d.cell = i + 1
			d.source, _, _ = strings.Cut(committed.Cells[i].Source, "\n")
			out = append(out, d)
		}
	}
	return out
}

// compileError is why a cell does not compile, "" when it does.
func compileError(c *notebook.Cell) string {
	for _, o := range c.Outputs {
		if o.Type == notebook.Error {
			if strings.Contains(o.ErrorValue, notEvaluated) && o.ErrorName == "Panic" {
				return ""
			}
			return fmt.Sprintf("it does not compile: %s: %s", o.ErrorName, o.ErrorValue)
		}
	}
	return "it was not compiled"
}

// checkRecord looks whether the outputs of a recorded notebook are those of one
// execution, from the first cell to the last, in which nothing failed.
func checkRecord(nb *notebook.Notebook) []difference {
	var out []difference
	n := 0
	for i, c := range nb.Cells {
		if c.Type != notebook.Code || strings.TrimSpace(c.Source) == "" {
			continue
		}
		n++
		words := ""
		switch {
		case c.ExecutionCount == 0:
			words = "it was never executed"
		case c.ExecutionCount != n:
			words = fmt.Sprintf("it was executed as [%d], and its place is [%d]", c.ExecutionCount, n)
		}
		for _, o := range c.Outputs {
			if o.Type == notebook.Error {
				words = fmt.Sprintf("it failed: %s: %s", o.ErrorName, o.ErrorValue)
			}
		}
		if words != "" {
			source, _, _ := strings.Cut(c.Source, "\n")
			out = append(out, difference{cell: i + 1, source: source, words: words})
		}
	}
	return out
}

// checkDocument looks for every text/markdown output in the document.
func checkDocument(nb *notebook.Notebook, path string) ([]difference, error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []difference
	for i, c := range nb.Cells {
		for n, o := range c.Outputs {
			text, ok := o.Data["text/markdown"].(string)
			if !ok || strings.Contains(string(document), strings.TrimSpace(text)) {
				continue
			}
			source, _, _ := strings.Cut(c.Source, "\n")
			out = append(out, difference{cell: i + 1, source: source, place: fmt.Sprintf("output %d", n+1), words: fmt.Sprintf("%s does not hold this text:\n%s", path, indent(text))})
		}
	}
	return out, nil
}

// testRecorded checks a recorded notebook on a machine that may lack what it
// needs: its record is whole; cells that need it compile; every other cell,
// evaluated on the recorded runs, has the outputs that are recorded.
func testRecorded(ctx context.Context, e *executor, path string, committed *notebook.Notebook, r *recording, update bool) (word string, err error) {
	if found := checkRecord(committed); len(found) > 0 {
		return "", fmt.Errorf("%s", report(found))
	}
	prelude, err := e.unpack(path, r)
	if err != nil {
		return "", err
	}
	plan, err := rehearse(committed, prelude)
	if err != nil {
		return "", err
	}
	fresh, err := e.rehearse(ctx, path, plan.notebook)
	if err != nil {
		return "", err
	}
	found := plan.differences(committed, fresh)
	updated := update && len(found) > 0
	if updated {
		for at, i := range plan.repeated {
			c := committed.Cells[i]
			c.Outputs = fresh.Cells[at].Outputs
			for _, o := range c.Outputs {
				if o.Type == notebook.ExecuteResult {
					o.ExecutionCount = c.ExecutionCount // the rehearsal has more cells
				}
			}
		}
		if found = plan.differences(committed, fresh); len(found) == 0 {
			err = committed.Write(path)
		}
	}
	if err == nil && r.Document != "" {
		var missing []difference
		missing, err = checkDocument(committed, filepath.Join(filepath.Dir(path), r.Document))
		found = append(found, missing...)
	}
	switch {
	case err != nil:
		return "", err
	case len(found) > 0:
		return "", fmt.Errorf("%s", report(found))
	case updated:
		return "updated", nil
	}
	return fmt.Sprintf("ok, %d of %d cells recorded (they need %s) and compiled, the others evaluated on its records:", len(plan.compiled), len(plan.compiled)+len(plan.repeated), r.Needs), nil
}

// record executes a recorded notebook on a machine that has what it needs, and
// writes its outputs and the records of its runs. What was computed before it
// failed is kept.
func record(ctx context.Context, e *executor, path string, r *recording) (word string, err error) {
	fresh, engines, err := e.execute(ctx, path)
	if err != nil {
		e.keep = true
		return "", fmt.Errorf("%w\n  kept: %s, %s", err, e.executed(path), e.runs(path))
	}
	setEngines(fresh, engines)
	if err := e.pack(path, r); err != nil {
		return "", err
	}
	return "recorded", fresh.Write(path)
}
