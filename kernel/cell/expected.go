package cell

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

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
