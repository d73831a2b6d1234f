package notebook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"strings"

	"adkernel/internal/wholefile"
)

// Write writes the notebook to a file, as nbformat 4.5, by the bytes that
// nbformat would write. Either the whole file is there afterwards, or what
// was there before.
func (nb *Notebook) Write(path string) error {
	err := wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(nb.encoded())
		return err
	})
	if err != nil {
		return fmt.Errorf("notebook %s cannot be written: %w", path, err)
	}
	return nil
}

// encoded is the content of the notebook's file.
func (nb *Notebook) encoded() []byte {
	cells := make([]any, len(nb.Cells))
	ids := nb.ids()
	for i, c := range nb.Cells {
		cells[i] = c.tree(ids[i])
	}
	tree := clone(nb.extra)
	tree["cells"] = cells
	tree["metadata"] = clone(nb.Metadata)
	tree["nbformat"] = formatMajor
	tree["nbformat_minor"] = max(formatMinor, nb.minor)
	return encode(tree)
}

// ids are those of the cells. New ones depend on nothing but the cells, so
// that writing a notebook again changes nothing.
func (nb *Notebook) ids() []string {
	ids := make([]string, len(nb.Cells))
	taken := map[string]bool{}
	for i, c := range nb.Cells {
		ids[i] = c.ID
		taken[c.ID] = true
	}
	for i, c := range nb.Cells {
		for try := 0; ids[i] == ""; try++ {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", i, try, c.Source))
			if id := hex.EncodeToString(sum[:4]); !taken[id] {
				ids[i] = id
				taken[id] = true
			}
		}
	}
	return ids
}

func (c *Cell) tree(id string) map[string]any {
	tree := clone(c.extra)
	tree["cell_type"] = c.Type
	tree["id"] = id
	tree["metadata"] = clone(c.Metadata)
	tree["source"] = splitLines(c.Source)
	if c.Attachments != nil {
		files := map[string]any{}
		for name, data := range c.Attachments {
			files[name] = splitBundle(data)
		}
		tree["attachments"] = files
	}
	if c.Type == Code {
		tree["execution_count"] = countOrNull(c.ExecutionCount)
		outputs := make([]any, len(c.Outputs))
		for i, o := range c.Outputs {
			outputs[i] = o.tree()
		}
		tree["outputs"] = outputs
	}
	return tree
}

func (o *Output) tree() map[string]any {
	tree := clone(o.extra)
	tree["output_type"] = o.Type
	switch o.Type {
	case Stream:
		tree["name"] = o.Name
		tree["text"] = splitLines(o.Text)
	case Error:
		lines := make([]any, len(o.Traceback))
		for i, line := range o.Traceback {
			lines[i] = line
		}
		tree["ename"] = o.ErrorName
		tree["evalue"] = o.ErrorValue
		tree["traceback"] = lines
	default:
		tree["data"] = splitBundle(o.Data)
		tree["metadata"] = clone(o.Metadata)
		if o.Type == ExecuteResult {
			tree["execution_count"] = countOrNull(o.ExecutionCount)
		}
	}
	return tree
}

func countOrNull(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// clone is never nil.
func clone(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return maps.Clone(m)
}

// splitBundle splits the text that nbformat splits.
func splitBundle(data map[string]any) map[string]any {
	split := map[string]any{}
	for mime, value := range data {
		text, ok := value.(string)
		if ok && (strings.HasPrefix(mime, "text/") || mime == "application/javascript" || mime == "image/svg+xml") {
			split[mime] = splitLines(text)
		} else {
			split[mime] = value
		}
	}
	return split
}

// splitLines is Python's str.splitlines(keepends=True).
func splitLines(text string) []any {
	lines := []any{}
	start := 0
	for i, r := range text {
		end := 0
		switch r {
		case '\n', '\v', '\f', '\x1c', '\x1d', '\x1e', '\u0085', '\u2028', '\u2029':
			end = i + len(string(r))
		case '\r':
			if !strings.HasPrefix(text[i+1:], "\n") {
				end = i + 1
			}
		}
		if end > 0 {
			lines = append(lines, text[start:end])
			start = end
		}
	}
	if start < len(text) {
		lines = append(lines, text[start:])
	}
	return lines
}
