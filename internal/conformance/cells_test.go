package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/notebook"
)

func TestPrinted(t *testing.T) {
	cell := func(unit string, outputs ...*notebook.Output) *notebook.Cell {
		c := &notebook.Cell{Type: notebook.Code, Outputs: outputs}
		if unit != "" {
			c.Metadata = map[string]any{unitKey: unit}
		}
		return c
	}
	text := func(name, text string) *notebook.Output {
		return &notebook.Output{Type: notebook.Stream, Name: name, Text: text}
	}
	panics := &notebook.Output{Type: notebook.Error, ErrorName: "Panic", ErrorValue: "no"}
	nb := &notebook.Notebook{Cells: []*notebook.Cell{
		cell(""),
		cell("u0", text("stdout", "a\n"), text("stderr", "imported\n")),
		cell("u0", text("stdout", "b\n"), panics),
		cell("u0", text("stdout", "after the end\n")),
		cell("u1", text("stdout", "c\n")),
	}}
	out, code := printed(nb)
	require.Zero(t, code)
	require.Equal(t, map[string]string{"u0": "a\nb\npanic", "u1": "c\n"}, sections(out))

	nb.Cells[4].Outputs = []*notebook.Output{{Type: notebook.Error, ErrorName: "CompileError", ErrorValue: "undefined: x"}}
	out, code = printed(nb)
	require.Equal(t, exitRefused, code)
	require.Equal(t, "CompileError: undefined: x", firstLine(out))
}

func TestInNotebook(t *testing.T) {
	require.Equal(t, "a\npanic\n", inNotebook("a\npanic: int 3\n"))
	require.Equal(t, "panic", inNotebook("panic: x"))
	require.Equal(t, "panic: of a scenario\nb\n", inNotebook("panic: of a scenario\nb\n"))
	require.Equal(t, "a\uFFFD\n", inNotebook("a\xff\xfe\n"))
}
