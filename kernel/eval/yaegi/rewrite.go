package yaegi

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"math/big"
	"reflect"
	"strconv"

	"golang.org/x/tools/go/ast/astutil"
)

// rewrite lowers a declaration or statement in place.
func (l *lowering) rewrite(n ast.Node) {
	astutil.Apply(n, l.fold, func(c *astutil.Cursor) bool {
		switch x := c.Node().(type) {
		case *ast.Ident:
			l.rename(c, x)
		case *ast.CallExpr:
			l.callExpr(c, x)
		case *ast.RangeStmt:
			l.rangeStmt(c, x)
		case *ast.DeferStmt:
			l.deferStmt(x)
		case *ast.ForStmt:
			l.freshLoopVars(x)
		case *ast.TypeSwitchStmt:
			l.typeSwitch(c, x)
		case *ast.GoStmt:
			l.goStmt(x)
		case *ast.IndexExpr:
			l.completeInstance(c, x)
		}
		return true
	})
}

// replace puts another expression in the place of x, of the same type.
func (l *lowering) replace(c *astutil.Cursor, x, by ast.Expr) {
	l.info.Types[by] = l.info.Types[x]
	c.Replace(by)
}

// fold replaces a constant expression by its value.
func (l *lowering) fold(c *astutil.Cursor) bool {
	x, ok := c.Node().(ast.Expr)
	if !ok {
		return true
	}
	tv := l.info.Types[x]
	if tv.IsType() && isIterator(tv.Type) {
		l.replace(c, x, l.typeExpr(tv.Type))
		return false
	}
	if tv.Value == nil {
		return true
	}
	if _, literal := x.(*ast.BasicLit); literal {
		return true
	}
	lit := l.literal(tv.Value, tv.Type, x.Pos())
	if lit == nil {
		return true
	}
	l.replace(c, x, lit)
	return false
}

// literal writes a constant of type t, or returns nil when it has no short form.
func (l *lowering) literal(v constant.Value, t types.Type, pos token.Pos) ast.Expr {
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		return nil
	}
	b, ok := t.Underlying().(*types.Basic)
	if !ok { // converted to an interface: the default type
		return nil
	}
	lit := &ast.BasicLit{ValuePos: pos}
	var x ast.Expr = lit
	natural := types.Int
	switch info := b.Info(); {
	case info&types.IsBoolean != 0:
		x, natural = &ast.Ident{NamePos: pos, Name: strconv.FormatBool(constant.BoolVal(v))}, types.Bool
	case info&types.IsString != 0:
		lit.Kind, lit.Value, natural = token.STRING, strconv.Quote(constant.StringVal(v)), types.String
	case info&types.IsInteger != 0:
		v = constant.ToInt(v)
		lit.Kind, lit.Value = token.INT, v.ExactString()
	case info&types.IsFloat != 0:
		f, exact := constant.Float64Val(v)
		lit.Kind, lit.Value, natural = token.FLOAT, strconv.FormatFloat(f, 'e', -1, 64), types.Float64
		if b.Info()&types.IsUntyped != 0 && !exact {
			lit.Value = precise(v)
		}
	default:
		return nil
	}
	if lit.Value != "" && lit.Value[0] == '-' {
		lit.Value = lit.Value[1:]
		x = &ast.ParenExpr{Lparen: pos, X: &ast.UnaryExpr{OpPos: pos, Op: token.SUB, X: lit}, Rparen: pos}
	}
	if b.Info()&types.IsUntyped != 0 && b.Kind() != types.UntypedRune {
		return x
	}
	if _, basic := types.Unalias(t).(*types.Basic); basic && b.Kind() == natural {
		return x
	}
	return &ast.CallExpr{Fun: l.typeExpr(t), Lparen: pos, Args: []ast.Expr{x}, Rparen: pos}
}

// precise writes an untyped constant with more digits than any type has.
func precise(v constant.Value) string {
	f := new(big.Float).SetPrec(512)
	switch x := constant.Val(v).(type) {
	case *big.Rat:
		f.SetRat(x)
	case *big.Float:
		f.Set(x)
	}
	return f.Text('e', 40)
}

// isIterator tells iter.Seq and iter.Seq2, which the interpreter does not know.
func isIterator(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "iter"
}

// rename gives an identifier the name that its object has in the interpreter.
func (l *lowering) rename(c *astutil.Cursor, id *ast.Ident) {
	o := l.info.Uses[id]
	if o == nil {
		o = l.info.Defs[id]
	}
	if o == nil || id.Name == "_" {
		return
	}
	if inst, ok := l.info.Instances[id]; ok && l.instantiates(c, id, o) {
		l.replace(c, id, l.instance(l.reference(o, id), inst.TypeArgs))
		return
	}
	switch o := o.(type) {
	case *types.PkgName:
		*id = ast.Ident{NamePos: id.NamePos, Name: l.alias(o.Imported().Path())}
		return
	case *types.Var:
		if o.Embedded() {
			id.Name = l.fieldName(o)
		}
		if o.IsField() {
			return
		}
	case *types.Func:
		if o.Signature().Recv() != nil {
			return
		}
	}
	if name, ok := l.names.lookup(o); ok {
		id.Name = name
		return
	}
	if l.foreign(c, o) {
		l.replace(c, id, l.member(o.Pkg(), o.Name()))
	}
}

// foreign says whether an identifier alone stands for a name of the vocabulary.
func (l *lowering) foreign(c *astutil.Cursor, o types.Object) bool {
	if o.Pkg() == nil || o.Pkg() == l.p.Pkg || !isPackageLevel(o) || o.Pkg().Path() == l.p.Pkg.Path() {
		return false
	}
	sel, ok := c.Parent().(*ast.SelectorExpr)
	return !ok || c.Node() != ast.Node(sel.Sel)
}

// reference names a package-level object.
func (l *lowering) reference(o types.Object, id *ast.Ident) ast.Expr {
	if name, ok := l.names.lookup(o); ok {
		return &ast.Ident{NamePos: id.NamePos, Name: name}
	}
	if isPackageLevel(o) && o.Pkg().Path() != l.p.Pkg.Path() {
		return l.member(o.Pkg(), o.Name())
	}
	return &ast.Ident{NamePos: id.NamePos, Name: id.Name}
}

// instantiates says whether the type arguments of a generic function have to be
// written, because Go infers them and the interpreter often does not.
func (l *lowering) instantiates(c *astutil.Cursor, id *ast.Ident, o types.Object) bool {
	if _, ok := o.(*types.Func); !ok {
		return false
	}
	switch p := c.Parent().(type) {
	case *ast.SelectorExpr:
		return false
	case *ast.IndexExpr:
		return p.X != ast.Expr(id)
	case *ast.IndexListExpr:
		return p.X != ast.Expr(id)
	}
	return true
}

// completeInstance writes all type arguments where only the first was given.
func (l *lowering) completeInstance(c *astutil.Cursor, x *ast.IndexExpr) {
	id, ok := x.X.(*ast.Ident)
	if !ok {
		return
	}
	if inst, ok := l.info.Instances[id]; ok && inst.TypeArgs.Len() > 1 {
		l.replace(c, x, l.instance(id, inst.TypeArgs))
	}
}

// fieldName is the name of an embedded field, which is that of its type.
func (l *lowering) fieldName(v *types.Var) string {
	t := v.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Name() == v.Name() {
		if name, ok := l.names.lookup(named.Obj()); ok {
			return name
		}
	}
	return v.Name()
}

// builtin returns the name of the predeclared function that is called, or "".
func (l *lowering) builtin(call *ast.CallExpr) string {
	if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok {
		if b, ok := l.info.Uses[id].(*types.Builtin); ok {
			return b.Name()
		}
	}
	return ""
}

// callExpr lowers calls of predeclared functions that are newer than the
// interpreter, and of generic functions of the standard library.
func (l *lowering) callExpr(c *astutil.Cursor, call *ast.CallExpr) {
	t := l.info.Types[call].Type
	switch l.builtin(call) {
	case "min":
		l.replace(c, call, l.call(l.template(`func(ʹa ʹT, ʹxs ...ʹT) ʹT { for _, ʹx := range ʹxs { if ʹx < ʹa || ʹx != ʹx { ʹa = ʹx } }; return ʹa }`, t), call.Args...))
	case "max":
		l.replace(c, call, l.call(l.template(`func(ʹa ʹT, ʹxs ...ʹT) ʹT { for _, ʹx := range ʹxs { if ʹx > ʹa || ʹx != ʹx { ʹa = ʹx } }; return ʹa }`, t), call.Args...))
	case "clear":
		t := l.info.Types[call.Args[0]].Type
		switch u := t.Underlying().(type) {
		case *types.Map:
			c.Replace(l.call(l.template(`func(ʹm ʹT) { for ʹk := range ʹm { delete(ʹm, ʹk) } }`, t), call.Args...))
		case *types.Slice:
			c.Replace(l.call(l.template(`func(ʹm ʹT) { var ʹz ʹE; for ʹk := range ʹm { ʹm[ʹk] = ʹz } }`, t, u.Elem()), call.Args...))
		}
	case "new":
		if p, ok := t.(*types.Pointer); ok && !l.info.Types[call.Args[0]].IsType() {
			l.replace(c, call, l.call(l.template(`func(ʹv ʹT) *ʹT { return &ʹv }`, p.Elem()), call.Args...))
		}
	case "recover":
		l.replace(c, call, l.call(l.runtime("Recovered"), call))
	case "":
		l.genericCall(c, call)
	}
}

// template parses an expression in which ʹT and ʹE stand for types.
func (l *lowering) template(src string, args ...types.Type) ast.Expr {
	x, err := parser.ParseExpr(src)
	if err != nil {
		panic("yaegi: template: " + err.Error()) // a constant of this package
	}
	l.place(x)
	return astutil.Apply(x, nil, func(c *astutil.Cursor) bool {
		if id, ok := c.Node().(*ast.Ident); ok {
			switch id.Name {
			case "ʹT":
				c.Replace(l.typeExpr(args[0]))
			case "ʹE":
				c.Replace(l.typeExpr(args[1]))
			}
		}
		return true
	}).(ast.Expr)
}

// place gives the nodes of a parsed template positions in the cell.
func (l *lowering) place(n ast.Node) {
	pos := reflect.TypeFor[token.Pos]()
	ast.Inspect(n, func(n ast.Node) bool {
		if n == nil {
			return false
		}
		v := reflect.ValueOf(n).Elem()
		for i := range v.NumField() {
			if f := v.Field(i); f.Type() == pos && f.Int() != 0 {
				f.SetInt(int64(l.pos))
			}
		}
		return true
	})
}

func (l *lowering) temp(base string) *ast.Ident {
	l.fresh++
	return l.ident(fmt.Sprintf("%s%s%d", mark, base, l.fresh))
}

// goStmt makes a panic in a goroutine a message instead of the process's end.
func (l *lowering) goStmt(g *ast.GoStmt) {
	guard := l.template(`func() { if ʹp := recover(); ʹp != nil { ʹrt.Goroutine(ʹp) } }`).(*ast.FuncLit)
	guard.Body.List[0].(*ast.IfStmt).Body.List[0].(*ast.ExprStmt).X.(*ast.CallExpr).Fun = l.runtime("Goroutine")
	deferred := &ast.DeferStmt{Defer: l.pos, Call: l.call(guard)}
	if lit, ok := g.Call.Fun.(*ast.FuncLit); ok {
		lit.Body.List = append([]ast.Stmt{deferred}, lit.Body.List...)
		return
	}
	sig, ok := coreSignature(l.info.Types[g.Call.Fun].Type)
	if !ok {
		return // a predeclared function
	}
	names := []string{mark + "f"}
	params := []*types.Var{types.NewParam(token.NoPos, nil, "", sig)}
	var args []ast.Expr
	for i := range sig.Params().Len() {
		names = append(names, fmt.Sprintf("%s%d", mark, i))
		params = append(params, types.NewParam(token.NoPos, nil, "", sig.Params().At(i).Type()))
		args = append(args, l.ident(names[i+1]))
	}
	if sig.Variadic() && !g.Call.Ellipsis.IsValid() {
		fixed := sig.Params().Len() - 1
		rest := &ast.CompositeLit{Type: l.typeExpr(sig.Params().At(fixed).Type()), Lbrace: l.pos, Elts: g.Call.Args[fixed:], Rbrace: l.pos}
		g.Call.Args = append(append([]ast.Expr{}, g.Call.Args[:fixed]...), rest)
	}
	inner := l.call(l.ident(names[0]), args...)
	if sig.Variadic() {
		inner.Ellipsis = l.pos
	}
	outer := types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), nil, false)
	lit := &ast.FuncLit{Type: l.funcType(outer, names), Body: &ast.BlockStmt{Lbrace: l.pos, List: []ast.Stmt{deferred, &ast.ExprStmt{X: inner}}, Rbrace: l.pos}}
	g.Call = l.call(lit, append([]ast.Expr{g.Call.Fun}, g.Call.Args...)...)
}

// deferStmt refuses what deadlocks in the interpreter: while a function runs
// its deferred calls it is locked, and calls of the closures that it made wait.
func (l *lowering) deferStmt(d *ast.DeferStmt) {
	ast.Inspect(d.Call, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		if o, ok := l.info.Uses[id].(*types.Var); ok && l.closures[o] && o.Pos() < d.Pos() {
			l.refuse(d.Pos(), fmt.Sprintf("yaegi would hang when the deferred call uses %s, a closure of the same function", id.Name))
		}
		return true
	})
}

func coreSignature(t types.Type) (*types.Signature, bool) {
	if t == nil {
		return nil, false
	}
	sig, ok := t.Underlying().(*types.Signature)
	if !ok {
		return nil, false
	}
	return types.NewSignatureType(nil, nil, nil, sig.Params(), sig.Results(), sig.Variadic()), true
}

func unquote(s string) string {
	if u, err := strconv.Unquote(s); err == nil {
		return u
	}
	return s
}
