package cell

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math"
	"slices"
	"strings"
)

// program turns a checked file into what evaluators run: top-level variables
// of the statements become package-level ones.
func (r *round) program() (*Program, error) {
	p := &Program{
		Cell: r.cell, Fset: r.s.fset, File: r.file, Pkg: r.pkg, Info: r.info, Body: r.body,
		RunMain: r.parsed.program, Notes: r.notes, declared: map[string]*live{}, dots: r.dots, late: r.late,
	}
	p.Uses = r.uses()
	shown, err := r.shown()
	if err != nil {
		return nil, err
	}
	p.Shown = shown
	vars := r.topVars()
	for _, v := range vars {
		p.Vars = append(p.Vars, Var{v, r.s.lasting(v), r.s.keeps(v)})
	}
	r.body.Body.List = r.hoist(r.statements())
	for _, m := range r.late {
		p.Late = append(p.Late, LateMethod{m.method, m.decl, !m.added})
	}
	for _, d := range r.file.Decls {
		if fd, ok := d.(*ast.FuncDecl); ok && fd.Recv == nil && fd.Name.Name == "init" {
			p.Inits = append(p.Inits, fd)
		}
	}
	r.declare(p)
	for name := range p.declared {
		p.Defines = append(p.Defines, name)
	}
	for _, v := range vars {
		p.Defines = append(p.Defines, v.Name())
	}
	p.Defines = append(p.Defines, r.kept...)
	if len(p.dots) > 0 {
		p.Defines = append(p.Defines, ".") // as an import says it
	}
	slices.Sort(p.Defines)
	p.Defines = slices.Compact(p.Defines)
	return p, nil
}

// lasting returns what later cells know v as.
func (s *Session) lasting(v *types.Var) *types.Var {
	live := types.NewVar(v.Pos(), s.vars, v.Name(), v.Type())
	types.NewScope(types.Universe, token.NoPos, token.NoPos, "").Insert(live) // of package level, as its parent says
	return live
}

// keeps returns the live variable whose memory a new one of its name shares.
func (s *Session) keeps(v *types.Var) *types.Var {
	l := s.live[v.Name()]
	if l == nil {
		return nil
	}
	if old, ok := l.object.(*types.Var); ok && types.Identical(old.Type(), v.Type()) {
		return old
	}
	return nil
}

// declare collects what the declarations make live.
func (r *round) declare(p *Program) {
	for name, c := range r.declares {
		o := r.pkg.Scope().Lookup(name)
		if scope := r.info.Scopes[r.file]; o == nil && scope != nil {
			o = scope.Lookup(name) // an import
		}
		if o == nil {
			continue
		}
		d := &live{object: o, cell: r.cell.N, source: []chunk{c}}
		switch o := o.(type) {
		case *types.TypeName:
			d.mentions = map[string]types.Object{}
			for _, m := range r.chunks {
				if m.kind == methodDecl && strings.HasPrefix(methodKey(m), name+".") {
					d.source = append(d.source, m)
				}
			}
		case *types.Func:
			d.replaces = r.s.replaced(name, o)
		}
		d.origin = r.s.firstOf(o, d.replaces != nil || r.s.isConstant(o))
		p.declared[name] = d
	}
	r.addUses(p)
	for _, decl := range r.file.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.TYPE {
			continue
		}
		for _, spec := range g.Specs {
			ts := spec.(*ast.TypeSpec)
			d := p.declared[ts.Name.Name]
			if d == nil || d.mentions == nil {
				continue
			}
			ast.Inspect(ts.Type, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					if o := r.info.Uses[id]; o != nil && o.Parent() != types.Universe && !isField(o) && !isTypeParam(o) && !r.ofDot(o) && o.Name() == id.Name {
						d.mentions[id.Name] = o
					}
				}
				return true
			})
			delete(d.mentions, ts.Name.Name)
		}
	}
}

func isTypeParam(o types.Object) bool {
	_, ok := o.Type().(*types.TypeParam)
	return ok
}

func isField(o types.Object) bool {
	v, ok := o.(*types.Var)
	return ok && v.IsField()
}

// ofDot says whether o is a member of an imported package.
func (r *round) ofDot(o types.Object) bool {
	_, isPkg := o.(*types.PkgName)
	return !isPkg && o.Pkg() != nil && o.Pkg().Path() != cellPath
}

// replaced returns the older function that f replaces for its callers, too.
func (s *Session) replaced(name string, f *types.Func) *types.Func {
	l := s.live[name]
	if l == nil {
		return nil
	}
	old, ok := l.object.(*types.Func)
	if !ok || f.Signature().TypeParams().Len() > 0 || old.Signature().TypeParams().Len() > 0 || !types.Identical(old.Type(), f.Type()) {
		return nil
	}
	return old
}

// uses lists the live names that the cell mentions.
func (r *round) uses() []string {
	var out []string
	for id, o := range r.info.Uses {
		l := r.s.live[id.Name]
		if r.s.dotImported(id.Name, l) == o {
			out = append(out, ".")
			continue
		}
		if l == nil {
			continue
		}
		pn, isPkg := o.(*types.PkgName)
		if _, ok := r.declares[id.Name]; !ok && (l.object == o || isPkg && pn.Parent() == r.pkg.Scope()) {
			out = append(out, id.Name)
		}
	}
	for _, m := range r.late {
		out = append(out, m.typeName.Name())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// statements are the cell's own, without what assemble put around them.
func (r *round) statements() []ast.Stmt {
	block := r.body.Body.List[1].(*ast.BlockStmt)
	return block.List[:len(block.List)-1]
}

// lastExpr is the expression that ends the cell, or nil.
func (r *round) lastExpr() ast.Expr {
	if len(r.chunks) == 0 {
		return nil
	}
	last := slices.MaxFunc(r.chunks, func(a, b chunk) int {
		if a.cell != r.cell.N || b.cell != r.cell.N { // older chunks stand for nothing the user wrote last
			return btoi(a.cell == r.cell.N) - btoi(b.cell == r.cell.N)
		}
		return a.start - b.start
	})
	list := r.statements()
	if last.kind != statement || len(list) == 0 {
		return nil
	}
	if x, ok := list[len(list)-1].(*ast.ExprStmt); ok {
		return x.X
	}
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// isShown says whether pos, where go/types complains of an unused value, is
// that of the last expression, and not of one in a function inside of it.
func (r *round) isShown(pos token.Pos) bool {
	x := r.lastExpr()
	if x == nil || pos < x.Pos() || pos >= x.End() {
		return false
	}
	outside := true
	ast.Inspect(x, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncLit); ok && f.Body.Pos() < pos && pos < f.Body.End() {
			outside = false
		}
		return outside
	})
	return outside
}

// isHidden says whether a semicolon ends the cell: it hides the value of the
// last expression, as in IPython.
func (r *round) isHidden() bool {
	_, toks, _ := scan(r.cell.Source)
	return len(toks) > 0 && toks[len(toks)-1].tok == token.SEMICOLON && toks[len(toks)-1].lit == ";"
}

// hide makes the last expression a statement that Go has: _ = x.
func (r *round) hide(x ast.Expr) {
	if _, isCall := ast.Unparen(x).(*ast.CallExpr); isCall || r.info.Types[x].IsNil() {
		return
	}
	list := r.statements()
	list[len(list)-1] = &ast.AssignStmt{Lhs: []ast.Expr{&ast.Ident{NamePos: x.Pos(), Name: "_"}}, TokPos: x.Pos(), Tok: token.ASSIGN, Rhs: []ast.Expr{x}}
}

// shown is the last expression when it has a value that a reader wants to see.
func (r *round) shown() (ast.Expr, error) {
	x := r.lastExpr()
	if x == nil {
		return nil, nil
	}
	tv := r.info.Types[x]
	if tv.IsVoid() || r.isPrint(x) {
		return nil, nil
	}
	if t := types.Default(tv.Type); tv.Value != nil && !representable(tv.Value, t) { // as where it is assigned to a variable
		value := ""
		if text := types.ExprString(x); text != tv.Value.String() {
			value = " " + tv.Value.String()
		}
		r.errs = append(r.errs, types.Error{Fset: r.s.fset, Pos: x.Pos(), Msg: fmt.Sprintf("cannot use %s (%s constant%s) as %s value (overflows)", types.ExprString(x), tv.Type, value, t)})
		return nil, r.checkError()
	}
	if r.isHidden() {
		r.hide(x)
		return nil, nil
	}
	return x, nil
}

// representable says whether the default type t of a constant has its value.
func representable(v constant.Value, t types.Type) bool {
	finite := func(v constant.Value) bool {
		f, _ := constant.Float64Val(v)
		return !math.IsInf(f, 0)
	}
	switch t {
	case types.Typ[types.Int]:
		_, ok := constant.Int64Val(constant.ToInt(v))
		return ok
	case types.Universe.Lookup("rune").Type():
		n, ok := constant.Int64Val(constant.ToInt(v))
		return ok && n == int64(int32(n))
	case types.Typ[types.Float64]:
		return finite(constant.ToFloat(v))
	case types.Typ[types.Complex128]:
		return finite(constant.Real(v)) && finite(constant.Imag(v))
	}
	return true // of a typed constant go/types has seen to it
}

// Visible are the values of the last expression that are worth showing: a nil
// error alone (see ShownError) is not, as None is not in IPython.
func (p *Program) Visible(values []any) []any {
	if len(values) == 1 && values[0] == nil && p.ShownError() {
		return nil
	}
	return values
}

// ShownError says whether the last expression is a call that returns an error
// and nothing else.
func (p *Program) ShownError() bool {
	call, ok := ast.Unparen(p.Shown).(*ast.CallExpr)
	return ok && types.Identical(p.Info.TypeOf(call), types.Universe.Lookup("error").Type())
}

// isPrint tells the fmt.Print family, whose count and error nobody wants to see.
func (r *round) isPrint(x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	f, ok := r.info.Uses[sel.Sel].(*types.Func)
	if !ok || f.Pkg() == nil || f.Pkg().Path() != "fmt" {
		return false
	}
	return strings.HasPrefix(f.Name(), "Print") || strings.HasPrefix(f.Name(), "Fprint")
}

// topVars lists the variables that the statements declare at the top level.
func (r *round) topVars() []*types.Var {
	var out []*types.Var
	add := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
			if v, ok := r.info.Defs[id].(*types.Var); ok {
				out = append(out, v)
			}
		}
	}
	for _, st := range r.statements() {
		for l, ok := st.(*ast.LabeledStmt); ok; l, ok = st.(*ast.LabeledStmt) {
			st = l.Stmt
		}
		switch x := st.(type) {
		case *ast.AssignStmt:
			if x.Tok == token.DEFINE {
				for _, l := range x.Lhs {
					add(l)
				}
			}
		case *ast.DeclStmt:
			for _, spec := range x.Decl.(*ast.GenDecl).Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, id := range v.Names {
						add(id)
					}
				}
			}
		}
	}
	return out
}

// hoist turns the declarations of top-level variables into assignments, and
// declares the variables at package level.
func (r *round) hoist(list []ast.Stmt) []ast.Stmt {
	vars := &ast.GenDecl{Tok: token.VAR, TokPos: r.file.Name.End()}
	global := func(v *types.Var) *ast.Ident {
		id := &ast.Ident{NamePos: vars.TokPos, Name: v.Name()}
		r.info.Defs[id] = v
		vars.Specs = append(vars.Specs, &ast.ValueSpec{Names: []*ast.Ident{id}})
		return id
	}
	for _, v := range r.topVars() {
		global(v)
	}
	var out []ast.Stmt
	for _, st := range list {
		inner := st
		for l, ok := inner.(*ast.LabeledStmt); ok; l, ok = inner.(*ast.LabeledStmt) {
			inner = l.Stmt
		}
		switch x := inner.(type) {
		case *ast.AssignStmt:
			if x.Tok == token.DEFINE {
				x.Tok = token.ASSIGN
			}
		case *ast.DeclStmt:
			if g := x.Decl.(*ast.GenDecl); g.Tok == token.VAR && inner == st {
				for _, spec := range g.Specs {
					out = append(out, r.assign(spec.(*ast.ValueSpec), global)...)
				}
				continue
			}
		}
		out = append(out, st)
	}
	if len(vars.Specs) > 0 {
		r.file.Decls = append(r.file.Decls, vars)
	}
	return out
}

// assign is what var does when it runs again: the values, or the zero value,
// which is that of a variable that nobody assigns.
func (r *round) assign(v *ast.ValueSpec, global func(*types.Var) *ast.Ident) []ast.Stmt {
	if len(v.Values) > 0 {
		as := &ast.AssignStmt{Tok: token.ASSIGN, TokPos: v.Pos(), Rhs: v.Values}
		for _, id := range v.Names {
			as.Lhs = append(as.Lhs, id)
		}
		return []ast.Stmt{as}
	}
	var out []ast.Stmt
	for _, id := range v.Names {
		o := r.info.Defs[id]
		if id.Name == "_" || o == nil {
			continue
		}
		zero := types.NewVar(id.Pos(), r.pkg, mark+"zero_"+id.Name, o.Type())
		use := &ast.Ident{NamePos: id.Pos(), Name: zero.Name()}
		r.info.Uses[use] = zero
		global(zero)
		out = append(out, &ast.AssignStmt{Tok: token.ASSIGN, TokPos: v.Pos(), Lhs: []ast.Expr{id}, Rhs: []ast.Expr{use}})
	}
	return out
}
