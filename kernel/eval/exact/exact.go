// Package exact evaluates cells as Go says, or refuses them before anything of
// them ran. It leaves the meaning of a program to go/types and to x/tools'
// go/ssa, compiles what those say to register bytecode (compiler, builder),
// and runs that (machine) in memory that is laid out as compiled Go's
// (package layout), so that values cross into native code as they are.
//
// The way of a cell: kernel/cell checks it and hands it over as a package;
// a world of package ssa is made for it and dropped again; its functions, and
// what they reach of generic code, are compiled, and nothing of the session
// has changed until all of that has succeeded; then it runs.
//
// Where Go leaves the order of evaluation open, it is that of the compiler:
// calls before variables are read (orderCalls). What remains otherwise, and is
// evaluated from left to right: the expressions of a switch's cases, each by
// itself; the places that a range statement, or a receive in a select statement,
// assigns to; what stands before the body of a loop, switch or select statement
// that a goto leads to; and the values of package variables in whole programs and
// imported packages. And the compiler copies a few kinds of values earlier, on
// their way into an interface or as the key of a map, when it has inlined every
// function that shares the variable: here nothing is inlined.
//
// The package does not know what cells are about, nor how they are shown.
package exact

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"os"
	"reflect"
	"runtime/debug"
	"time"

	"adkernel/kernel/cell"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/native"
)

// Options say where cells read and write, and what they may use.
type Options struct {
	Stdout, Stderr io.Writer

	// Stdin is what cells read as os.Stdin, also by fmt.Scan; nil: the
	// process's own. An error of it that is not io.EOF ends a cell that scans.
	Stdin io.Reader

	// Exhausted is called, and may not return, when native code of a cell
	// that has been ended for its memory goes on to allocate. Nil: nobody is
	// told, and the system decides.
	Exhausted func(err error)

	// GoroutinePanic is called with what a goroutine of a cell panicked with.
	// Nil: the cell that started it ends with that; after that cell it is told
	// on Stderr, and other cells go on.
	GoroutinePanic func(err *eval.Error)

	// MaxMemory is how many bytes the heap may grow to while cells run; 0: any.
	// It is of the process, and becomes the limit of its garbage collector.
	MaxMemory uint64

	// Steps is how many calls and loop iterations a cell may make; 0: any.
	Steps int64
}

// evaluator implements eval.Evaluator and eval.Replayer.
type evaluator struct {
	*cell.Session
	rt       *runtime
	steps    int64
	importer *cell.Importer
	folders  *folders
}

// New starts a session in which nothing is alive but the vocabulary. The
// result is an eval.Replayer, too.
func New(v eval.Vocabulary, o Options) (eval.Evaluator, error) { return newEvaluator(v, o) }

func newEvaluator(v eval.Vocabulary, o Options) (*evaluator, error) {
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	fset := token.NewFileSet()
	rt := &runtime{
		fset: fset, stdout: o.Stdout, stderr: o.Stderr, stdin: newInput(o),
	}
	scanners := map[string]any{}
	if rt.stdin != nil {
		scanners = rt.stdin.scanners()
	}
	if o.MaxMemory > 0 {
		rt.memory.max, rt.memory.exhausted = o.MaxMemory, o.Exhausted
		debug.SetMemoryLimit(int64(o.MaxMemory))
	}
	rt.current.Store(background())
	rt.imports = native.NewImporter(fset)
	rt.imports.Extra = v.Types
	outside := &folders{}
	rt.imports.Outside = outside.find
	rt.symbols = func(path, name string) (reflect.Value, bool) {
		if f := scanners[name]; f != nil && path == "fmt" {
			return reflect.ValueOf(f), true
		}
		if s, ok := v.Symbols[path+"/"+pathName(path)]; ok {
			r, ok := s[name]
			if ok {
				return r, true
			}
		}
		return native.Lookup(path, name)
	}
	rt.table = layout.NewTable(rt.symbols, rt.isSource)
	rt.died = func(tok *permit, p *panicking, at token.Pos) {
		if p.kill == killInterrupt || p.kill == killOther {
			return
		}
		err := rt.problem(p) // while methods that say what it is may run
		if o.GoroutinePanic != nil {
			o.GoroutinePanic(err)
			return
		}
		where := "in a goroutine"
		if at.IsValid() {
			where += " started at " + rt.where(at)
		}
		text := err.Report()
		err.Message += ", " + where
		if !rt.endsCell(tok, p, err) {
			fmt.Fprintf(o.Stderr, "%s: %s", where, text)
		}
	}
	paths := func() []string {
		out := native.Packages()
		for path := range v.Types {
			out = append(out, path)
		}
		return append(out, outside.packages()...)
	}
	importer := cell.NewImporter(paths, rt.imports)
	session, err := cell.NewSession(cell.Options{FileSet: fset, Importer: importer, Vocabulary: v, Docs: native.Doc, Value: rt.shared, Keys: rt.mapKeys})
	if err != nil {
		return nil, err
	}
	return &evaluator{Session: session, rt: rt, steps: o.Steps, importer: importer, folders: outside}, nil
}

// pathName is the last element of an import path, which the keys of yaegi's
// tables repeat.
func pathName(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1:]
		}
	}
	return path
}

// Evaluate implements eval.Evaluator.
func (e *evaluator) Evaluate(ctx context.Context, c eval.Cell) (eval.Result, error) {
	if ctx.Err() != nil {
		return eval.Result{}, interrupted()
	}
	p, err := e.Check(c)
	if err != nil {
		return eval.Result{}, err
	}
	committed, keep := false, false
	defer func() {
		if !committed {
			e.Abandon(p)
		}
		if !keep {
			e.Forget(p)
		}
	}()
	if err := e.load(ctx, p); err != nil {
		return eval.Result{}, e.notLoaded(c, err)
	}
	u, err := e.compile(p)
	if err != nil {
		return eval.Result{}, e.refused(c, err)
	}
	keep = u.leavesCode(p)
	u.compiler.commit()
	e.rt.generation.Add(1)
	e.Commit(p)
	committed = true
	result := eval.Result{Defines: p.Defines, Uses: p.Uses, Notes: p.Notes}
	tok, release := withContext(ctx, e.steps)
	e.rt.begin(tok, release)
	defer e.rt.finish(tok)
	began := time.Now()
	err = e.run(ctx, tok, u.entries)
	result.Ran = time.Since(began)
	if err != nil {
		return result, err
	}
	for _, v := range u.shown {
		result.Values = append(result.Values, e.rt.show(v.typ.Any(v.ptr)))
	}
	result.Values = p.Visible(result.Values)
	return result, nil
}

func interrupted() error { return &eval.Error{Kind: eval.Interrupt, Message: "interrupted"} }

// refused makes the cell's error of a refusal.
func (e *evaluator) refused(c eval.Cell, err error) error {
	var r *refusal
	at := eval.Diagnostic{Cell: c.N, Line: 1, Column: 1, Message: err.Error()}
	if errors.As(err, &r) && r.pos.IsValid() {
		if f := e.rt.frameAt(r.pos); f.Line > 0 {
			at.Cell, at.Line, at.Column = f.Cell, f.Line, f.Column
		}
	}
	return &eval.Error{Kind: eval.Refused, Message: at.Message, At: []eval.Diagnostic{at}}
}

// Value implements eval.Evaluator.
func (e *evaluator) Value(name string) (reflect.Value, bool) {
	v := e.Var(name)
	if v == nil {
		return reflect.Value{}, false
	}
	g := e.rt.globals.get(v)
	if g == nil {
		return reflect.Value{}, false
	}
	if g.typ.Exact {
		return g.typ.At(g.ptr), true
	}
	c := g.typ.New()
	g.typ.Copy(c, g.ptr)
	return reflect.ValueOf(e.rt.show(g.typ.Any(c))), true
}

// shared returns a live variable itself, where compiled code knows its type.
func (rt *runtime) shared(v *types.Var) reflect.Value {
	g := rt.globals.get(v)
	if g == nil || !g.typ.Exact {
		return reflect.Value{}
	}
	return g.typ.At(g.ptr)
}

// Close implements eval.Evaluator. Goroutines of cells end, save those that
// native code started.
func (e *evaluator) Close() error {
	e.rt.going.end(nil)
	e.rt.relays.close()
	return nil
}
