// Package program holds a Go program of one file to what the compiler would
// accept of it, so that the cells' evaluators can run it: cells are laxer. It
// does not know which evaluator does.
package program

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"runtime"
	"strings"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/native"
)

// Parse returns the program in src as a cell. Packages of the standard library
// can be imported, no others. The error is that of Check.
func Parse(name string, src []byte) (eval.Cell, error) {
	fset := token.NewFileSet()
	if _, _, _, err := Check(name, src, fset, native.NewImporter(fset)); err != nil {
		return eval.Cell{}, err
	}
	return eval.Cell{N: 1, Source: string(src)}, nil
}

// Check type-checks the program in src as the compiler would. The error lists
// what it would say, and what no evaluator can do, a line each, as
// "name:line:column: message".
func Check(name string, src []byte, fset *token.FileSet, imp types.Importer) (*types.Package, []*ast.File, *types.Info, error) {
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return nil, nil, nil, syntaxError(err)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{}, FileVersions: map[*ast.File]string{},
	}
	pkg, err := check(fset, file, imp, info)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := unsupported(fset, file); err != nil {
		return nil, nil, nil, err
	}
	return pkg, []*ast.File{file}, info, nil
}

// Describe says what an evaluator has against the cell, with the positions of
// the file.
func Describe(name string, err error) error {
	var problem *eval.Error
	if !errors.As(err, &problem) || len(problem.At) == 0 {
		return err
	}
	lines := make([]string, len(problem.At))
	for i, d := range problem.At {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", name, d.Line, d.Column, d.Message)
	}
	return errors.New(strings.Join(lines, "\n"))
}

func syntaxError(err error) error {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return err
	}
	list.RemoveMultiples()
	lines := make([]string, len(list))
	for i, e := range list {
		lines[i] = e.Error()
	}
	return errors.New(strings.Join(lines, "\n"))
}

// check type-checks the file as the compiler would: unlike a cell, a program
// imports all that it uses and uses all that it imports.
func check(fset *token.FileSet, file *ast.File, imp types.Importer, info *types.Info) (*types.Package, error) {
	var lines []string
	at := func(pos token.Pos, message string) {
		lines = append(lines, fmt.Sprintf("%s: %s", fset.Position(pos), message))
	}
	if file.Name.Name != "main" {
		at(file.Name.Pos(), fmt.Sprintf("package %s is not a program: its name is not main", file.Name.Name))
	}
	conf := types.Config{
		Importer: imp,
		Sizes:    types.SizesFor("gc", runtime.GOARCH),
		Error: func(err error) {
			var e types.Error
			if errors.As(err, &e) {
				at(e.Pos, e.Msg)
			}
		},
	}
	pkg, _ := conf.Check("main", fset, []*ast.File{file}, info) // the errors are in lines
	if len(lines) == 0 {
		if _, ok := pkg.Scope().Lookup("main").(*types.Func); !ok {
			at(file.Name.Pos(), "function main is undeclared in the main package")
		}
	}
	if len(lines) > 0 {
		return nil, errors.New(strings.Join(lines, "\n"))
	}
	return pkg, nil
}

// unsupported finds what means something to the toolchain and nothing to an
// evaluator.
func unsupported(fset *token.FileSet, file *ast.File) error {
	for _, group := range file.Comments {
		for _, c := range group.List {
			for _, directive := range []string{"//go:embed ", "//go:linkname "} {
				if strings.HasPrefix(c.Text, directive) {
					return fmt.Errorf("%s: %sis not available", fset.Position(c.Pos()), directive)
				}
			}
		}
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body == nil {
			return fmt.Errorf("%s: %s has no body, and assembly is not available", fset.Position(f.Pos()), f.Name.Name)
		}
	}
	return nil
}
