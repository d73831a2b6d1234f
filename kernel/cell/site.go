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
	s := site{kind: d.role(up, here), parent: d.path[up]}
	switch s.kind {
	case member:
		s.of, s.want = s.parent.(*ast.SelectorExpr).X, d.outer(up)
	case anything:
		if !d.inStruct(&s, up, here) {
			s.want = d.expected(up, here)
		}
	}
	return s
}

// role is what the grammar says of the operand here of d.path[up].
func (d *draft) role(up int, here ast.Expr) siteKind {
	asType := func(is bool) siteKind {
		if is {
			return typeName
		}
		return anything
	}
	switch p := d.path[up].(type) {
	case *ast.SelectorExpr:
		if p.Sel == here {
			return member
		}
	case *ast.BranchStmt:
		return label
	case *ast.FuncDecl, *ast.LabeledStmt, *ast.File, *ast.ImportSpec:
		return invention
	case *ast.TypeSpec:
		if p.Name == here {
			return invention
		}
		return typeName
	case *ast.Field:
		if p.Type != here {
			return invention
		}
		return typeName
	case *ast.ValueSpec:
		if id, ok := here.(*ast.Ident); ok && slices.Contains(p.Names, id) {
			return invention
		}
		return asType(p.Type == here)
	case *ast.ArrayType:
		return asType(p.Elt == here)
	case *ast.MapType, *ast.ChanType, *ast.Ellipsis:
		return typeName
	case *ast.TypeAssertExpr:
		return asType(p.Type == here)
	case *ast.IndexExpr:
		return asType(p.X != here && d.takesTypes(p.X))
	case *ast.IndexListExpr:
		return asType(p.X != here)
	case *ast.CaseClause:
		_, ok := d.path[max(up-2, 0)].(*ast.TypeSwitchStmt)
		return asType(ok)
	case *ast.CallExpr:
		id, ok := p.Fun.(*ast.Ident)
		return asType(ok && len(p.Args) > 0 && p.Args[0] == here && (id.Name == "make" || id.Name == "new") && d.info.Types[p.Fun].IsBuiltin())
	case *ast.CompositeLit:
		return asType(p.Type == here)
	}
	return anything
}

// inStruct says whether a field of a struct's literal may be named at the
// operand here of d.path[up], and completes s.
func (d *draft) inStruct(s *site, up int, here ast.Expr) bool {
	lit, inside := s.parent.(*ast.CompositeLit)
	if kv, ok := s.parent.(*ast.KeyValueExpr); ok && kv.Key == here {
		lit, _ = d.path[up-1].(*ast.CompositeLit)
	}
	if lit == nil {
		return false
	}
	st := structOf(d.info.TypeOf(lit))
	if st == nil || inside && isPositional(lit, here) {
		return false
	}
	s.kind, s.lit, s.fields = key, lit, st
	if inside && len(lit.Elts) == 1 && st.NumFields() > 0 {
		s.want = st.Field(0).Type() // it may become a literal without names
	}
	return true
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
