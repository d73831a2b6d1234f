package yaegi

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"adkernel/kernel/cell"
)

// declareNames gives internal names to all that the cell declares, before any
// of it is looked at.
func (l *lowering) declareNames() {
	keeps := map[types.Object]*types.Var{}
	for _, v := range l.p.Vars {
		keeps[v.Object] = v.Keeps
	}
	for _, d := range l.p.File.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			f, ok := l.info.Defs[d.Name].(*types.Func)
			if !ok || d.Recv != nil || d == l.p.Body || l.isLate(d) || d.Name.Name == "init" {
				continue
			}
			if older := l.p.Replaces(f); older != nil {
				l.names.share(f, older)
				continue
			}
			name := l.names.declare(f)
			if f.Signature().TypeParams().Len() == 0 {
				l.declareVar(name, f.Signature())
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					l.names.declare(l.info.Defs[spec.Name])
				case *ast.ValueSpec:
					if d.Tok == token.VAR {
						l.declareGlobal(l.info.Defs[spec.Names[0]], keeps)
					}
				}
			}
		}
	}
	for _, v := range l.p.Vars {
		l.names.share(v.Live, v.Object)
	}
}

func (l *lowering) declareGlobal(v types.Object, keeps map[types.Object]*types.Var) {
	if older := keeps[v]; older != nil {
		if _, ok := l.names.lookup(older); ok {
			l.names.share(v, older)
			return
		}
	}
	l.names.declare(v)
}

// declareVar declares a variable of the interpreter. Types are written when
// every name is known, in file.
func (l *lowering) declareVar(name string, t types.Type) {
	l.vars = append(l.vars, &ast.ValueSpec{Names: []*ast.Ident{l.ident(name)}, Type: &lateType{t: t}})
}

// lateType stands for a type that is written later.
type lateType struct {
	ast.BadExpr
	t types.Type
}

func (l *lowering) isLate(d *ast.FuncDecl) bool {
	return slices.ContainsFunc(l.p.Late, func(m cell.LateMethod) bool { return m.Decl == d })
}

// declaration lowers one declaration of the cell's file.
func (l *lowering) declaration(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d != l.p.Body && !l.isLate(d) {
			l.function(d)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				o := l.info.Defs[spec.Name]
				l.rewrite(spec)
				l.distinguish(spec, o)
				l.types = append(l.types, spec)
			case *ast.ValueSpec:
				if d.Tok == token.VAR {
					l.global(l.info.Defs[spec.Names[0]])
				}
			}
		}
	}
}

// global declares a variable of the statements, unless it has the memory of
// one declared earlier.
func (l *lowering) global(v types.Object) {
	for _, known := range l.p.Vars {
		if types.Object(known.Object) == v && known.Keeps != nil {
			return
		}
	}
	name, _ := l.names.lookup(v)
	l.declareVar(name, v.Type())
}

// distinguish makes the layout of a struct type unique: the interpreter tells
// types apart by their layout.
func (l *lowering) distinguish(spec *ast.TypeSpec, o types.Object) {
	st, ok := spec.Type.(*ast.StructType)
	if !ok || spec.TypeParams != nil || !l.names.layoutTaken(o.Type().Underlying()) || len(st.Fields.List) == 0 {
		return
	}
	name, _ := l.names.lookup(o)
	field := st.Fields.List[0]
	tag := mark + ":" + fmt.Sprintf("%q", name)
	if field.Tag != nil {
		tag = unquote(field.Tag.Value) + " " + tag
	}
	field.Tag = &ast.BasicLit{ValuePos: field.Type.Pos(), Kind: token.STRING, Value: fmt.Sprintf("%q", tag)}
}

// function lowers a function, or a method of one of the cell's types.
func (l *lowering) function(d *ast.FuncDecl) {
	f, ok := l.info.Defs[d.Name].(*types.Func)
	if !ok {
		return
	}
	switch {
	case d.Recv != nil && f.Signature().RecvTypeParams().Len() > 0:
		l.rewrite(d) // a method of a generic type, which is declared with it
		l.funcs = append(l.funcs, d)
	case d.Recv != nil:
		sig := f.Signature()
		l.method(f, sig)
		asFunction(d)
		l.body(d, f)
	case f.Signature().TypeParams().Len() > 0:
		l.rewrite(d)
		l.funcs = append(l.funcs, d)
	case d.Name.Name == "init" && slices.Contains(l.p.Inits, d):
		name := l.names.fresh(mark + "init")
		d.Name = &ast.Ident{NamePos: d.Name.Pos(), Name: name}
		l.rewrite(d)
		l.funcs = append(l.funcs, d)
	default:
		l.body(d, f)
	}
}

// body declares a function under a name of its own and lets the function's
// variable hold it.
func (l *lowering) body(d *ast.FuncDecl, f *types.Func) {
	slot, ok := l.names.lookup(f)
	if !ok {
		return
	}
	name := l.names.fresh(slot + mark + "body")
	l.rewrite(d)
	d.Name = &ast.Ident{NamePos: d.Name.Pos(), Name: name}
	d.Doc = nil
	l.funcs = append(l.funcs, d)
	l.prologue = append(l.prologue, l.assign(slot, l.ident(name)))
}

func (l *lowering) assign(name string, value ast.Expr) ast.Stmt {
	return &ast.AssignStmt{Lhs: []ast.Expr{l.ident(name)}, TokPos: l.pos, Tok: token.ASSIGN, Rhs: []ast.Expr{value}}
}

// asFunction makes the receiver the first parameter.
func asFunction(d *ast.FuncDecl) {
	fields := slices.Concat(d.Recv.List, d.Type.Params.List)
	for _, f := range fields {
		if len(f.Names) == 0 {
			f.Names = []*ast.Ident{{NamePos: f.Pos(), Name: "_"}}
		}
	}
	d.Type.Params = &ast.FieldList{Opening: d.Type.Params.Opening, List: fields, Closing: d.Type.Params.Closing}
	d.Recv = nil
}

// methods lowers the methods of types of earlier cells.
func (l *lowering) methods() {
	for _, m := range l.p.Late {
		if _, ok := l.names.lookup(m.Method); !ok {
			l.method(m.Method, m.Method.Signature())
		}
		l.body(m.Decl, m.Method)
	}
}

// method declares a method that calls the variable which holds its body.
func (l *lowering) method(f *types.Func, sig *types.Signature) {
	recv := sig.Recv().Type()
	named := recv
	if p, ok := named.(*types.Pointer); ok {
		named = p.Elem()
	}
	owner := named.(*types.Named).Obj()
	ownerName, _ := l.names.lookup(owner)
	slot := l.names.bind(f, l.names.fresh(ownerName+mark+f.Name()))
	params := []*types.Var{types.NewParam(token.NoPos, nil, "", recv)}
	var names []string
	args := []ast.Expr{l.ident(mark + "r")}
	for i := range sig.Params().Len() {
		params = append(params, sig.Params().At(i))
		names = append(names, fmt.Sprintf("%s%d", mark, i))
		args = append(args, l.ident(names[i]))
	}
	l.declareVar(slot, types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic()))
	call := &ast.CallExpr{Fun: l.ident(slot), Lparen: l.pos, Args: args, Rparen: l.pos}
	if sig.Variadic() {
		call.Ellipsis = l.pos
	}
	var st ast.Stmt = &ast.ExprStmt{X: call}
	if sig.Results().Len() > 0 {
		st = &ast.ReturnStmt{Return: l.pos, Results: []ast.Expr{call}}
	}
	if names == nil {
		names = []string{}
	}
	l.funcs = append(l.funcs, &ast.FuncDecl{
		Recv: &ast.FieldList{Opening: l.pos, Closing: l.pos, List: []*ast.Field{{Names: []*ast.Ident{l.ident(mark + "r")}, Type: l.typeExpr(recv)}}},
		Name: l.ident(f.Name()), Type: l.funcType(sig, names),
		Body: &ast.BlockStmt{Lbrace: l.pos, List: []ast.Stmt{st}, Rbrace: l.pos},
	})
}
