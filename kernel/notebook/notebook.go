// Package notebook is .ipynb files: it reads them, executes them without
// Jupyter, writes them byte for byte as Jupyter's own nbformat does, and
// renders them as HTML. The format is nbformat 4
// (https://nbformat.readthedocs.io/en/latest/format_description.html).
//
// The package knows cells and their outputs. It does not know how a cell is
// evaluated (package worker), or what cells are about.
package notebook

// A Notebook is a list of cells and metadata.
type Notebook struct {
	Cells    []*Cell
	Metadata map[string]any // JSON values, numbers as json.Number; unknown ones are kept

	path  string         // where it was read; for messages
	minor int            // nbformat_minor to write, when above what this package writes
	extra map[string]any // fields that the format does not name, kept
}

// Types of a Cell.
const (
	Code     = "code"
	Markdown = "markdown"
	Raw      = "raw"
)

// A Cell is one cell. Outputs and ExecutionCount are of code cells alone.
type Cell struct {
	Type           string
	ID             string // letters, digits, - and _; Write makes one where it is empty
	Source         string
	Metadata       map[string]any
	Attachments    map[string]map[string]any // file name -> MIME type -> data; of Markdown and Raw
	ExecutionCount int                       // 0: not executed
	Outputs        []*Output

	extra map[string]any
}

// Types of an Output.
const (
	Stream        = "stream"
	DisplayData   = "display_data"
	ExecuteResult = "execute_result"
	Error         = "error"
)

// An Output is something below a code cell. Which fields mean something
// depends on the type.
type Output struct {
	Type string

	// Stream
	Name string // "stdout" or "stderr"
	Text string

	// DisplayData, ExecuteResult. Data is by MIME type: a string for text, one
	// of base64 for images, any JSON value for +json types.
	Data           map[string]any
	Metadata       map[string]any
	ExecutionCount int // ExecuteResult

	// Error
	ErrorName  string
	ErrorValue string
	Traceback  []string // with ANSI colours

	extra map[string]any
}

// Plain is the output as text, for a terminal: ANSI colours are kept.
func (o *Output) Plain() string {
	switch o.Type {
	case Stream:
		return o.Text
	case Error:
		return joinLines(o.Traceback)
	}
	text, _ := o.Data["text/plain"].(string)
	return text
}
