package cell

import (
	"fmt"
	"go/scanner"
	"go/token"
	"strings"

	"adkernel/kernel/eval"
)

// refusedDirectives mean something to the toolchain alone, and without it the
// program would run with other values: directive -> what to do instead.
var refusedDirectives = map[string]string{
	"//go:embed":    "os.ReadFile and os.DirFS read files when the cell runs",
	"//go:linkname": "cells call what packages export",
}

// refuseDirectives finds comments that change what a program computes, and that
// no evaluator heeds.
func refuseDirectives(src string, n int) error {
	if !strings.Contains(src, "//go:") {
		return nil
	}
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(src))
	var sc scanner.Scanner
	sc.Init(file, []byte(src), nil, scanner.ScanComments) // its complaints are split's
	var at []eval.Diagnostic
	for {
		pos, tok, lit := sc.Scan()
		if tok == token.EOF {
			break
		}
		if tok != token.COMMENT {
			continue
		}
		name, _, _ := strings.Cut(strings.ReplaceAll(lit, "\t", " "), " ")
		if instead, ok := refusedDirectives[name]; ok {
			p := file.Position(pos)
			at = append(at, eval.Diagnostic{Cell: n, Line: p.Line, Column: p.Column, Message: fmt.Sprintf("%s is not available in cells: %s", name, instead)})
		}
	}
	if len(at) == 0 {
		return nil
	}
	return problem(eval.Refused, at)
}
