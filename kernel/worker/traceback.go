package worker

import (
	"fmt"
	"strings"

	"adkernel/kernel/eval"
)

// An Error says how a cell ended early, in the terms in which front ends show it.
type Error struct {
	Name      string   // "CompileError", "Panic", "KeyboardInterrupt", "WorkerDied", ... : Jupyter's ename
	Value     string   // Jupyter's evalue
	Traceback []string // what to show, with ANSI colours
	Cause     error    // an *eval.Error or a *Death
}

func (e *Error) Error() string { return e.Name + ": " + e.Value }

func (e *Error) Unwrap() error { return e.Cause }

// Colours of a traceback, those of ipykernel.
const (
	red   = "\x1b[31m"
	green = "\x1b[32m"
	cyan  = "\x1b[36m"
	plain = "\x1b[0m"
)

const (
	contextLines  = 2  // shown above a line
	maxPlaces     = 10 // shown of one error
	earlierPlaces = 3  // of a panic that another one overtook: the others are those of the last one
)

func headline(name, value string) string { return red + name + plain + ": " + value }

// cellError renders e with the lines of the cells that it points to.
func (s *Session) cellError(e *eval.Error) *Error {
	value := e.Error()
	if e.Kind == eval.Failure && e.Cause != nil {
		value = e.Cause.Error()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Error{Name: e.Name(), Value: value, Cause: e, Traceback: s.traceback(e, value)}
}

func (s *Session) traceback(e *eval.Error, value string) []string {
	if len(e.At) == 0 {
		var lines []string
		for _, o := range e.Earlier {
			lines = append(lines, headline(eval.Panic.String(), o.String()))
			lines = append(lines, s.calls(o.Trace, nil, o.More, earlierPlaces)...)
		}
		lines = append(lines, headline(e.Name(), value))
		return append(lines, s.calls(e.Trace, e.Values, e.More, maxPlaces)...)
	}
	var lines []string
	for i, d := range e.At {
		if i == maxPlaces {
			lines = append(lines, fmt.Sprintf("... %d more errors", len(e.At)-i))
			break
		}
		lines = append(lines, cyan+place(d.Cell, d.Line, d.Column)+plain+": "+headline(e.Name(), d.Message))
		lines = append(lines, excerpt(s.sources[d.Cell], d.Line, d.Column)...)
	}
	return lines
}

// calls shows where a cell panicked, innermost call first, with the variables
// on that line, and a recursion once. It shows up to most places; trace leaves
// out more calls.
func (s *Session) calls(trace []eval.Frame, values []eval.Variable, more, most int) (lines []string) {
	shown := 0
	for i, c := range eval.Calls(trace) {
		if i == most {
			break
		}
		shown += c.Times
		where := cyan + place(c.Cell, c.Line, c.Column) + plain
		if c.Func != "" {
			where += " in " + c.Func
		}
		if c.Times > 1 {
			where += fmt.Sprintf(", %d times", c.Times)
		}
		lines = append(lines, where)
		if source, ok := s.sources[c.Cell]; ok && (c.Source == "" || c.Source == lineOf(source, c.Line)) {
			lines = append(lines, excerpt(source, c.Line, c.Column)...)
		} else if c.Source != "" { // of another cell of that number, which was not stored
			lines = append(lines, pointed(c.Source, c.Line, c.Column)...)
		}
		if i == 0 {
			for _, v := range values {
				lines = append(lines, strings.Repeat(" ", 8)+cyan+v.Name+plain+" = "+v.Value)
			}
		}
	}
	if more += len(trace) - shown; more > 0 {
		lines = append(lines, fmt.Sprintf("... %d more calls", more))
	}
	return lines
}

func place(cell, line, column int) string {
	return fmt.Sprintf("In[%d]:%d:%d", cell, line, column)
}

// excerpt shows a line with what stands above it, and a caret under the
// column (in bytes, from 1). Nothing where there is no such line.
func excerpt(source string, line, column int) []string {
	text := strings.Split(source, "\n")
	if line < 1 || line > len(text) {
		return nil
	}
	var lines []string
	for n := max(1, line-contextLines); n < line; n++ {
		lines = append(lines, fmt.Sprintf("%s%7d%s %s", green, n, plain, text[n-1]))
	}
	return append(lines, pointed(text[line-1], line, column)...)
}

// lineOf is a line of source, counted from 1; "" where there is none.
func lineOf(source string, line int) string {
	for text := range strings.Lines(source) {
		if line--; line == 0 {
			return strings.TrimSuffix(text, "\n")
		}
	}
	return ""
}

// pointed is the text of a line with a caret under the column.
func pointed(text string, line, column int) []string {
	lines := []string{fmt.Sprintf("%s-->%4d%s %s", green, line, plain, text)}
	if column >= 1 {
		lines = append(lines, strings.Repeat(" ", 8)+eval.Indent(text, column)+red+"^"+plain)
	}
	return lines
}
