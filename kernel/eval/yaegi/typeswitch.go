package yaegi

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"

	"golang.org/x/tools/go/ast/astutil"
)

// typeSwitch turns a type switch over types of cells, which the interpreter
// gets wrong, into a switch over the number of the first clause whose type
// assertion holds.
func (l *lowering) typeSwitch(c *astutil.Cursor, s *ast.TypeSwitchStmt) {
	if !l.switchesOnCellTypes(s) {
		return
	}
	var name string
	var x *ast.TypeAssertExpr
	switch a := s.Assign.(type) {
	case *ast.AssignStmt:
		name, x = a.Lhs[0].(*ast.Ident).Name, a.Rhs[0].(*ast.TypeAssertExpr)
	case *ast.ExprStmt:
		x = a.X.(*ast.TypeAssertExpr)
	}
	value, arg := l.temp("v"), l.temp("x")
	probe := &ast.FuncLit{
		Type: l.funcType(types.NewSignatureType(nil, nil, nil,
			types.NewTuple(types.NewParam(token.NoPos, nil, "", l.info.Types[x.X].Type)),
			types.NewTuple(types.NewParam(token.NoPos, nil, "", types.Typ[types.Int])), false), []string{arg.Name}),
		Body: &ast.BlockStmt{Lbrace: l.pos, Rbrace: l.pos},
	}
	body := &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}
	for i, st := range s.Body.List {
		clause := st.(*ast.CaseClause)
		bound := ast.Expr(l.ident(value.Name))
		for _, t := range clause.List {
			probe.Body.List = append(probe.Body.List, l.probe(arg.Name, t, i))
			if len(clause.List) == 1 && !isNil(t) {
				bound = &ast.TypeAssertExpr{X: l.ident(value.Name), Lparen: l.pos, Type: t, Rparen: l.pos}
			}
		}
		lowered := &ast.CaseClause{Case: clause.Case, Colon: clause.Colon, Body: clause.Body}
		if clause.List != nil {
			lowered.List = []ast.Expr{l.number(i)}
		}
		if name != "" && name != "_" {
			bind := &ast.AssignStmt{Lhs: []ast.Expr{l.ident(name)}, TokPos: l.pos, Tok: token.DEFINE, Rhs: []ast.Expr{bound}}
			lowered.Body = append([]ast.Stmt{bind}, lowered.Body...)
		}
		body.List = append(body.List, lowered)
	}
	none := &ast.UnaryExpr{OpPos: l.pos, Op: token.SUB, X: l.number(1)}
	probe.Body.List = append(probe.Body.List, &ast.ReturnStmt{Return: l.pos, Results: []ast.Expr{none}})
	if _, labeled := c.Parent().(*ast.LabeledStmt); labeled {
		l.refuse(s.Pos(), "yaegi cannot run a labeled type switch over types of cells")
	}
	which := l.temp("k")
	assign := func(to *ast.Ident, from ast.Expr) ast.Stmt {
		return &ast.AssignStmt{Lhs: []ast.Expr{to}, TokPos: l.pos, Tok: token.DEFINE, Rhs: []ast.Expr{from}}
	}
	block := &ast.BlockStmt{Lbrace: s.Pos(), Rbrace: s.End()}
	if s.Init != nil {
		block.List = append(block.List, s.Init)
	}
	block.List = append(block.List,
		assign(value, x.X),
		assign(which, l.call(probe, l.ident(value.Name))),
		&ast.SwitchStmt{Switch: s.Switch, Tag: l.ident(which.Name), Body: body})
	c.Replace(block)
}

// probe returns clause i when the type of the value is t.
func (l *lowering) probe(value string, t ast.Expr, i int) ast.Stmt {
	ret := &ast.BlockStmt{Lbrace: l.pos, List: []ast.Stmt{&ast.ReturnStmt{Return: l.pos, Results: []ast.Expr{l.number(i)}}}, Rbrace: l.pos}
	if isNil(t) {
		return &ast.IfStmt{If: l.pos, Cond: &ast.BinaryExpr{X: l.ident(value), OpPos: l.pos, Op: token.EQL, Y: l.ident("nil")}, Body: ret}
	}
	// Not _: the interpreter asserts without asking then.
	ok, asserted := l.temp("ok"), l.temp("t")
	return &ast.IfStmt{
		If: l.pos,
		Init: &ast.AssignStmt{Lhs: []ast.Expr{asserted, ok}, TokPos: l.pos, Tok: token.DEFINE,
			Rhs: []ast.Expr{&ast.TypeAssertExpr{X: l.ident(value), Lparen: l.pos, Type: t, Rparen: l.pos}}},
		Cond: l.ident(ok.Name), Body: ret,
	}
}

func (l *lowering) number(i int) ast.Expr {
	return &ast.BasicLit{ValuePos: l.pos, Kind: token.INT, Value: strconv.Itoa(i)}
}

func isNil(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "nil"
}

func (l *lowering) switchesOnCellTypes(s *ast.TypeSwitchStmt) bool {
	for _, st := range s.Body.List {
		for _, t := range st.(*ast.CaseClause).List {
			if l.ofCells(l.info.Types[t].Type) {
				return true
			}
		}
	}
	return false
}

// ofCells says whether a type, or what it points to, is declared in a cell.
func (l *lowering) ofCells(t types.Type) bool {
	for {
		switch u := types.Unalias(t).(type) {
		case *types.Pointer:
			t = u.Elem()
		case *types.Named:
			return u.Obj().Pkg() != nil && u.Obj().Pkg().Path() == l.p.Pkg.Path()
		default:
			return false
		}
	}
}
