package cell

import (
	"go/ast"
	"go/types"
	"slices"
)

// A site is what the grammar and the types say of a place of a cell.
type site struct {
	kind   siteKind
	parent ast.Node          // directly around the place
	of     ast.Expr          // member: what it is selected from
	lit    *ast.CompositeLit // key: the literal
	fields *types.Struct     // key: of the literal's type
	want   types.Type        // value: what is expected there, or nil
}

type siteKind int

const (
	anything  siteKind = iota // a statement, or a value
	member                    // after "x."
	key                       // where a literal of a struct names a field
	typeName                  // where a type is written
	invention                 // where a new name is declared
	label                     // behind break, continue or goto
)

// site looks at the end of d.path.
func (d *draft) site() site {
	n := len(d.path)
	if n < 2 {
		return site{}
	}
	here := d.path[n-1].(ast.Expr)
	up := n - 2
	for up > 0 {
		x, ok := d.path[up].(*ast.ParenExpr)
		if !ok {
			break
		}
		here = x
		up--
	}
	s := site{parent: d.path[up]}
	switch p := s.parent.(type) {
	case *ast.SelectorExpr:
		if p.Sel == here {
			s.kind, s.of, s.want = member, p.X, d.outer(up)
			return s
		}
	case *ast.BranchStmt:
		s.kind = label
		return s
	case *ast.FuncDecl, *ast.LabeledStmt, *ast.File:
		s.kind = invention
		return s
	case *ast.TypeSpec:
		s.kind = typeName
		if p.Name == here {
			s.kind = invention
		}
		return s
	case *ast.ImportSpec:
		s.kind = invention
		return s
	case *ast.Field:
		s.kind = typeName
		if p.Type != here {
			s.kind = invention
		}
		return s
	case *ast.ValueSpec:
		if p.Type == here {
			s.kind = typeName
			return s
		}
		if slices.Contains(p.Names, d.path[n-1].(*ast.Ident)) {
			s.kind = invention
			return s
		}
	case *ast.KeyValueExpr:
		if lit, ok := d.path[up-1].(*ast.CompositeLit); ok && p.Key == here {
			if st := structOf(d.info.TypeOf(lit)); st != nil {
				s.kind, s.lit, s.fields = key, lit, st
				return s
			}
		}
	case *ast.ArrayType:
		if p.Elt == here {
			s.kind = typeName
			return s
		}
	case *ast.MapType, *ast.ChanType, *ast.Ellipsis:
		s.kind = typeName
		return s
	case *ast.TypeAssertExpr:
		if p.Type == here {
			s.kind = typeName
			return s
		}
	case *ast.IndexExpr:
		if p.X != here && d.takesTypes(p.X) {
			s.kind = typeName
			return s
		}
	case *ast.IndexListExpr:
		if p.X != here {
			s.kind = typeName
			return s
		}
	case *ast.CaseClause:
		if _, ok := d.path[max(up-2, 0)].(*ast.TypeSwitchStmt); ok {
			s.kind = typeName
			return s
		}
	case *ast.CallExpr:
		if id, ok := p.Fun.(*ast.Ident); ok && len(p.Args) > 0 && p.Args[0] == here && (id.Name == "make" || id.Name == "new") && d.info.Types[p.Fun].IsBuiltin() {
			s.kind = typeName
			return s
		}
	case *ast.CompositeLit:
		if p.Type == here {
			s.kind = typeName
			return s
		}
		if st := structOf(d.info.TypeOf(p)); st != nil && !isPositional(p, here) {
			s.kind, s.lit, s.fields = key, p, st
			if len(p.Elts) == 1 && st.NumFields() > 0 {
				s.want = st.Field(0).Type() // it may become a literal without names
			}
			return s
		}
	}
	s.want = d.expected(up, here)
	return s
}

// takesTypes says whether brackets behind x hold types.
func (d *draft) takesTypes(x ast.Expr) bool {
	tv := d.info.Types[x]
	if tv.IsType() {
		return true
	}
	sig, ok := tv.Type.(*types.Signature)
	return ok && sig.TypeParams().Len() > 0
}

// isPositional says whether a struct's literal gives its values without names.
func isPositional(lit *ast.CompositeLit, here ast.Expr) bool {
	for _, e := range lit.Elts {
		if _, keyed := e.(*ast.KeyValueExpr); !keyed && e != here {
			return true
		}
	}
	return false
}

// structOf is the struct that a type is, or points to.
func structOf(t types.Type) *types.Struct {
	if t == nil {
		return nil
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st, _ := t.Underlying().(*types.Struct)
	return st
}
