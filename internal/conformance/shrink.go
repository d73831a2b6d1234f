package main

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"

	"adkernel/internal/conformance/generate"
	"adkernel/internal/program"
)

// shrink drops statements and declarations of a unit as long as the command
// prints something else than the compiled program. It compiles f.shrinks
// programs at most.
func (f *fuzzer) shrink(ctx context.Context, u generate.Unit) (generate.Unit, error) {
	left := f.shrinks
	for size := 8; size > 0 && left > 0; {
		dropped := false
		for at := 0; left > 0; {
			candidate, more, err := without(u, at, size)
			if err != nil {
				return u, err
			}
			if !more {
				break
			}
			if compiles(candidate) {
				left--
			} else {
				at += size
				continue
			}
			differs, err := f.differs(ctx, candidate)
			if err != nil {
				return u, err
			}
			if differs {
				u, dropped = candidate, true
				continue // what follows is now at the same place
			}
			at += size
		}
		if !dropped || size > 1 {
			size /= 2
		}
	}
	return u, nil
}

// compiles says whether the unit type-checks as a program, which is cheap to know.
func compiles(u generate.Unit) bool {
	text, err := generate.Program([]generate.Unit{u})
	if err != nil {
		return false
	}
	_, err = program.Parse("main.go", text)
	return err == nil
}

// differs says whether the unit compiles and comes out wrong.
func (f *fuzzer) differs(ctx context.Context, u generate.Unit) (bool, error) {
	want, err := f.compiled(ctx, []generate.Unit{u})
	if errors.Is(err, errDoesNotCompile) {
		return false, nil
	}
	if err != nil {
		return false, ctx.Err() // a program that ends otherwise is another difference
	}
	got, err := f.evaluated(ctx, &f.runner, []generate.Unit{u})
	if err != nil {
		return false, err
	}
	return got.code != exitRefused && sections(got.out)[u.Name] != f.wanted(want)[u.Name], nil
}

// without is the unit without the n droppable nodes that begin with the one at
// index at; more is false when there is none. Statements of all depths and
// declarations other than the entry can be dropped, the last first: what they
// declare is used behind them.
func without(u generate.Unit, at, n int) (out generate.Unit, more bool, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", "package main\n"+u.Source, 0)
	if err != nil {
		return u, false, err
	}
	var nodes []ast.Node
	ast.Inspect(file, func(node ast.Node) bool {
		switch x := node.(type) {
		case *ast.BlockStmt:
			nodes = append(nodes, droppable(x.List)...)
		case *ast.CaseClause:
			nodes = append(nodes, droppable(x.Body)...)
		case *ast.File:
			for _, d := range x.Decls {
				if fd, ok := d.(*ast.FuncDecl); !ok || fd.Name.Name != u.Name {
					nodes = append(nodes, d)
				}
			}
		}
		return true
	})
	if at >= len(nodes) {
		return u, false, nil
	}
	drop := map[ast.Node]bool{}
	for i := at; i < min(at+n, len(nodes)); i++ {
		drop[nodes[len(nodes)-1-i]] = true
	}
	keep := func(list []ast.Stmt) []ast.Stmt {
		var out []ast.Stmt
		for _, s := range list {
			if !drop[s] {
				out = append(out, s)
			}
		}
		return out
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch x := node.(type) {
		case *ast.BlockStmt:
			x.List = keep(x.List)
		case *ast.CaseClause:
			x.Body = keep(x.Body)
		}
		return true
	})
	var b bytes.Buffer
	for _, d := range file.Decls {
		if drop[d] {
			continue
		}
		if err := format.Node(&b, fset, d); err != nil {
			return u, false, err
		}
		b.WriteString("\n\n")
	}
	return generate.Unit{Name: u.Name, Source: b.String()}, true, nil
}

// droppable are the statements whose loss leaves a program without races.
func droppable(list []ast.Stmt) []ast.Node {
	var out []ast.Node
	for _, s := range list {
		var call *ast.CallExpr
		switch x := s.(type) {
		case *ast.ExprStmt:
			call, _ = x.X.(*ast.CallExpr)
		case *ast.DeferStmt:
			call = x.Call
		}
		if call != nil {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				if id, ok := sel.X.(*ast.Ident); ok && (id.Name == "mu" || id.Name == "wg") {
					continue
				}
			}
		}
		out = append(out, s)
	}
	return out
}
