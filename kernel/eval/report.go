package eval

import (
	"fmt"
	"strings"
)

// A Variable is one on the line where a cell panicked.
type Variable struct {
	Name  string // as the line has it: x, or t.next
	Value string // in short, as its memory says
}

// Report describes the error as plain text: its message, and for each call the
// place, the line with a caret, and where the panic was the variables on it.
// What a panic overtook comes before it.
func (e *Error) Report() string {
	var b strings.Builder
	for _, o := range e.Earlier {
		fmt.Fprintf(&b, "%s: %s\n", Panic, o)
		report(&b, o.Trace, nil, o.More)
	}
	fmt.Fprintf(&b, "%s: %s\n", e.Name(), e.Error())
	b.WriteString(e.Places())
	return b.String()
}

// Places is the part of Report about the error's own calls.
func (e *Error) Places() string {
	var b strings.Builder
	report(&b, e.Trace, e.Values, e.More)
	return b.String()
}

func report(b *strings.Builder, trace []Frame, values []Variable, more int) {
	for i, c := range Calls(trace) {
		fmt.Fprintf(b, "In[%d]:%d:%d", c.Cell, c.Line, c.Column)
		if c.Func != "" {
			fmt.Fprintf(b, " in %s", c.Func)
		}
		if c.Times > 1 {
			fmt.Fprintf(b, ", %d times", c.Times)
		}
		b.WriteByte('\n')
		if c.Source != "" {
			fmt.Fprintf(b, "    %s\n", c.Source)
			if c.Column >= 1 {
				fmt.Fprintf(b, "    %s^\n", Indent(c.Source, c.Column))
			}
		}
		if i == 0 {
			for _, v := range values {
				fmt.Fprintf(b, "    %s = %s\n", v.Name, v.Value)
			}
		}
	}
	if more > 0 {
		fmt.Fprintf(b, "… and %d more calls\n", more)
	}
}

// A Call stands for frames at one place that follow each other.
type Call struct {
	Frame
	Times int
}

// Calls gathers the frames of a recursion.
func Calls(trace []Frame) []Call {
	var out []Call
	for _, f := range trace {
		if n := len(out); n > 0 && out[n-1].Frame == f {
			out[n-1].Times++
			continue
		}
		out = append(out, Call{f, 1})
	}
	return out
}

// Indent is as wide as the part of line before column (in bytes, from 1).
func Indent(line string, column int) string {
	before := line[:max(0, min(column-1, len(line)))]
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return '\t'
		}
		return ' '
	}, before)
}
