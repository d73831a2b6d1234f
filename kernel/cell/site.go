package cell

import (
	"go/ast"
	"go/token"
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

// expected is the type that the operand here of d.path[up] should have, or nil.
func (d *draft) expected(up int, here ast.Expr) types.Type {
	switch p := d.path[up].(type) {
	case *ast.KeyValueExpr:
		if up == 0 {
			return nil
		}
		if lit, ok := d.path[up-1].(*ast.CompositeLit); ok {
			return d.elementType(lit, p, here)
		}
	case *ast.CompositeLit:
		return d.elementType(p, nil, here)
	case *ast.CallExpr:
		return d.argumentType(p, here)
	case *ast.UnaryExpr:
		return d.operandType(p, up)
	case *ast.StarExpr:
		if t := d.outer(up); t != nil {
			return types.NewPointer(t)
		}
	case *ast.BinaryExpr:
		other := p.X
		if here == p.X {
			other = p.Y
		}
		switch p.Op {
		case token.LAND, token.LOR:
			return types.Typ[types.Bool]
		case token.SHL, token.SHR:
			return nil
		}
		return d.typeOf(other)
	case *ast.IndexExpr:
		if here == p.Index {
			t := d.typeOf(p.X)
			if t == nil {
				return nil
			}
			if m, ok := t.Underlying().(*types.Map); ok {
				return m.Key()
			}
			return types.Typ[types.Int]
		}
	case *ast.SliceExpr:
		if here != p.X {
			return types.Typ[types.Int]
		}
	case *ast.AssignStmt:
		i := slices.Index(p.Rhs, here)
		if i >= 0 && len(p.Lhs) == len(p.Rhs) && p.Tok != token.DEFINE {
			return d.typeOf(p.Lhs[i])
		}
	case *ast.ValueSpec:
		if p.Type != nil {
			return d.typeOf(p.Type)
		}
	case *ast.SendStmt:
		if t := d.typeOf(p.Chan); t != nil && here == p.Value {
			if c, ok := t.Underlying().(*types.Chan); ok {
				return c.Elem()
			}
		}
	case *ast.ReturnStmt:
		return d.resultType(up, slices.Index(p.Results, here))
	case *ast.IfStmt:
		return types.Typ[types.Bool]
	case *ast.ForStmt:
		if here == p.Cond {
			return types.Typ[types.Bool]
		}
	case *ast.CaseClause:
		for i := up - 1; i >= 0; i-- {
			if sw, ok := d.path[i].(*ast.SwitchStmt); ok {
				if sw.Tag == nil {
					return types.Typ[types.Bool]
				}
				return d.typeOf(sw.Tag)
			}
		}
	}
	return nil
}

// outer is what is expected where d.path[up] stands.
func (d *draft) outer(up int) types.Type {
	here, ok := d.path[up].(ast.Expr)
	if !ok || up == 0 {
		return nil
	}
	return d.expected(up-1, here)
}

func (d *draft) typeOf(x ast.Expr) types.Type {
	t := d.info.TypeOf(x)
	if t == nil || t == types.Typ[types.Invalid] {
		return nil
	}
	if b, ok := t.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		return types.Default(t)
	}
	return t
}

func (d *draft) operandType(x *ast.UnaryExpr, up int) types.Type {
	t := d.outer(up)
	switch x.Op {
	case token.AND:
		if t != nil {
			if p, ok := t.Underlying().(*types.Pointer); ok {
				return p.Elem()
			}
		}
		return nil
	case token.ARROW:
		if t != nil {
			return types.NewChan(types.SendRecv, t)
		}
		return nil
	case token.NOT:
		return types.Typ[types.Bool]
	}
	return t
}

// elementType is what a literal holds at kv, or at here where kv is nil.
func (d *draft) elementType(lit *ast.CompositeLit, kv *ast.KeyValueExpr, here ast.Expr) types.Type {
	t := d.typeOf(lit)
	if t == nil {
		return nil
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		if kv == nil {
			if i := slices.Index(lit.Elts, here); i >= 0 && i < u.NumFields() {
				return u.Field(i).Type()
			}
			return nil
		}
		if f := fieldOf(u, kv.Key); f != nil && here == kv.Value {
			return f.Type()
		}
	case *types.Map:
		if kv == nil || here == kv.Key {
			return u.Key()
		}
		return u.Elem()
	case *types.Slice:
		return u.Elem()
	case *types.Array:
		return u.Elem()
	}
	return nil
}

// fieldOf is the field that a key of a literal names.
func fieldOf(st *types.Struct, key ast.Expr) *types.Var {
	id, ok := key.(*ast.Ident)
	if !ok {
		return nil
	}
	for f := range st.Fields() {
		if f.Name() == id.Name {
			return f
		}
	}
	return nil
}

// argumentType is what a call takes at here.
func (d *draft) argumentType(call *ast.CallExpr, here ast.Expr) types.Type {
	i := slices.Index(call.Args, here)
	if i < 0 {
		return nil
	}
	if tv := d.info.Types[call.Fun]; tv.IsBuiltin() {
		id, _ := ast.Unparen(call.Fun).(*ast.Ident)
		if id == nil || i == 0 || len(call.Args) == 0 {
			return nil
		}
		switch t := d.typeOf(call.Args[0]); id.Name {
		case "append":
			if t != nil {
				if s, ok := t.Underlying().(*types.Slice); ok {
					return s.Elem()
				}
			}
		case "delete":
			if t != nil {
				if m, ok := t.Underlying().(*types.Map); ok {
					return m.Key()
				}
			}
		case "make":
			return types.Typ[types.Int]
		}
		return nil
	}
	sig := d.signature(call)
	if sig == nil {
		return nil
	}
	p := parameter(sig, i)
	if p == nil {
		return nil
	}
	if s, ok := p.Type().(*types.Slice); ok && sig.Variadic() && i >= sig.Params().Len()-1 && !call.Ellipsis.IsValid() {
		return s.Elem()
	}
	return p.Type()
}

// signature is that of the function that is called, or nil.
func (d *draft) signature(call *ast.CallExpr) *types.Signature {
	tv := d.info.Types[call.Fun]
	if tv.Type == nil || tv.IsType() {
		return nil
	}
	sig, _ := tv.Type.Underlying().(*types.Signature)
	return sig
}

// parameter is the one that argument i is for, or nil.
func parameter(sig *types.Signature, i int) *types.Var {
	n := sig.Params().Len()
	if sig.Variadic() {
		i = min(i, n-1)
	}
	if i >= n {
		return nil
	}
	return sig.Params().At(i)
}

// resultType is result i of the function around d.path[up].
func (d *draft) resultType(up, i int) types.Type {
	for ; up >= 0 && i >= 0; up-- {
		var sig *types.Signature
		switch f := d.path[up].(type) {
		case *ast.FuncLit:
			sig, _ = d.info.TypeOf(f).(*types.Signature)
		case *ast.FuncDecl:
			if o := d.info.Defs[f.Name]; o != nil {
				sig, _ = o.Type().(*types.Signature)
			}
		default:
			continue
		}
		if sig == nil || i >= sig.Results().Len() {
			return nil
		}
		return sig.Results().At(i).Type()
	}
	return nil
}
