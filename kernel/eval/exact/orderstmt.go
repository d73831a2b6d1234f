package exact

import (
	"go/ast"
	"go/token"
	"go/types"
)

// order orders the expressions of a statement, not of the blocks in it.
func (o *orderer) order(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.ExprStmt:
		o.together(part{x: &s.X, last: true})
	case *ast.SendStmt:
		value := part{x: &s.Value}
		if c, ok := under(o.info.TypeOf(s.Chan)).(*types.Chan); ok {
			value.settled = o.copiesInto(c.Elem(), s.Value)
		}
		o.together(part{x: &s.Chan}, value)
	case *ast.IncDecStmt:
		o.together(part{x: &s.X, place: true})
	case *ast.GoStmt:
		o.orderCall(s.Call)
	case *ast.DeferStmt:
		o.orderCall(s.Call)
	case *ast.ReturnStmt:
		o.orderReturn(s)
	case *ast.AssignStmt:
		o.orderAssign(s)
	case *ast.DeclStmt:
		if d := s.Decl.(*ast.GenDecl); d.Tok == token.VAR {
			o.orderVar(d)
		}
	case *ast.LabeledStmt:
		o.orderLabeled(s)
	case *ast.IfStmt:
		o.header(&s.Init, part{x: &s.Cond, last: true})
		if again, ok := s.Else.(*ast.IfStmt); ok {
			s.Else = o.one(again)
		}
	case *ast.ForStmt:
		o.orderFor(s)
	case *ast.RangeStmt:
		o.together(part{x: &s.X, last: true})
	case *ast.SwitchStmt:
		if s.Tag != nil {
			o.header(&s.Init, part{x: &s.Tag, last: true})
		} else if s.Init != nil {
			o.order(s.Init)
		}
	case *ast.TypeSwitchStmt:
		x := typeSwitched(s)
		o.header(&s.Init, part{x: &x.X, last: true})
	case *ast.SelectStmt:
		o.orderSelect(s)
	}
}

// orderCall orders the operands of a call that is made later.
func (o *orderer) orderCall(call *ast.CallExpr) {
	var x ast.Expr = call
	o.together(part{x: &x, last: true})
}

func (o *orderer) orderReturn(s *ast.ReturnStmt) {
	var list []part
	for i := range s.Results {
		p := part{x: &s.Results[i], last: len(s.Results) == 1}
		if !p.last && o.results != nil {
			p.settled = o.copiesInto(o.results.At(i).Type(), s.Results[i])
		}
		list = append(list, p)
	}
	o.together(list...)
}

// orderAssign orders an assignment. What is assigned to is a place that is
// found when the values are known.
func (o *orderer) orderAssign(s *ast.AssignStmt) {
	var list []part
	names := true
	for i, x := range s.Lhs {
		if _, ok := ast.Unparen(x).(*ast.Ident); ok {
			continue
		}
		names = false
		list = append(list, part{x: &s.Lhs[i], place: true})
	}
	single := len(s.Rhs) == 1 && (names || len(s.Lhs) > 1)
	for i, x := range s.Rhs {
		p := part{x: &s.Rhs[i], last: single}
		if !single && s.Tok == token.ASSIGN {
			p.settled = o.copiesInto(o.info.TypeOf(s.Lhs[i]), x)
		}
		list = append(list, p)
	}
	if !o.together(list...) || names || len(s.Lhs) == len(s.Rhs) {
		return
	}
	// a[i], v = f(): the results first
	tuple, ok := o.info.TypeOf(s.Rhs[0]).(*types.Tuple)
	if !ok {
		return
	}
	all := tupleTypes(tuple)
	for i, x := range s.Lhs {
		if isBlank(x) {
			all[i] = nil
		}
	}
	values := o.temps(s.Rhs[0], all)
	var places []ast.Expr
	s.Rhs = nil
	for i, v := range values {
		if v != nil {
			places, s.Rhs = append(places, s.Lhs[i]), append(s.Rhs, v)
		}
	}
	s.Lhs = places
}

func isBlank(x ast.Expr) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && id.Name == "_"
}

// orderVar orders a declaration of variables: what goes before the second
// variable's value goes behind the first.
func (o *orderer) orderVar(d *ast.GenDecl) {
	first := 0
	for i, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok || len(v.Values) == 0 {
			continue
		}
		var list []part
		for k := range v.Values {
			p := part{x: &v.Values[k], last: len(v.Values) == 1}
			if !p.last && v.Type != nil {
				p.settled = o.copiesInto(o.info.TypeOf(v.Type), v.Values[k])
			}
			list = append(list, p)
		}
		before := o.out
		o.out = nil
		o.together(list...)
		if own := o.out; len(own) > 0 {
			if i > first {
				before = append(before, &ast.DeclStmt{Decl: &ast.GenDecl{TokPos: d.TokPos, Tok: token.VAR, Lparen: d.TokPos, Specs: d.Specs[first:i:i], Rparen: d.TokPos}})
			}
			before, first = append(before, own...), i
		}
		o.out = before
	}
	d.Specs = d.Specs[first:]
}

// orderLabeled keeps a label at its statement. What goes before a loop must not
// be left out by a goto, and continue must not repeat it.
func (o *orderer) orderLabeled(s *ast.LabeledStmt) {
	if !o.gotos[s.Label.Name] {
		o.order(s.Stmt)
		return
	}
	switch s.Stmt.(type) {
	case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
	default:
		s.Stmt = o.one(s.Stmt)
	}
}

// header orders the expression of an if or switch statement. When it needs
// that, the statement before it moves out, too.
func (o *orderer) header(init *ast.Stmt, x part) {
	if *init != nil {
		o.order(*init)
	}
	before := o.out
	o.out = nil
	o.together(x)
	own := o.out
	if len(own) > 0 && *init != nil {
		before, *init = append(before, *init), nil
	}
	o.out = append(before, own...)
}

// orderFor moves a condition that needs to be ordered into the loop.
func (o *orderer) orderFor(s *ast.ForStmt) {
	if s.Init != nil {
		o.order(s.Init)
	}
	if s.Post != nil {
		s.Post = o.one(s.Post)
	}
	if s.Cond == nil {
		return
	}
	before := o.out
	o.out = nil
	o.together(part{x: &s.Cond, last: true})
	if own := o.out; len(own) > 0 {
		at := s.Cond.Pos()
		leave := &ast.BlockStmt{Lbrace: at, List: []ast.Stmt{&ast.BranchStmt{TokPos: at, Tok: token.BREAK}}, Rbrace: at}
		own = append(own, &ast.IfStmt{If: at, Cond: s.Cond, Body: &ast.BlockStmt{Lbrace: at, Rbrace: at}, Else: leave})
		s.Body.List, s.Cond = append(own, s.Body.List...), nil
	}
	o.out = before
}

func typeSwitched(s *ast.TypeSwitchStmt) *ast.TypeAssertExpr {
	var x ast.Expr
	switch a := s.Assign.(type) {
	case *ast.ExprStmt:
		x = a.X
	case *ast.AssignStmt:
		x = a.Rhs[0]
	}
	return ast.Unparen(x).(*ast.TypeAssertExpr)
}

// orderSelect orders the channels, and the values to send: each is copied in
// its turn.
func (o *orderer) orderSelect(s *ast.SelectStmt) {
	var list []part
	for _, c := range s.Body.List {
		var receive ast.Expr
		switch c := c.(*ast.CommClause).Comm.(type) {
		case *ast.SendStmt:
			list = append(list, part{x: &c.Chan, settled: true}, part{x: &c.Value, settled: true})
		case *ast.ExprStmt:
			receive = c.X
		case *ast.AssignStmt:
			receive = c.Rhs[0]
		}
		if u, ok := ast.Unparen(receive).(*ast.UnaryExpr); ok {
			list = append(list, part{x: &u.X, settled: true})
		}
	}
	o.together(list...)
}
