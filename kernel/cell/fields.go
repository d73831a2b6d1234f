package cell

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// learnFields notes the fields of unkeyed literals of older struct types:
// go/types takes their unexported fields for another package's.
func (r *round) learnFields() error {
	before := len(r.keyed)
	ast.Inspect(r.file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || !slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool {
			return slices.ContainsFunc(r.unkeyed, func(p token.Pos) bool { return e.Pos() <= p && p < e.End() })
		}) {
			return true
		}
		t := r.info.TypeOf(lit)
		if t == nil {
			return true
		}
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		if st, ok := t.Underlying().(*types.Struct); ok {
			var names []string
			for f := range st.Fields() {
				names = append(names, f.Name())
			}
			if !slices.Contains(names, "_") { // a blank one cannot be named
				r.keyed[r.s.fset.Position(lit.Lbrace).String()] = names
			}
		}
		return true
	})
	if len(r.keyed) == before {
		for _, p := range r.unkeyed {
			r.errs = append(r.errs, types.Error{Fset: r.s.fset, Pos: p, Msg: "name the fields of this literal, whose struct an earlier cell declares"})
		}
		return r.checkError()
	}
	return nil
}

// nameFields writes the field names that learnFields found.
func (r *round) nameFields() {
	if len(r.keyed) == 0 {
		return
	}
	ast.Inspect(r.file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		names := r.keyed[r.s.fset.Position(lit.Lbrace).String()]
		if len(names) != len(lit.Elts) {
			return true
		}
		for i, e := range lit.Elts {
			if _, keyed := e.(*ast.KeyValueExpr); !keyed {
				lit.Elts[i] = &ast.KeyValueExpr{Key: &ast.Ident{NamePos: e.Pos(), Name: names[i]}, Colon: e.Pos(), Value: e}
			}
		}
		return true
	})
}
