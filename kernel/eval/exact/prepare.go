package exact

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
)

// prepare rewrites what package ssa would evaluate otherwise than the Go
// compiler: statements whose calls change what they read, and ranges.
func prepare(files []*ast.File, info *types.Info) {
	orderCalls(files, info)
	dropRanged(files, info)
}

// dropRanged drops what package ssa would evaluate although Go does not: the
// operand of a range over an array whose elements are not used, when it
// contains no calls and receives. Only its length counts then.
func dropRanged(files []*ast.File, info *types.Info) {
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			r, ok := n.(*ast.RangeStmt)
			if !ok || r.Value != nil {
				return true
			}
			if n := arrayLen(info.TypeOf(r.X)); n >= 0 && !evaluates(r.X, info) {
				lit := &ast.BasicLit{ValuePos: r.X.Pos(), Kind: token.INT, Value: strconv.FormatInt(n, 10)}
				info.Types[lit] = types.TypeAndValue{Type: types.Typ[types.Int], Value: constant.MakeInt64(n)}
				r.X = lit
			}
			return true
		})
	}
}

// arrayLen is the length of an array or of what a pointer to one points to;
// -1 for other types.
func arrayLen(t types.Type) int64 {
	if t == nil {
		return -1
	}
	t = t.Underlying()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	if a, ok := t.(*types.Array); ok {
		return a.Len()
	}
	return -1
}

// evaluates says whether an expression contains calls or receives.
func evaluates(x ast.Expr, info *types.Info) (found bool) {
	ast.Inspect(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if tv := info.Types[n.Fun]; !tv.IsType() && info.Types[n].Value == nil {
				found = true
			}
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}
