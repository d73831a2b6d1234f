package yaegi

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// wrongCalls refuses calls of native functions that would look at values of
// cells' types and see something else.
func (l *lowering) wrongCalls(call *ast.CallExpr, f *types.Func) {
	if f.Pkg() == nil {
		return
	}
	switch name := f.Pkg().Path() + "." + f.Name(); name {
	case "errors.Is", "errors.As":
		if len(call.Args) == 2 && (l.ofCells(l.info.Types[call.Args[0]].Type) || l.ofCells(l.info.Types[call.Args[1]].Type)) {
			l.refuse(call.Pos(), fmt.Sprintf("yaegi would not find errors of cells' types with %s; compare with a type assertion", name))
		}
	case "encoding/json.Marshal", "encoding/json.MarshalIndent", "encoding/json.Encode":
		if len(call.Args) > 0 && l.hiddenInJSON(l.info.Types[call.Args[0]].Type, map[types.Type]bool{}) {
			l.refuse(call.Pos(), "yaegi would encode unexported fields, embedded fields or MarshalJSON methods of cells' types wrongly")
		}
	case "sync.Go", "time.AfterFunc":
		if v := l.loopVariable(call); v != nil {
			l.refuse(call.Pos(), fmt.Sprintf("yaegi would let all functions given to %s in this loop see the last %s", name, v.Name()))
		}
	}
}

// loopVariable returns a variable of a loop around the call which a function
// literal among its arguments refers to.
func (l *lowering) loopVariable(call *ast.CallExpr) (found *types.Var) {
	for _, arg := range call.Args {
		lit, ok := arg.(*ast.FuncLit)
		if !ok {
			continue
		}
		ast.Inspect(lit.Body, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			v, ok := l.info.Uses[id].(*types.Var)
			if ok && slices.ContainsFunc(l.loops, func(s span) bool { return s.holds(v.Pos()) && s.holds(call.Pos()) }) && v.Pos() < lit.Pos() {
				found = v
			}
			return true
		})
	}
	return found
}

// span is a part of the cell's file.
type span struct{ from, to token.Pos }

func (s span) holds(p token.Pos) bool { return s.from <= p && p < s.to }

// hiddenInJSON says whether a type holds a struct of a cell with unexported or
// embedded fields.
func (l *lowering) hiddenInJSON(t types.Type, seen map[types.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	nested := len(seen) > 0
	seen[t] = true
	if _, ok := t.(*types.Pointer); !ok && nested && l.ofCells(t) && hasMethod(t, "MarshalJSON") {
		return true
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && !l.ofCells(named) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			if !f.Exported() || f.Embedded() || l.hiddenInJSON(f.Type(), seen) {
				return true
			}
		}
	case *types.Map:
		return l.hiddenInJSON(u.Elem(), seen)
	case interface{ Elem() types.Type }:
		return l.hiddenInJSON(u.Elem(), seen)
	}
	return false
}

func hasMethod(t types.Type, name string) bool {
	o, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	_, ok := o.(*types.Func)
	return ok
}
