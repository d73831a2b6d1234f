package exact

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/cell"
)

// unit is a compiled cell.
type unit struct {
	compiler *compiler
	entries  []*function // to be called in this order
	shown    []*variable // what the last expressions are assigned to
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

// compile compiles a checked cell. The error is a *refusal.
func (e *evaluator) compile(p *cell.Program) (u *unit, err error) {
	c := e.rt.newCompiler()
	u = &unit{compiler: c}
	hidden := e.show(p)
	callInits(p)
	s := &source{pkg: p.Pkg, files: []*ast.File{p.File}, info: p.Info, origin: &origin{p.Cell.N, p.Cell.Source}, places: placesOf([]*ast.File{p.File})}
	p.Info.InitOrder = nil
	if hasGenerics(p.Info) {
		e.rt.sources.Store(p.Pkg, s)
	}
	if err := e.rt.checkGenerics(p.Info); err != nil {
		return nil, err
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
		if f, ok := o.(*types.Func); ok && isGeneric(f) {
			return true
		}
	}
	return false
}

// show makes the body assign the last expressions to variables that nothing
// else knows, and returns them.
func (e *evaluator) show(p *cell.Program) []*types.Var {
	if p.Shown == nil {
		return nil
	}
	var list []types.Type
	for _, x := range p.Shown {
		t := p.Info.Types[x].Type
		if tuple, ok := t.(*types.Tuple); ok {
			for v := range tuple.Variables() {
				list = append(list, v.Type())
			}
		} else {
			list = append(list, types.Default(t))
		}
	}
	var out []*types.Var
	at := p.Shown[0].Pos()
	assign := &ast.AssignStmt{Tok: token.ASSIGN, TokPos: at, Rhs: p.Shown}
	decl := &ast.GenDecl{Tok: token.VAR, TokPos: p.File.Name.End()}
	for i, t := range list {
		if t == types.Typ[types.UntypedNil] {
			return nil
		}
		v := types.NewVar(at, p.Pkg, fmt.Sprintf("ʹshown%d", i), t)
		out = append(out, v)
		def := &ast.Ident{NamePos: at, Name: v.Name()}
		use := &ast.Ident{NamePos: at, Name: v.Name()}
		p.Info.Defs[def], p.Info.Uses[use] = v, v
		p.Info.Types[use] = types.TypeAndValue{Type: t}
		decl.Specs = append(decl.Specs, &ast.ValueSpec{Names: []*ast.Ident{def}})
		assign.Lhs = append(assign.Lhs, use)
	}
	p.File.Decls = append(p.File.Decls, decl)
	p.Body.Body.List[len(p.Body.Body.List)-1] = assign
	return out
}

// callInits makes the body call the init functions.
func callInits(p *cell.Program) {
	for i, d := range p.Inits {
		use := &ast.Ident{NamePos: d.Pos(), Name: d.Name.Name}
		call := &ast.CallExpr{Fun: use, Lparen: d.Pos(), Rparen: d.Pos()}
		p.Info.Uses[use] = p.Info.Defs[d.Name]
		p.Info.Types[use] = types.TypeAndValue{Type: p.Info.Defs[d.Name].Type()}
		p.Info.Types[call] = types.TypeAndValue{Type: types.NewTuple()}
		p.Body.Body.List = slices.Insert(p.Body.Body.List, p.Init+i, ast.Stmt(&ast.ExprStmt{X: call}))
	}
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
	if main := own.Func("main"); p.RunMain && main != nil {
		u.entries = append(u.entries, c.enqueue(main))
	}
}
