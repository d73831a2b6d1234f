package yaegi

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
)

// ident makes an identifier at the place where l stands.
func (l *lowering) ident(name string) *ast.Ident { return &ast.Ident{NamePos: l.pos, Name: name} }

// typeExpr writes a type as the interpreter knows it.
func (l *lowering) typeExpr(t types.Type) ast.Expr {
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return l.member(types.Unsafe, "Pointer")
		}
		if t.Kind() == types.UntypedNil {
			return l.ident("any")
		}
		return l.ident(types.Default(t).(*types.Basic).Name())
	case *types.Alias:
		return l.typeExpr(types.Unalias(t))
	case *types.Named:
		if isIterator(t) {
			return l.typeExpr(t.Underlying())
		}
		return l.instance(l.typeName(t.Obj()), t.TypeArgs())
	case *types.TypeParam:
		return l.ident(t.Obj().Name())
	case *types.Pointer:
		return &ast.StarExpr{Star: l.pos, X: l.typeExpr(t.Elem())}
	case *types.Slice:
		return &ast.ArrayType{Lbrack: l.pos, Elt: l.typeExpr(t.Elem())}
	case *types.Array:
		n := &ast.BasicLit{ValuePos: l.pos, Kind: token.INT, Value: strconv.FormatInt(t.Len(), 10)}
		return &ast.ArrayType{Lbrack: l.pos, Len: n, Elt: l.typeExpr(t.Elem())}
	case *types.Map:
		return &ast.MapType{Map: l.pos, Key: l.typeExpr(t.Key()), Value: l.typeExpr(t.Elem())}
	case *types.Chan:
		dir := ast.SEND | ast.RECV
		switch t.Dir() {
		case types.SendOnly:
			dir = ast.SEND
		case types.RecvOnly:
			dir = ast.RECV
		}
		return &ast.ChanType{Begin: l.pos, Dir: dir, Value: l.typeExpr(t.Elem())}
	case *types.Signature:
		return l.funcType(t, nil)
	case *types.Struct:
		fields := &ast.FieldList{Opening: l.pos, Closing: l.pos}
		for i := range t.NumFields() {
			f := t.Field(i)
			field := &ast.Field{Type: l.typeExpr(f.Type())}
			if !f.Embedded() {
				field.Names = []*ast.Ident{l.ident(f.Name())}
			}
			if tag := t.Tag(i); tag != "" {
				field.Tag = &ast.BasicLit{ValuePos: l.pos, Kind: token.STRING, Value: strconv.Quote(tag)}
			}
			fields.List = append(fields.List, field)
		}
		return &ast.StructType{Struct: l.pos, Fields: fields}
	case *types.Interface:
		return l.interfaceType(t)
	default:
		l.refuse(l.pos, fmt.Sprintf("yaegi has no way to write the type %s", t))
		return l.ident("any")
	}
}

func (l *lowering) interfaceType(t *types.Interface) ast.Expr {
	if t.NumExplicitMethods() == 0 && t.NumEmbeddeds() == 0 {
		return l.ident("any")
	}
	methods := &ast.FieldList{Opening: l.pos, Closing: l.pos}
	for m := range t.ExplicitMethods() {
		methods.List = append(methods.List, &ast.Field{Names: []*ast.Ident{l.ident(m.Name())}, Type: l.funcType(m.Signature(), nil)})
	}
	for e := range t.EmbeddedTypes() {
		methods.List = append(methods.List, &ast.Field{Type: l.typeExpr(e)})
	}
	return &ast.InterfaceType{Interface: l.pos, Methods: methods}
}

// typeName refers to a declared type.
func (l *lowering) typeName(o *types.TypeName) ast.Expr {
	if o.Pkg() == nil {
		return l.ident(o.Name())
	}
	if name, ok := l.names.lookup(o); ok {
		return l.ident(name)
	}
	if isPackageLevel(o) && o.Pkg() != l.p.Pkg {
		return l.member(o.Pkg(), o.Name())
	}
	return l.ident(o.Name()) // local to a function
}

func (l *lowering) instance(x ast.Expr, args *types.TypeList) ast.Expr {
	if args.Len() == 0 {
		return x
	}
	var list []ast.Expr
	for t := range args.Types() {
		list = append(list, l.typeExpr(t))
	}
	if len(list) == 1 {
		return &ast.IndexExpr{X: x, Lbrack: l.pos, Index: list[0], Rbrack: l.pos}
	}
	return &ast.IndexListExpr{X: x, Lbrack: l.pos, Indices: list, Rbrack: l.pos}
}

// member is a name of an imported package, as an expression.
func (l *lowering) member(p *types.Package, name string) ast.Expr {
	return &ast.SelectorExpr{X: l.ident(l.alias(p.Path())), Sel: l.ident(name)}
}

// funcType writes a signature. With names, the parameters get them, the
// receiver (when there is one) first.
func (l *lowering) funcType(sig *types.Signature, names []string) *ast.FuncType {
	params := &ast.FieldList{Opening: l.pos, Closing: l.pos}
	add := func(t ast.Expr) {
		f := &ast.Field{Type: t}
		if names != nil {
			f.Names = []*ast.Ident{l.ident(names[len(params.List)])}
		}
		params.List = append(params.List, f)
	}
	for i := range sig.Params().Len() {
		t := sig.Params().At(i).Type()
		if sig.Variadic() && i == sig.Params().Len()-1 {
			add(&ast.Ellipsis{Ellipsis: l.pos, Elt: l.typeExpr(t.Underlying().(*types.Slice).Elem())})
			break
		}
		add(l.typeExpr(t))
	}
	var results *ast.FieldList
	if sig.Results().Len() > 0 {
		results = &ast.FieldList{Opening: l.pos, Closing: l.pos}
		for v := range sig.Results().Variables() {
			results.List = append(results.List, &ast.Field{Type: l.typeExpr(v.Type())})
		}
	}
	return &ast.FuncType{Func: l.pos, Params: params, Results: results}
}

func isPackageLevel(o types.Object) bool {
	return o.Pkg() != nil && o.Pkg().Scope().Lookup(o.Name()) == o
}
