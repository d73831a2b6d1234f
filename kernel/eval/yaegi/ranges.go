package yaegi

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"
)

// rangeStmt lowers the loops that the interpreter does not know or gets wrong:
// over integers, over functions, and over a string's indices alone.
func (l *lowering) rangeStmt(c *astutil.Cursor, r *ast.RangeStmt) {
	t := l.info.Types[r.X].Type
	if t == nil {
		return
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Info()&types.IsInteger != 0 {
			l.rangeInt(c, r, t)
			return
		}
		if u.Info()&types.IsString != 0 && r.Key != nil && r.Value == nil {
			r.Value = l.ident("_")
		}
		l.freshRangeVars(r)
	case *types.Signature:
		l.rangeFunc(c, r, u)
	default:
		l.freshRangeVars(r)
	}
}

// rangeInt counts from 0 to n-1; the loop variable is a new one each time.
func (l *lowering) rangeInt(c *astutil.Cursor, r *ast.RangeStmt, t types.Type) {
	if r.Key != nil {
		if kt := l.info.TypeOf(r.Key); kt != nil {
			t = kt
		}
	}
	i, n := l.temp("i"), l.temp("n")
	if !isBlank(r.Key) {
		set := &ast.AssignStmt{Lhs: []ast.Expr{r.Key}, TokPos: r.TokPos, Tok: r.Tok, Rhs: []ast.Expr{l.ident(i.Name)}}
		r.Body.List = append([]ast.Stmt{set}, r.Body.List...)
	}
	zero := &ast.BasicLit{ValuePos: l.pos, Kind: token.INT, Value: "0"}
	c.Replace(&ast.ForStmt{
		For: r.For,
		Init: &ast.AssignStmt{Lhs: []ast.Expr{i, n}, TokPos: r.For, Tok: token.DEFINE,
			Rhs: []ast.Expr{l.call(l.typeExpr(t), zero), l.call(l.typeExpr(t), r.X)}},
		Cond: &ast.BinaryExpr{X: l.ident(i.Name), OpPos: r.For, Op: token.LSS, Y: l.ident(n.Name)},
		Post: &ast.IncDecStmt{X: l.ident(i.Name), TokPos: r.For, Tok: token.INC},
		Body: r.Body,
	})
}

func isBlank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return e == nil || ok && id.Name == "_"
}

// rangeFunc calls the iterator with the body as its function. Leaving the body
// by anything but break and continue is refused.
func (l *lowering) rangeFunc(c *astutil.Cursor, r *ast.RangeStmt, iter *types.Signature) {
	yield := iter.Params().At(0).Type().Underlying().(*types.Signature)
	var names []string
	var assigns []ast.Stmt
	for i := range yield.Params().Len() {
		e := []ast.Expr{r.Key, r.Value}[i]
		id, plain := e.(*ast.Ident)
		switch {
		case isBlank(e):
			names = append(names, l.temp("y").Name)
		case r.Tok == token.DEFINE && plain:
			names = append(names, id.Name)
		default:
			names = append(names, l.temp("y").Name)
			assigns = append(assigns, &ast.AssignStmt{Lhs: []ast.Expr{e}, TokPos: r.For, Tok: token.ASSIGN, Rhs: []ast.Expr{l.ident(names[i])}})
		}
	}
	if names == nil {
		names = []string{}
	}
	l.leaveBody(r.Body)
	list := append(assigns, r.Body.List...)
	list = append(list, &ast.ReturnStmt{Return: r.Body.Rbrace, Results: []ast.Expr{l.ident("true")}})
	lit := &ast.FuncLit{Type: l.funcType(yield, names), Body: &ast.BlockStmt{Lbrace: r.Body.Lbrace, List: list, Rbrace: r.Body.Rbrace}}
	c.Replace(&ast.ExprStmt{X: l.call(r.X, lit)})
}

// leaveBody turns the body's own break and continue into returns.
func (l *lowering) leaveBody(body *ast.BlockStmt) {
	var inLoop, inSwitch int
	astutil.Apply(body, func(c *astutil.Cursor) bool {
		switch x := c.Node().(type) {
		case *ast.FuncLit:
			return false
		case *ast.ForStmt, *ast.RangeStmt:
			inLoop++
		case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			inSwitch++
		case *ast.ReturnStmt, *ast.DeferStmt:
			l.refuse(x.Pos(), "yaegi cannot return or defer inside a loop over a function")
		case *ast.BranchStmt:
			switch {
			case x.Label != nil || x.Tok == token.GOTO:
				l.refuse(x.Pos(), "yaegi cannot jump to a label inside a loop over a function")
			case x.Tok == token.BREAK && inLoop == 0 && inSwitch == 0:
				c.Replace(&ast.ReturnStmt{Return: x.Pos(), Results: []ast.Expr{l.ident("false")}})
			case x.Tok == token.CONTINUE && inLoop == 0:
				c.Replace(&ast.ReturnStmt{Return: x.Pos(), Results: []ast.Expr{l.ident("true")}})
			}
			return false
		}
		return true
	}, func(c *astutil.Cursor) bool {
		switch c.Node().(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			inLoop--
		case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			inSwitch--
		}
		return true
	})
}
