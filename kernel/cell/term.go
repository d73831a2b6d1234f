package cell

import (
	"go/ast"
	"go/types"
	"slices"
	"strconv"

	"adkernel/kernel/eval"
)

// within lists the calls around the cursor.
func (d *draft) within() []eval.Use {
	var out []eval.Use
	for up := len(d.path) - 2; up >= 0; up-- {
		here, ok := d.path[up+1].(ast.Expr)
		if !ok {
			break
		}
		switch p := d.path[up].(type) {
		case *ast.ParenExpr:
		case *ast.CompositeLit: // f([]string{"a"}...)
			if t := d.typeOf(p); t == nil || structOf(t) != nil {
				return out
			}
		case *ast.SelectorExpr:
			call, ok := d.path[max(up-1, 0)].(*ast.CallExpr)
			if !ok || call.Fun != p {
				return out
			}
			out = append(out, eval.Use{Call: d.term(call, 0), Argument: -1})
			up--
		case *ast.CallExpr:
			i := slices.Index(p.Args, here)
			if i < 0 {
				return out
			}
			out = append(out, eval.Use{Call: d.term(p, 0), Argument: i})
		default:
			return out
		}
	}
	return out
}

// maxTerm is how deep a term goes.
const maxTerm = 50

// term is what is known of an expression without evaluating it.
func (d *draft) term(x ast.Expr, depth int) *eval.Term {
	t := &eval.Term{}
	if depth > maxTerm {
		return t
	}
	if tv := d.info.Types[x]; tv.Value != nil {
		if b, ok := tv.Type.Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
			text, err := strconv.Unquote(tv.Value.ExactString())
			if err == nil {
				t.Text = &text
			}
		}
		return t
	}
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		v, ok := d.info.Uses[x].(*types.Var)
		if !ok {
			break
		}
		if l := d.s.live[x.Name]; l != nil && l.object == types.Object(v) {
			t.Value = d.s.value(v)
		} else if init := d.initial(v); init != nil {
			return d.term(init, depth+1)
		}
	case *ast.CallExpr:
		t.Func = d.called(x)
		if sel, ok := ast.Unparen(x.Fun).(*ast.SelectorExpr); ok && d.info.Selections[sel] != nil {
			t.On = d.term(sel.X, depth+1)
		}
		for _, a := range x.Args {
			t.Args = append(t.Args, d.term(a, depth+1))
		}
	}
	return t
}

// called is the name of the function that a call calls, "" when it is not a
// declared one.
func (d *draft) called(call *ast.CallExpr) string {
	var id *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return ""
	}
	f, ok := d.info.Uses[id].(*types.Func)
	if !ok || f.Pkg() == nil {
		return ""
	}
	name := f.Name()
	if f.Signature().Recv() != nil {
		name = receiverType(f) + "." + name
	}
	return f.Pkg().Path() + "." + name
}

// initial is what the cell defines a variable as.
func (d *draft) initial(v *types.Var) (out ast.Expr) {
	ast.Inspect(d.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if id, ok := left.(*ast.Ident); ok && len(n.Lhs) == len(n.Rhs) && d.info.Defs[id] == types.Object(v) {
					out = n.Rhs[i]
				}
			}
		case *ast.ValueSpec:
			for i, id := range n.Names {
				if len(n.Names) == len(n.Values) && d.info.Defs[id] == types.Object(v) {
					out = n.Values[i]
				}
			}
		}
		return out == nil
	})
	return out
}
