package cell

import (
	"go/ast"
	"go/token"
	"go/types"
)

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
// declares the variables at package level. The first ones initialize the
// variables that are declared before any other statement.
func (r *round) hoist(list []ast.Stmt) (out []ast.Stmt, first int) {
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
	leading := true
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
				if leading {
					first = len(out)
				}
				continue
			}
		}
		leading = false
		out = append(out, st)
	}
	if len(vars.Specs) > 0 {
		r.file.Decls = append(r.file.Decls, vars)
	}
	return out, first
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
