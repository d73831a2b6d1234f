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
	"go/ast"
	"go/token"
	"go/types"
	"io"
	"os"
	"reflect"
	"runtime/debug"
	"time"

	"golang.org/x/tools/go/ssa"

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
	// Nil: say so on Stderr, and let the cells go on.
	GoroutinePanic func(err *eval.Error)

	// MaxAllocation is how many bytes one allocation may take; 0: any.
	MaxAllocation uint64

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
	rt.limit.Store(o.MaxAllocation)
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
	rt.died = func(p *panicking, at token.Pos) {
		if p.kill == killInterrupt {
			return
		}
		err := rt.problem(p)
		if o.GoroutinePanic != nil {
			o.GoroutinePanic(err)
			return
		}
		if cell := rt.running.Load(); cell != nil && p.kill == killExit {
			cell.end(p)
			return
		}
		what := "in a goroutine"
		if at.IsValid() {
			what += " started at " + rt.where(at)
		}
		fmt.Fprintf(o.Stderr, "%s: %s", what, err.Report())
	}
	paths := func() []string {
		out := native.Packages()
		for path := range v.Types {
			out = append(out, path)
		}
		return append(out, outside.packages()...)
	}
	importer := cell.NewImporter(paths, rt.imports)
	session, err := cell.NewSession(cell.Options{FileSet: fset, Importer: importer, Vocabulary: v, Docs: native.Doc, Value: rt.shared})
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

// leavesCode says whether code of the cell may run, or be told of, after the
// cell's own statements have: functions that it declares or hands out, and
// goroutines, which name the place where they were started.
func (u *unit) leavesCode(p *cell.Program) bool {
	found := len(u.compiler.codes) > len(u.entries)
	ast.Inspect(p.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt, *ast.FuncLit:
			found = true
		case *ast.FuncDecl:
			found = found || n != p.Body
		case *ast.GenDecl:
			found = found || n.Tok == token.TYPE
		}
		return !found
	})
	return found
}

// unit is a compiled cell.
type unit struct {
	compiler *compiler
	entries  []*function // to be called in this order
	shown    []*variable // what the last expression is assigned to
}

// compile compiles a checked cell. The error is a *refusal.
func (e *evaluator) compile(p *cell.Program) (u *unit, err error) {
	c := e.rt.newCompiler()
	u = &unit{compiler: c}
	hidden := e.show(p)
	s := &source{pkg: p.Pkg, files: []*ast.File{p.File}, info: p.Info, origin: &origin{p.Cell.N, p.Cell.Source}, places: placesOf([]*ast.File{p.File})}
	p.Info.InitOrder = nil
	if hasGenerics(p.Info) {
		e.rt.sources.Store(p.Pkg, s)
	}
	prepare(s.files, s.info)
	w, own := e.rt.newWorld(s)
	c.world = w
	own.Build()
	for _, v := range p.Vars {
		if v.Keeps != nil {
			if g := e.rt.globals.get(v.Keeps); g != nil {
				c.globals[v.Object] = g
			}
		}
	}
	e.define(p, u, own)
	if err := c.needShown(p, hidden); err != nil {
		return nil, err
	}
	if err := c.compile(); err != nil {
		return nil, err
	}
	for _, v := range p.Vars {
		if g := c.globals[v.Object]; g != nil {
			c.globals[v.Live] = g
		}
	}
	for _, v := range hidden {
		if g := c.globals[v]; g != nil {
			u.shown = append(u.shown, g)
			delete(c.globals, v)
		}
	}
	return u, nil
}

// needShown compiles the methods of what a cell leaves to be shown: its last
// expression and its variables. Those of an instance of a generic type may have
// no other use.
func (c *compiler) needShown(p *cell.Program, hidden []*types.Var) error {
	for _, v := range p.Vars {
		if err := c.needMethods(v.Object.Type()); err != nil {
			return &refusal{v.Object.Pos(), err.Error()}
		}
	}
	for _, v := range hidden {
		if err := c.needMethods(v.Type()); err != nil {
			return &refusal{v.Pos(), err.Error()}
		}
	}
	return nil
}

func hasGenerics(info *types.Info) bool {
	for _, o := range info.Defs {
		switch o := o.(type) {
		case *types.Func:
			if isGeneric(o) {
				return true
			}
		}
	}
	return false
}

// show makes the body assign the last expression to variables that nothing
// else knows, and returns them.
func (e *evaluator) show(p *cell.Program) []*types.Var {
	if p.Shown == nil {
		return nil
	}
	tv := p.Info.Types[p.Shown]
	var list []types.Type
	if tuple, ok := tv.Type.(*types.Tuple); ok {
		for v := range tuple.Variables() {
			list = append(list, v.Type())
		}
	} else {
		list = []types.Type{types.Default(tv.Type)}
	}
	var out []*types.Var
	assign := &ast.AssignStmt{Tok: token.ASSIGN, TokPos: p.Shown.Pos(), Rhs: []ast.Expr{p.Shown}}
	decl := &ast.GenDecl{Tok: token.VAR, TokPos: p.File.Name.End()}
	for i, t := range list {
		if t == types.Typ[types.UntypedNil] {
			return nil
		}
		v := types.NewVar(p.Shown.Pos(), p.Pkg, fmt.Sprintf("ʹshown%d", i), t)
		out = append(out, v)
		def := &ast.Ident{NamePos: p.Shown.Pos(), Name: v.Name()}
		use := &ast.Ident{NamePos: p.Shown.Pos(), Name: v.Name()}
		p.Info.Defs[def], p.Info.Uses[use] = v, v
		p.Info.Types[use] = types.TypeAndValue{Type: t}
		decl.Specs = append(decl.Specs, &ast.ValueSpec{Names: []*ast.Ident{def}})
		assign.Lhs = append(assign.Lhs, use)
	}
	p.File.Decls = append(p.File.Decls, decl)
	list2 := p.Body.Body.List
	for i, st := range list2 {
		if x, ok := st.(*ast.ExprStmt); ok && x.X == p.Shown {
			list2[i] = assign
		}
	}
	return out
}

// define queues the functions that a cell declares. Those that are declared
// again with the same signature take the places of the older ones.
func (e *evaluator) define(p *cell.Program, u *unit, own *ssa.Package) {
	c := u.compiler
	late := map[types.Object]bool{}
	for _, l := range p.Late {
		object := p.Info.Defs[l.Decl.Name].(*types.Func)
		late[object] = true
		c.define(l.Method, l.Method, own.Prog.FuncValue(object))
	}
	for _, d := range p.File.Decls {
		fd, ok := d.(*ast.FuncDecl)
		if !ok || fd.Name.Name == "_" || fd.Body == nil {
			continue
		}
		object, _ := p.Info.Defs[fd.Name].(*types.Func)
		if object == nil || isGeneric(object) || late[object] {
			continue
		}
		if fd == p.Body { // called once, and by nobody else
			u.entries = append(u.entries, c.enqueue(own.Prog.FuncValue(object)))
			continue
		}
		old := object
		if fd.Recv == nil {
			if r := p.Replaces(object); r != nil {
				old = r
			}
		}
		c.define(object, old, own.Prog.FuncValue(object))
	}
	if len(p.Inits) > 0 {
		u.entries = append(u.entries, c.enqueue(own.Func("init")))
	}
	if main := own.Func("main"); p.RunMain && main != nil {
		u.entries = append(u.entries, c.enqueue(main))
	}
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
	return nil
}
