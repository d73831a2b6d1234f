package exact

import (
	"context"
	"go/ast"
	"go/token"
	"go/types"

	"adkernel/kernel/eval"
)

// A Loader checks a program's package main. Its positions go into fset, its
// imports come from imp.
type Loader func(fset *token.FileSet, imp types.Importer) (*types.Package, []*ast.File, *types.Info, error)

// RunProgram runs a whole program: package variables in the order of their
// dependencies, init functions, main. An error of the loader is returned as it
// is; others are *eval.Error, with positions in the program's files under
// cell 1.
func RunProgram(ctx context.Context, v eval.Vocabulary, o Options, load Loader) error {
	e, err := newEvaluator(v, o)
	if err != nil {
		return err
	}
	pkg, files, info, err := load(e.rt.fset, e.rt.imports)
	if err != nil {
		return err
	}
	e.rt.program = files
	first := eval.Cell{N: 1}
	if err := e.rt.load(background()); err != nil {
		return e.refused(first, err)
	}
	s := &source{pkg: pkg, files: files, info: info, places: placesOf(files)}
	if hasGenerics(info) {
		e.rt.sources.Store(pkg, s)
	}
	if err := e.rt.checkGenerics(info); err != nil {
		return e.refused(first, err)
	}
	prepare(files, info)
	c := e.rt.newCompiler()
	w, own := e.rt.newWorld(s)
	c.world = w
	own.Build()
	entries := []*function{c.enqueue(own.Func("init")), c.enqueue(own.Func("main"))}
	for _, o := range info.Defs {
		f, ok := o.(*types.Func)
		if !ok || isGeneric(f) || f.Name() == "_" || f.Name() == "init" || f.Name() == "main" && f.Signature().Recv() == nil {
			continue
		}
		if body := own.Prog.FuncValue(f); body != nil && body.Blocks != nil && c.local[body] == nil {
			c.define(f, f, body)
		}
	}
	if err := c.compile(); err != nil {
		return e.refused(first, err)
	}
	c.commit()
	tok, release := withContext(ctx, o.Steps)
	defer release()
	e.rt.current.Store(tok)
	err = e.run(ctx, tok, entries)
	if p, ok := err.(*eval.Error); ok && p.Message == goexited {
		// The others go on; without them, Go calls it a deadlock.
		e.rt.others.Wait()
		return &eval.Error{Kind: eval.Panic, Message: "no goroutines (main called runtime.Goexit) - deadlock!"}
	}
	return err
}

// goexited is the message for a cell that calls runtime.Goexit.
const goexited = "runtime.Goexit ended the cell's goroutine"
