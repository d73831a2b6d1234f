package cell

import (
	"go/ast"
	"go/token"
	"go/types"
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
	r.body.Body.List, p.Init = r.hoist(r.statements())
	for _, m := range r.late {
		p.Late = append(p.Late, LateMethod{m.method, m.decl})
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
