package notebook

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"

	"adkernel/internal/wholefile"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

var page = template.Must(template.New("page").Parse(pageSource))

// WriteHTML writes the notebook to a file as one self-contained page: markdown
// rendered, code coloured, each output in the richest form that needs no
// script. It follows the reader's choice of light or dark. Scripts are neither
// written nor allowed to run, nothing is loaded from elsewhere, and nothing but a
// link that is clicked leads there: the page is safe to attach to a bug report. Either the whole file is there afterwards, or
// what was there before.
func (nb *Notebook) WriteHTML(path string) error {
	if err := wholefile.Write(path, nb.writePage); err != nil {
		return fmt.Errorf("page %s cannot be written: %w", path, err)
	}
	return nil
}

func (nb *Notebook) writePage(w io.Writer) error {
	cells := make([]pageCell, len(nb.Cells))
	for i, c := range nb.Cells {
		cells[i] = newPageCell(c)
	}
	return page.Execute(w, struct {
		Title string
		Style template.CSS
		Cells []pageCell
	}{nb.title(), template.CSS(pageStyle), cells})
}

// pageCell is a cell as the template shows it.
type pageCell struct {
	Type    string
	Number  int // execution count; 0: not executed
	Text    template.HTML
	Outputs []pageOutput
}

type pageOutput struct {
	Class  string
	Number int // execution count of a result, else 0
	Body   template.HTML
}

func newPageCell(c *Cell) pageCell {
	p := pageCell{Type: c.Type, Number: c.ExecutionCount}
	switch c.Type {
	case Markdown:
		p.Text = renderMarkdown(c.Source, c.Attachments)
	case Code:
		p.Text = highlightGo(c.Source)
	default:
		p.Text = template.HTML(template.HTMLEscapeString(c.Source))
	}
	for _, o := range c.Outputs {
		p.Outputs = append(p.Outputs, newPageOutput(o))
	}
	return p
}

// title is that of the metadata, or the first heading, or the file's name.
func (nb *Notebook) title() string {
	if title, _ := nb.Metadata["title"].(string); title != "" {
		return title
	}
	for _, c := range nb.Cells {
		if c.Type != Markdown {
			continue
		}
		for line := range strings.Lines(c.Source) {
			if heading, ok := strings.CutPrefix(line, "# "); ok {
				return strings.TrimSpace(heading)
			}
		}
	}
	if nb.path != "" {
		return strings.TrimSuffix(filepath.Base(nb.path), filepath.Ext(nb.path))
	}
	return "Notebook"
}
