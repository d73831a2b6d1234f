// Package jinja renders chat templates as Python's Jinja2 does in the
// environment that transformers gives them: an immutable sandbox with
// trim_blocks, lstrip_blocks, the loop controls, the generation tag and its own
// tojson. A prompt that differs from the reference's by a space is a defect
// that nobody sees, so the values are Python's too: what is added, compared,
// sliced and printed follows its types, not Go's.
//
// What is not Jinja2's is an error, and so is what this package does not know:
// it never guesses a text. It does not load other templates (include, import,
// extends, block) and does not escape markup.
//
// The libraries that there are do not: of the 9,396 templates that the grid in
// testdata had at first, ardanlabs/jinja 1.12 gives 469 another text than
// Jinja2, and a text to 2,842 that Jinja2 refuses; gonja 2.9 gives 984 and
// 2,654. Neither lets its values or built-in filters be replaced.
//
// Its values are nil, bool, int64, float64, string, *List, *Dict, and those
// that templates make.
package jinja

import (
	"errors"
	"fmt"
	"strings"
)

// A Template is ready to be rendered, by several goroutines at once too.
type Template struct {
	body   body
	hidden []string // names that are undefined at first
}

// An Error says on which line of the template it came up.
type Error struct {
	Line int
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// at gives err a line, if it has none yet.
func at(line int, err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &Error{line, err}
}

// Parse reads a template.
func Parse(source string) (*Template, error) {
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	b, err := parse(tokens)
	if err != nil {
		return nil, err
	}
	return &Template{b, b.scope(nil)}, nil
}

// Render returns the text. Its variables are values of this package, or Go's
// own as ValueOf takes them.
func (t *Template) Render(variables map[string]any) (string, error) {
	context := &scope{names: map[string]any{}, parent: globals}
	for name, v := range variables {
		value, err := ValueOf(v)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		context.names[name] = value
	}
	var out strings.Builder
	f := (&frame{context, &machine{}}).inner(t.hidden...)
	if _, err := t.body.exec(f, &out); err != nil {
		return "", err
	}
	return out.String(), nil
}

// What one rendering may cost, so that no template runs for ever.
const (
	mostSteps = 1_000_000
	mostDepth = 200      // of calls and loops within each other
	mostText  = 16 << 20 // bytes of one text, and of the output
	mostItems = 1 << 20  // elements of one list
)

var (
	errTooLong = fmt.Errorf("a text of more than %d MiB", mostText>>20)
	errTooMany = fmt.Errorf("a list of more than %d elements", mostItems)
)

// machine counts what a rendering costs.
type machine struct{ steps, depth int }

func (m *machine) step() error {
	if m.steps++; m.steps > mostSteps {
		return errors.New("the template takes too many steps: it may never end")
	}
	return nil
}

// deeper counts a call or a loop until what it returns is called.
func (m *machine) deeper() (func(), error) {
	if m.depth++; m.depth > mostDepth {
		return nil, errors.New("calls and loops lie too deep within each other")
	}
	return func() { m.depth-- }, nil
}

// A scope holds names; those of its parents are seen through it.
type scope struct {
	names  map[string]any
	parent *scope
}

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.parent {
		if v, ok := s.names[name]; ok {
			return v, true
		}
	}
	return nil, false
}

// frame is where code runs.
type frame struct {
	*scope
	*machine
}

// inner is a frame whose new names are its own. The hidden ones are undefined
// in it at first.
func (f *frame) inner(hidden ...string) *frame {
	names := map[string]any{}
	for _, name := range hidden {
		names[name] = undefined{fmt.Sprintf("%q", name)}
	}
	return &frame{&scope{names: names, parent: f.scope}, f.machine}
}
