package cell

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math"
	"slices"
	"strings"
)

// lastValues are the expressions that end the cell: one, a list, or none.
func (r *round) lastValues() []ast.Expr {
	if len(r.chunks) == 0 {
		return nil
	}
	last := slices.MaxFunc(r.chunks, func(a, b chunk) int {
		if a.cell != r.cell.N || b.cell != r.cell.N { // older chunks stand for nothing the user wrote last
			return btoi(a.cell == r.cell.N) - btoi(b.cell == r.cell.N)
		}
		return a.start - b.start
	})
	list := r.statements()
	if last.kind != statement || len(list) == 0 {
		return nil
	}
	switch x := list[len(list)-1].(type) {
	case *ast.ExprStmt:
		return []ast.Expr{x.X}
	case *ast.AssignStmt:
		if last.values > 0 {
			return x.Rhs
		}
	}
	return nil
}

// isShown says whether pos, where go/types complains of an unused value, is
// that of the last expression, and not of one in a function inside of it.
func (r *round) isShown(pos token.Pos) bool {
	values := r.lastValues()
	if len(values) != 1 || pos < values[0].Pos() || pos >= values[0].End() {
		return false
	}
	outside := true
	ast.Inspect(values[0], func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncLit); ok && f.Body.Pos() < pos && pos < f.Body.End() {
			outside = false
		}
		return outside
	})
	return outside
}

// isHidden says whether a semicolon ends the cell: it hides the value of the
// last expression, as in IPython.
func (r *round) isHidden() bool {
	_, toks, _ := scan(r.cell.Source)
	return len(toks) > 0 && toks[len(toks)-1].tok == token.SEMICOLON && toks[len(toks)-1].lit == ";"
}

// hide makes the last expression a statement that Go has: _ = x.
func (r *round) hide(x ast.Expr) {
	if _, isCall := ast.Unparen(x).(*ast.CallExpr); isCall || r.info.Types[x].IsNil() {
		return
	}
	list := r.statements()
	list[len(list)-1] = &ast.AssignStmt{Lhs: []ast.Expr{&ast.Ident{NamePos: x.Pos(), Name: "_"}}, TokPos: x.Pos(), Tok: token.ASSIGN, Rhs: []ast.Expr{x}}
}

// shown are the last expressions when they have values that a reader wants to
// see.
func (r *round) shown() ([]ast.Expr, error) {
	values := r.lastValues()
	for _, x := range values {
		tv := r.info.Types[x]
		if tv.IsVoid() || r.isPrint(x) { // of a list, go/types has refused it
			return nil, nil
		}
		if t := types.Default(tv.Type); tv.Value != nil && !representable(tv.Value, t) { // as where it is assigned to a variable
			value := ""
			if text := types.ExprString(x); text != tv.Value.String() {
				value = " " + tv.Value.String()
			}
			r.errs = append(r.errs, types.Error{Fset: r.s.fset, Pos: x.Pos(), Msg: fmt.Sprintf("cannot use %s (%s constant%s) as %s value (overflows)", types.ExprString(x), tv.Type, value, t)})
			return nil, r.checkError()
		}
	}
	if r.isHidden() {
		if len(values) == 1 {
			r.hide(values[0])
		}
		return nil, nil
	}
	return values, nil
}

// representable says whether the default type t of a constant has its value.
func representable(v constant.Value, t types.Type) bool {
	finite := func(v constant.Value) bool {
		f, _ := constant.Float64Val(v)
		return !math.IsInf(f, 0)
	}
	switch t {
	case types.Typ[types.Int]:
		_, ok := constant.Int64Val(constant.ToInt(v))
		return ok
	case types.Universe.Lookup("rune").Type():
		n, ok := constant.Int64Val(constant.ToInt(v))
		return ok && n == int64(int32(n))
	case types.Typ[types.Float64]:
		return finite(constant.ToFloat(v))
	case types.Typ[types.Complex128]:
		return finite(constant.Real(v)) && finite(constant.Imag(v))
	}
	return true // of a typed constant go/types has seen to it
}

// Visible are the values of the last expressions that are worth showing: a nil
// error alone (see ShownError) is not, as None is not in IPython.
func (p *Program) Visible(values []any) []any {
	if len(values) == 1 && values[0] == nil && p.ShownError() {
		return nil
	}
	return values
}

// ShownError says whether the last expression is a call that returns an error
// and nothing else.
func (p *Program) ShownError() bool {
	if len(p.Shown) != 1 {
		return false
	}
	call, ok := ast.Unparen(p.Shown[0]).(*ast.CallExpr)
	return ok && types.Identical(p.Info.TypeOf(call), types.Universe.Lookup("error").Type())
}

// isPrint tells the fmt.Print family, whose count and error nobody wants to see.
func (r *round) isPrint(x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	f, ok := r.info.Uses[sel.Sel].(*types.Func)
	if !ok || f.Pkg() == nil || f.Pkg().Path() != "fmt" {
		return false
	}
	return strings.HasPrefix(f.Name(), "Print") || strings.HasPrefix(f.Name(), "Fprint")
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
