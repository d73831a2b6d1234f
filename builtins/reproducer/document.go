package reproducer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"adkernel/kernel/host"
	"adkernel/kernel/notebook"
)

// A document is a reproducer before it is written.
type document struct {
	finding *Finding
	cells   []host.Cell
	file    string // name of the notebook
}

// Cells that every reproducer ends with. The picture comes first, so that the
// finding is what the notebook ends in.
const (
	figureCell  = "PlotSubjects(Finding().Comparison())"
	findingCell = "Finding()"
)

func (d document) notebook() (*notebook.Notebook, error) {
	c := d.finding.comparison
	nb := &notebook.Notebook{}
	nb.Cells = append(nb.Cells, markdown(d.opening()), markdown(d.needs()), markdown("## The cells that lead to the finding"))
	n := 0
	for _, cell := range d.cells {
		if cell.Source == "" {
			continue
		}
		n++
		nb.Cells = append(nb.Cells, &notebook.Cell{Type: notebook.Code, Source: cell.Source})
	}
	nb.Cells = append(nb.Cells, markdown("## The finding"))
	for _, shown := range []struct {
		source string
		bundle host.Bundle
	}{{figureCell, c.SubjectsFigure().MimeBundle()}, {findingCell, d.finding.MimeBundle()}} {
		n++
		output, err := result(n, shown.bundle)
		if err != nil {
			return nil, err
		}
		nb.Cells = append(nb.Cells, &notebook.Cell{Type: notebook.Code, Source: shown.source, ExecutionCount: n, Outputs: []*notebook.Output{output}})
	}
	record, err := d.record()
	if err != nil {
		return nil, err
	}
	nb.Cells = append(nb.Cells, markdown(record))
	finding, err := jsonTree(d.finding)
	if err != nil {
		return nil, err
	}
	nb.Metadata = map[string]any{
		"adkernel":      map[string]any{"finding": finding},
		"kernelspec":    map[string]any{"name": "adkernel", "display_name": "Go (adkernel)", "language": "go"},
		"language_info": map[string]any{"name": "go", "file_extension": ".go"},
	}
	return nb, nil
}

func markdown(text string) *notebook.Cell {
	return &notebook.Cell{Type: notebook.Markdown, Source: strings.TrimSpace(text)}
}

// result is an output as notebooks keep it: bytes as base64, and JSON as a tree.
func result(n int, b host.Bundle) (*notebook.Output, error) {
	o := &notebook.Output{Type: notebook.ExecuteResult, ExecutionCount: n, Data: map[string]any{}, Metadata: map[string]any{}}
	for mime, value := range b.Data {
		switch value := value.(type) {
		case string:
			o.Data[mime] = value
		case []byte:
			o.Data[mime] = base64.StdEncoding.EncodeToString(value)
		default:
			tree, err := jsonTree(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", mime, err)
			}
			o.Data[mime] = tree
		}
	}
	for key, value := range b.Metadata {
		tree, err := jsonTree(value)
		if err != nil {
			return nil, fmt.Errorf("metadata %s: %w", key, err)
		}
		o.Metadata[key] = tree
	}
	return o, nil
}

// jsonTree is value in the types that a notebook holds.
func jsonTree(value any) (any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree any
	return tree, d.Decode(&tree)
}
