package yaegi

import (
	"go/ast"
	"go/token"
	"go/types"
)

// freshRangeVars gives each round of a range loop its own variables, as Go
// does since 1.22, where the difference can be seen: the interpreter has one
// for the whole loop.
func (l *lowering) freshRangeVars(r *ast.RangeStmt) {
	if r.Tok != token.DEFINE {
		return
	}
	var copies []ast.Stmt
	for _, e := range []*ast.Expr{&r.Key, &r.Value} {
		id, ok := (*e).(*ast.Ident)
		if !ok || id.Name == "_" {
			continue
		}
		if o := l.info.Defs[id]; o != nil && l.escapes(o, r.Body) {
			outer := l.temp(id.Name)
			copies = append(copies, l.define(id.Name, outer.Name))
			*e = outer
		}
	}
	r.Body.List = append(copies, r.Body.List...)
}

// freshLoopVars does the same for a loop with init, condition and post
// statement: the body works on a copy, which is written back at its end.
func (l *lowering) freshLoopVars(f *ast.ForStmt) {
	init, ok := f.Init.(*ast.AssignStmt)
	if !ok || init.Tok != token.DEFINE {
		return
	}
	for _, e := range init.Lhs {
		id, ok := e.(*ast.Ident)
		if !ok {
			continue
		}
		o := l.info.Defs[id]
		if o == nil || !l.escapes(o, f.Body) {
			continue
		}
		name, outer := id.Name, l.temp(id.Name).Name
		for _, n := range []ast.Node{f.Init, f.Cond, f.Post} {
			l.renameLocal(n, o, outer)
		}
		if l.assigned(o, f.Body) {
			if continues(f.Body) {
				l.refuse(f.Pos(), "yaegi cannot run a loop that assigns a captured loop variable and uses continue")
			}
			f.Body.List = append(f.Body.List, l.assign(outer, l.ident(name)))
		}
		f.Body.List = append([]ast.Stmt{l.define(name, outer)}, f.Body.List...)
	}
}

func (l *lowering) define(name, value string) ast.Stmt {
	return &ast.AssignStmt{Lhs: []ast.Expr{l.ident(name)}, TokPos: l.pos, Tok: token.DEFINE, Rhs: []ast.Expr{l.ident(value)}}
}

func (l *lowering) renameLocal(n ast.Node, o types.Object, name string) {
	if n == nil {
		return
	}
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && (l.info.Uses[id] == o || l.info.Defs[id] == o) {
			id.Name = name
		}
		return true
	})
}

// escapes says whether a variable may outlive a round of the loop: a function
// literal, a deferred or concurrent call refers to it, or its address is taken.
func (l *lowering) escapes(o types.Object, body ast.Node) bool {
	found := false
	var walk func(n ast.Node, outlives bool)
	walk = func(n ast.Node, outlives bool) {
		ast.Inspect(n, func(m ast.Node) bool {
			switch x := m.(type) {
			case *ast.FuncLit:
				if !outlives {
					walk(x.Body, true)
					return false
				}
			case *ast.DeferStmt:
				if !outlives {
					walk(x.Call, true)
					return false
				}
			case *ast.GoStmt:
				if !outlives {
					walk(x.Call, true)
					return false
				}
			case *ast.UnaryExpr:
				if id, ok := ast.Unparen(x.X).(*ast.Ident); ok && x.Op == token.AND && l.info.Uses[id] == o {
					found = true
				}
			case *ast.Ident:
				found = found || outlives && l.info.Uses[x] == o
			}
			return !found
		})
	}
	walk(body, false)
	return found
}

func (l *lowering) assigned(o types.Object, body ast.Node) bool {
	found := false
	is := func(e ast.Expr) bool {
		id, ok := ast.Unparen(e).(*ast.Ident)
		return ok && l.info.Uses[id] == o
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AssignStmt:
			for _, e := range x.Lhs {
				found = found || is(e)
			}
		case *ast.IncDecStmt:
			found = found || is(x.X)
		case *ast.UnaryExpr:
			found = found || x.Op == token.AND && is(x.X)
		}
		return true
	})
	return found
}

func continues(body ast.Node) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if b, ok := n.(*ast.BranchStmt); ok && b.Tok == token.CONTINUE {
			found = true
		}
		return true
	})
	return found
}
