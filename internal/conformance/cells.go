package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"adkernel/internal/conformance/generate"
	"adkernel/kernel/notebook"
)

// unitKey names the unit of a cell in its metadata.
const unitKey = "unit"

// inCells is the outcome of the units as a notebook, which the command executes
// in place, going on after a cell that fails. A unit ends with its first cell
// that does; its output is given as a program's is, but for what a panic says.
func (f *fuzzer) inCells(ctx context.Context, by *runner, units []generate.Unit) (outcome, error) {
	nb := notebook.Notebook{Cells: []*notebook.Cell{{Type: notebook.Code, Source: generate.HelperCell()}}}
	for _, u := range units {
		cells, err := generate.Cells(u)
		if err != nil {
			return outcome{}, err
		}
		for _, source := range cells {
			nb.Cells = append(nb.Cells, &notebook.Cell{Type: notebook.Code, Source: source, Metadata: map[string]any{unitKey: u.Name}})
		}
	}
	f.tries++
	file := filepath.Join(f.dir, fmt.Sprint(f.tries), "main.ipynb")
	if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
		return outcome{}, err
	}
	if err := nb.Write(file); err != nil {
		return outcome{}, err
	}
	o, err := by.run(ctx, file, filepath.Dir(file))
	if err != nil || o.code != 0 {
		return o, err
	}
	executed, err := notebook.Read(file)
	if err != nil {
		return outcome{}, err
	}
	o.out, o.code = printed(executed)
	return o, os.RemoveAll(filepath.Dir(file))
}

// printed is what the units of an executed notebook printed, each after "== "
// and its name; or why a cell was refused, and the status that says so.
func printed(nb *notebook.Notebook) (out []byte, code int) {
	var b strings.Builder
	unit, ended := "", false
	for _, c := range nb.Cells {
		if name, _ := c.Metadata[unitKey].(string); name != unit {
			unit, ended = name, false
			fmt.Fprintf(&b, "== %s\n", unit)
		}
		if ended {
			continue
		}
		for _, o := range c.Outputs {
			switch {
			case o.Type == notebook.Stream && o.Name == "stdout":
				b.WriteString(o.Text)
			case o.Type == notebook.Error && o.ErrorName == "Panic":
				b.WriteString("panic\n")
				ended = true
			case o.Type == notebook.Error:
				code, ended = exitRefused, true
				if out == nil {
					out = fmt.Appendf(nil, "%s: %s\n", o.ErrorName, o.ErrorValue)
				}
			}
		}
	}
	if code != 0 {
		return append(out, b.String()...), code
	}
	return []byte(b.String()), 0
}

// inNotebook is a unit's output as a notebook keeps it, which has U+FFFD for
// bytes that are no UTF-8, without what the panic says that ended it.
func inNotebook(out string) string {
	out = strings.ToValidUTF8(out, "\uFFFD")
	body := strings.TrimSuffix(out, "\n")
	at := strings.LastIndexByte(body, '\n') + 1
	if strings.HasPrefix(body[at:], "panic: ") {
		return body[:at] + "panic" + out[len(body):]
	}
	return out
}
