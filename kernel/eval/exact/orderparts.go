package exact

import (
	"go/ast"
	"go/token"
	"go/types"
)

// An effect is what evaluating an expression does, once its parts are known.
type effect int

const (
	nothing effect = iota
	reads          // what calls may change, or it may panic: the compiler does it behind all calls
	copies         // the same, but the compiler does it where it stands, and keeps the result
	calls          // likewise, and variables may change
)

// A part is an operand, in the order of evaluation.
type part struct {
	x       *ast.Expr
	addr    bool // its address counts, not its value
	deref   bool // it is a pointer, and what it points to is read
	settled bool // the compiler copies it at once, although it is no call
	after   bool // and copies it when the other operands have been evaluated, too

	// Of a statement's expressions:
	place bool // it is assigned to
	last  bool // nothing of the statement is evaluated after it, so that its own value need not be kept
}

// effect is what an expression does. &&, || and literals of maps, whose parts
// are not all evaluated before it is, are copied at once.
func (o *orderer) effect(x ast.Expr) effect {
	switch x := x.(type) {
	case *ast.Ident:
		if v, ok := o.info.Uses[x].(*types.Var); ok && !o.fixed[v] {
			return reads
		}
	case *ast.SelectorExpr:
		s := o.info.Selections[x]
		switch {
		case s == nil:
			return o.effect(x.Sel)
		case s.Kind() == types.MethodVal, s.Kind() == types.FieldVal && s.Indirect():
			return reads
		}
	case *ast.IndexExpr:
		if o.isInstance(x) {
			return nothing
		}
		switch t := under(o.info.TypeOf(x.X)).(type) {
		case *types.Array:
			if o.constant(x.Index) {
				return nothing
			}
		case *types.Map:
			if o.convertsKey(x.Index) {
				return copies
			}
		case *types.Basic:
			if t.Info()&types.IsConstType != 0 && o.constant(x.X) && o.constant(x.Index) {
				return nothing
			}
		}
		return reads
	case *ast.StarExpr:
		return reads
	case *ast.UnaryExpr:
		if x.Op == token.ARROW {
			return calls
		}
	case *ast.BinaryExpr:
		return o.binaryEffect(x)
	case *ast.SliceExpr:
		return copies
	case *ast.TypeAssertExpr:
		if o.isPointerShaped(o.info.TypeOf(x.Type)) {
			return reads
		}
		return copies
	case *ast.CompositeLit:
		if _, ok := under(o.info.TypeOf(x)).(*types.Map); ok && len(x.Elts) > 0 {
			return copies
		}
	case *ast.CallExpr:
		return o.callEffect(x)
	}
	return nothing
}

func (o *orderer) binaryEffect(x *ast.BinaryExpr) effect {
	basic, _ := under(o.info.TypeOf(x)).(*types.Basic)
	isInteger := basic == nil || basic.Info()&types.IsInteger != 0
	switch x.Op {
	case token.LAND, token.LOR:
		return copies
	case token.QUO, token.REM:
		if isInteger && !o.constant(x.Y) {
			return reads
		}
	case token.SHL, token.SHR:
		count, _ := under(o.info.TypeOf(x.Y)).(*types.Basic)
		if !o.constant(x.Y) && (count == nil || count.Info()&types.IsUnsigned == 0) {
			return reads
		}
	case token.EQL, token.NEQ: // of interfaces: it panics when what they hold is not comparable
		for _, y := range []ast.Expr{x.X, x.Y} {
			switch under(o.info.TypeOf(y)).(type) {
			case *types.Interface, *types.Struct, *types.Array:
				return reads
			}
		}
	}
	return nothing
}

// isInstance says whether f[T] is an instance of a generic function.
func (o *orderer) isInstance(x *ast.IndexExpr) bool {
	_, ok := under(o.info.TypeOf(x.X)).(*types.Signature)
	return ok
}

// parts lists the operands of an expression.
func (o *orderer) parts(x ast.Expr) []part {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return []part{{x: &x.X}}
	case *ast.SelectorExpr:
		switch s := o.info.Selections[x]; {
		case s == nil, s.Kind() == types.MethodExpr:
			return nil
		default:
			return []part{{x: &x.X, addr: takesAddress(x, o.info)}}
		}
	case *ast.IndexExpr:
		if o.isInstance(x) {
			return nil
		}
		return []part{{x: &x.X}, o.key(x)}
	case *ast.StarExpr:
		return []part{{x: &x.X}}
	case *ast.UnaryExpr:
		return []part{{x: &x.X, addr: x.Op == token.AND}}
	case *ast.BinaryExpr:
		return o.operands(x)
	case *ast.SliceExpr:
		_, isArray := under(o.info.TypeOf(x.X)).(*types.Array)
		list := []part{{x: &x.X, addr: isArray}}
		for _, i := range []*ast.Expr{&x.Low, &x.High, &x.Max} {
			if *i != nil {
				list = append(list, part{x: i, settled: !o.isName(*i)})
			}
		}
		return list
	case *ast.TypeAssertExpr:
		return []part{{x: &x.X}}
	case *ast.CompositeLit:
		return o.elements(x)
	case *ast.CallExpr:
		return o.callParts(x)
	}
	return nil
}

func (o *orderer) operands(x *ast.BinaryExpr) []part {
	a, b := part{x: &x.X}, part{x: &x.Y}
	switch x.Op {
	case token.LAND, token.LOR:
		a.settled, b.settled = true, true
	case token.EQL, token.NEQ:
		t, u := o.info.TypeOf(x.X), o.info.TypeOf(x.Y)
		switch under(t).(type) {
		case *types.Struct, *types.Array:
			a.after = !o.isAddressable(x.X)
		}
		switch under(u).(type) {
		case *types.Struct, *types.Array:
			b.after = !o.isAddressable(x.Y)
		}
		a.settled, b.settled = o.copiesInto(u, x.X), o.copiesInto(t, x.Y)
	}
	return []part{a, b}
}

func (o *orderer) elements(x *ast.CompositeLit) []part {
	t := under(o.info.TypeOf(x))
	if p, ok := t.(*types.Pointer); ok {
		t = under(p.Elem())
	}
	var list []part
	for i := range x.Elts {
		e, key := &x.Elts[i], ast.Expr(nil)
		kv, _ := (*e).(*ast.KeyValueExpr)
		if kv != nil {
			e, key = &kv.Value, kv.Key
		}
		var of types.Type
		switch t := t.(type) {
		case *types.Struct:
			if id, ok := key.(*ast.Ident); ok {
				if f, ok := o.info.Uses[id].(*types.Var); ok {
					of = f.Type()
				}
			} else if i < t.NumFields() {
				of = t.Field(i).Type()
			}
		case *types.Array:
			of = t.Elem()
		case *types.Slice:
			of = t.Elem()
		case *types.Map:
			of = t.Elem()
			list = append(list, part{x: &kv.Key, settled: o.copiesKey(t, kv.Key)})
		}
		list = append(list, part{x: e, settled: o.copiesInto(of, *e)})
	}
	return list
}

func (o *orderer) key(x *ast.IndexExpr) part {
	p := part{x: &x.Index}
	if m, ok := under(o.info.TypeOf(x.X)).(*types.Map); ok {
		p.settled = o.copiesKey(m, x.Index)
	}
	return p
}

// isName says whether x is what the compiler calls cheap: a variable or a constant.
func (o *orderer) isName(x ast.Expr) bool {
	x = ast.Unparen(x)
	if o.constant(x) {
		return true
	}
	switch x := x.(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return o.info.Selections[x] == nil
	}
	return false
}
