// Package eval is a cell as a program: the Evaluator that runs one after
// another, with what they declared alive between them. Two evaluators stand
// behind the interface (yaegi, exact); a session chooses one, because values
// do not cross from one to the other. The package knows Go, not Jupyter.
package eval

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// An Evaluator runs the cells of one session. Evaluate is called for one cell
// at a time; the other methods may be called beside it, from any goroutine.
type Evaluator interface {
	// Evaluate checks the whole cell, then runs it. Nothing of a cell that
	// does not compile has run. The error is an *Error. When ctx is done the
	// cell stops; what it had assigned stays, and older closures still work.
	// Where the cause is ErrOver, nothing stops.
	Evaluate(ctx context.Context, cell Cell) (Result, error)

	// Complete proposes what may stand at the cursor (a byte offset).
	Complete(source string, cursor int) Completion

	// Inspect describes the name at the cursor; ok is false when there is none.
	Inspect(source string, cursor int) (in Inspection, ok bool)

	// IsComplete says whether source could run as it stands.
	IsComplete(source string) Completeness

	// Names lists what is alive, sorted by name.
	Names() []Name

	// Value returns the live variable's value.
	Value(name string) (reflect.Value, bool)

	// Close ends the session; goroutines of cells may go on.
	Close() error
}

// ErrOver is the cause with which a cell's context ends when the cell has: who
// waited on its behalf stops waiting, but the functions that it left with native
// code, such as handlers and timers, go on.
var ErrOver = errors.New("the cell is over")

// A Replayer is an Evaluator whose session can be partly rebuilt elsewhere,
// after its process died.
type Replayer interface {
	// Declarations lists the imports, types and functions that are alive, as
	// cells that a new session can evaluate in this order: no variables and
	// no statements, positions as in the cells that the user wrote.
	Declarations() []Cell
}

// A Setter is an Evaluator whose cells change settings of the process, such as
// its folder, which stay when the session starts anew.
type Setter interface {
	// Settings are cells that bring them about in another process.
	Settings() []Cell
}

// A Cell is source text and its execution count, which positions refer to:
// In[7]:2:5 is line 2, column 5 of the seventh cell.
type Cell struct {
	N      int
	Source string
}

// A Result is what a cell that ended well leaves.
type Result struct {
	// Values of the last expression, in order; empty when the cell ends in
	// something else, in a call without results, in a print, or in a call that
	// returned a nil error and nothing else.
	Values  []any
	Defines []string // top-level names it declared, sorted
	Uses    []string // top-level names of earlier cells it mentions, sorted
	Notes   []string // what the user should know: an import added, a caller that no longer compiles

	Ran time.Duration // without what checking and compiling it took
}

// Name is one live declaration.
type Name struct {
	Name string
	Kind string // "var", "const", "func", "type", "package"
	Type string // as Go writes it, in terms of the cells' names
	Cell int    // where it was declared last
}

// Completion replaces Source[Start:End] by one of the Items.
type Completion struct {
	Start, End int
	Items      []Item
}

// Item is one candidate.
type Item struct {
	Text string
	Kind string // "var", "const", "func", "method", "field", "type", "package", "keyword", "label", "column", "key", "value", "file", "folder"
	Type string // signature or type, may be empty

	// Import is the path of a package that the cell does not import, and that
	// will be imported when it runs. "" for most.
	Import string `json:",omitempty"`
}

// Inspection describes a name.
type Inspection struct {
	Signature string // declaration as Go writes it
	Doc       string // doc comment, "" when there is none; in it, and in Example, code is indented
	Example   string // code, "" when there is none
	Argument  string // where a call or a literal is described: the one that is typed, as in "argument 2 of 3: t Task"
	Value     string // of a variable, in a few words
	Where     string // In[3]:1:6, or an import path
	Source    string // the declaration's text, where it is known
	Unsourced string // why it is not, "" where a cell or a folder of sources declares the name
}

// Completeness of a cell that is being typed.
type Completeness struct {
	Status string // "complete", "incomplete", "invalid"
	Indent string // of the next line, when incomplete
}

// Kind says when and why a cell ended in an error.
type Kind int

// Kinds of Error.
const (
	Syntax    Kind = iota // did not parse: nothing ran
	Check                 // did not type-check: nothing ran
	Refused               // is Go, but this evaluator would not run it right: nothing ran
	Panic                 // panicked
	Failure               // a function of the vocabulary said that it could not do its work
	Interrupt             // the user interrupted
	Exit                  // called os.Exit
)

// An Error is why a cell ended early.
type Error struct {
	Kind    Kind
	Message string       // one line
	At      []Diagnostic // Syntax, Check, Refused: Go's own messages
	Trace   []Frame      // Panic: the cells' frames, innermost first
	More    int          // Panic: calls that Trace leaves out
	Values  []Variable   // Panic: the variables on the innermost frame's line
	Earlier []Overtaken  // Panic, Failure: what deferred calls that panicked put this in the place of, the first one first
	Cause   error        // Failure
	Status  int          // Exit
}

// A Diagnostic is a message at a place of a cell.
type Diagnostic struct {
	Cell, Line, Column int
	Message            string
}

// Overtaken is a panic that had not ended when a deferred call, which it or a
// later one made run, panicked in turn.
type Overtaken struct {
	Message   string // one line
	Recovered bool   // the deferred call had recovered it
	Again     bool   // what comes next is a panic with the same value
	Trace     []Frame
	More      int // calls that Trace leaves out
}

// String is what Go prints of it after "panic: ".
func (o Overtaken) String() string {
	switch {
	case o.Recovered && o.Again:
		return o.Message + " [recovered, repanicked]"
	case o.Recovered:
		return o.Message + " [recovered]"
	}
	return o.Message
}

// A Frame is a call in a cell.
type Frame struct {
	Func               string
	Cell, Line, Column int
	Source             string // the line's text, where the evaluator still knows it
}

func (d Diagnostic) String() string {
	return fmt.Sprintf("In[%d]:%d:%d: %s", d.Cell, d.Line, d.Column, d.Message)
}

// Name is the error's class for Jupyter's ename.
func (e *Error) Name() string { return e.Kind.String() }

func (k Kind) String() string {
	switch k {
	case Syntax, Check:
		return "CompileError"
	case Refused:
		return "Refused"
	case Panic:
		return "Panic"
	case Interrupt:
		return "KeyboardInterrupt"
	case Exit:
		return "Exit"
	default:
		return "Error"
	}
}

func (e *Error) Error() string {
	if len(e.At) == 0 {
		return e.Message
	}
	lines := make([]string, len(e.At))
	for i, d := range e.At {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

func (e *Error) Unwrap() error { return e.Cause }

// A Stop ends the running cell with Err and without a stack trace. Functions
// of a vocabulary, which return one value so that cells read well, panic with
// it; the evaluator turns it into an Error of kind Failure.
type Stop struct{ Err error }

func (s Stop) Error() string { return s.Err.Error() }

// A Vocabulary is a package whose exported names every cell sees without an
// import, with what the evaluators need to know of it and its neighbours.
type Vocabulary struct {
	Path    string                              // import path of the package seen in every cell
	Symbols map[string]map[string]reflect.Value // "import/path/name" -> symbol -> value, as yaegi's extractor writes them
	Types   map[string][]byte                   // import path -> export data (golang.org/x/tools/go/gcexportdata)

	// Docs are by "import/path", "import/path.Name", "import/path.Type.Method"
	// or "import/path.Type.Field". They are read when they are first asked for.
	// It may be nil.
	Docs func() map[string]Doc

	// Strings says what may stand in a string of a cell, and whether it knows
	// what the string is for. It does not evaluate anything that has effects.
	// It may be nil.
	Strings func(Literal) (Suggestion, bool)

	// Summary says in a few words what a value is, "" when it does not know.
	// It may be nil.
	Summary func(reflect.Value) string
}

// A Doc is what is written about a name.
type Doc struct {
	Text    string `json:",omitempty"` // the doc comment
	Example string `json:",omitempty"` // the body of its Example function
}
