package exact

import (
	"go/ast"
	"go/token"
	"go/types"
)

// together orders the expressions of a statement, when it needs that: when
// something is read for an operation before a call, but not for it.
func (o *orderer) together(list ...part) bool {
	o.pending, o.need = false, false
	for _, p := range list {
		o.scanPart(p)
	}
	if !o.need {
		return false
	}
	for _, p := range list {
		o.rewrite(p)
	}
	return true
}

func (o *orderer) scanPart(p part) {
	before := o.pending
	if p.place {
		o.scanParts(*p.x, true)
		return
	}
	o.scan(*p.x, p.addr)
	if p.deref {
		o.pending = true
	}
	if p.settled {
		o.pending = before
	}
}

// scan follows the evaluation of an expression, of whose value or address.
func (o *orderer) scan(x ast.Expr, addr bool) {
	if o.constant(x) {
		return
	}
	before := o.pending
	o.need = o.need || o.isBackwards(x)
	o.scanParts(x, addr)
	switch o.effect(x) {
	case reads:
		if id, ok := x.(*ast.Ident); ok && addr || ok && id.Name == "_" {
			return
		}
		o.pending = true
	case copies:
		o.pending = before
	case calls:
		o.need = o.need || before
		o.pending = before
	}
}

func (o *orderer) scanParts(x ast.Expr, addr bool) {
	before := o.pending
	entry := false // the value of a key
	isMap := o.isMapLiteral(x)
	for i, p := range o.parts(x) {
		p.addr = p.addr || addr && i == 0 && o.isPlace(x)
		o.scanPart(p)
		if isMap {
			if entry {
				o.pending = before // it is put into the map
			}
			entry = !entry
		}
	}
}

// isPlace says whether the address of x is one within its first operand.
func (o *orderer) isPlace(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return true
	case *ast.SelectorExpr:
		s := o.info.Selections[x]
		return s != nil && s.Kind() == types.FieldVal && !s.Indirect()
	case *ast.IndexExpr:
		_, ok := under(o.info.TypeOf(x.X)).(*types.Array)
		return ok
	}
	return false
}

// isBackwards says whether package ssa evaluates the operands of x from right to
// left, which is wrong: the index of an array or string that is a value.
func (o *orderer) isBackwards(x ast.Expr) bool {
	i, ok := x.(*ast.IndexExpr)
	if !ok || o.info.Types[x].Addressable() || o.settled(i.Index) || !evaluates(i.X, o.info) {
		return false
	}
	switch under(o.info.TypeOf(i.X)).(type) {
	case *types.Array, *types.Basic:
		return true
	}
	return false
}

func (o *orderer) isMapLiteral(x ast.Expr) bool {
	lit, ok := x.(*ast.CompositeLit)
	if !ok {
		return false
	}
	_, ok = under(o.info.TypeOf(lit)).(*types.Map)
	return ok
}

func (o *orderer) rewrite(p part) {
	switch {
	case p.place:
		o.rewriteParts(*p.x)
		return
	case p.last:
		*p.x = o.lastExpr(*p.x)
	default:
		*p.x = o.expr(*p.x)
	}
	if p.settled {
		*p.x = o.temp(*p.x)
	}
}

// expr is what remains of an expression when all that the compiler copies at
// once is in temporaries.
func (o *orderer) expr(x ast.Expr) ast.Expr {
	if o.constant(x) {
		return x
	}
	if y := o.special(x); y != nil {
		return y
	}
	does := o.effect(x) // while its operands are what was written
	o.rewriteParts(x)
	switch does {
	case copies, calls:
		return o.temp(x)
	}
	return x
}

// lastExpr is expr for an expression whose value is needed at once.
func (o *orderer) lastExpr(x ast.Expr) ast.Expr {
	x = ast.Unparen(x)
	if o.constant(x) {
		return x
	}
	if y := o.special(x); y != nil {
		return y
	}
	o.rewriteParts(x)
	return x
}

// special rewrites what does not evaluate all its operands before it does
// something; nil for other expressions.
func (o *orderer) special(x ast.Expr) ast.Expr {
	switch x := x.(type) {
	case *ast.BinaryExpr:
		if x.Op == token.LAND || x.Op == token.LOR {
			return o.logical(x)
		}
	case *ast.CompositeLit:
		if o.isMapLiteral(x) {
			return o.mapLiteral(x)
		}
	}
	return nil
}

func (o *orderer) rewriteParts(x ast.Expr) {
	parts := o.parts(x)
	for _, p := range parts {
		if t, ok := o.info.TypeOf(*p.x).(*types.Tuple); ok { // f(g()), where g has several results
			*p.x = o.lastExpr(*p.x)
			x.(*ast.CallExpr).Args = o.temps(*p.x, tupleTypes(t))
			continue
		}
		o.rewrite(p)
	}
	for _, p := range parts {
		if p.after {
			*p.x = o.temp(*p.x)
		}
	}
}

func tupleTypes(t *types.Tuple) []types.Type {
	var list []types.Type
	for v := range t.Variables() {
		list = append(list, types.Default(v.Type()))
	}
	return list
}

// logical makes x && y
//
//	t := x
//	if t {
//		t = y
//	}
//
// so that calls of y stay conditional.
func (o *orderer) logical(x *ast.BinaryExpr) ast.Expr {
	x.X = o.expr(x.X)
	before := o.out
	o.out = nil
	x.Y = o.expr(x.Y)
	inner := o.out
	o.out = before
	if len(inner) == 0 {
		return o.temp(x)
	}
	t := o.temps(x.X, []types.Type{types.Default(o.info.TypeOf(x))})[0]
	v := o.info.Uses[t.(*ast.Ident)].(*types.Var)
	inner = append(inner, &ast.AssignStmt{Lhs: []ast.Expr{o.use(v)}, TokPos: x.OpPos, Tok: token.ASSIGN, Rhs: []ast.Expr{x.Y}})
	then, otherwise := &ast.BlockStmt{Lbrace: x.OpPos, Rbrace: x.End()}, &ast.BlockStmt{Lbrace: x.OpPos, Rbrace: x.End()}
	choice := &ast.IfStmt{If: x.OpPos, Cond: o.use(v), Body: then}
	if x.Op == token.LAND {
		then.List = inner
	} else {
		otherwise.List, choice.Else = inner, otherwise
	}
	o.out = append(o.out, choice)
	return t
}

// mapLiteral makes the entries of a map's literal assignments to its elements,
// when one of them needs to be ordered.
func (o *orderer) mapLiteral(x *ast.CompositeLit) ast.Expr {
	o.pending, o.need = false, false
	o.scanParts(x, false)
	if !o.need {
		return o.temp(x)
	}
	t := o.info.TypeOf(x)
	lit := &ast.CompositeLit{Type: x.Type, Lbrace: x.Lbrace, Rbrace: x.Rbrace}
	o.info.Types[lit] = o.info.Types[x]
	var rest []*ast.KeyValueExpr
	for _, e := range x.Elts {
		if kv := e.(*ast.KeyValueExpr); o.constant(kv.Key) && o.constant(kv.Value) {
			lit.Elts = append(lit.Elts, kv)
		} else {
			rest = append(rest, kv)
		}
	}
	id := o.temps(lit, []types.Type{t})[0]
	v := o.info.Uses[id.(*ast.Ident)].(*types.Var)
	elem := under(t).(*types.Map).Elem()
	for _, kv := range rest {
		at := &ast.IndexExpr{X: o.use(v), Lbrack: kv.Colon, Index: kv.Key, Rbrack: kv.Colon}
		o.info.Types[at] = types.TypeAndValue{Type: elem}
		set := &ast.AssignStmt{Lhs: []ast.Expr{at}, TokPos: kv.Colon, Tok: token.ASSIGN, Rhs: []ast.Expr{kv.Value}}
		o.order(set)
		o.out = append(o.out, set)
	}
	return id
}
