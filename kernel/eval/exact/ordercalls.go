package exact

import (
	"go/ast"
	"go/types"
)

func (o *orderer) callEffect(x *ast.CallExpr) effect {
	fun := o.info.Types[x.Fun]
	switch {
	case fun.IsType():
		to, from := under(fun.Type), under(o.info.TypeOf(x.Args[0]))
		switch to.(type) {
		case *types.Slice:
			if b, ok := from.(*types.Basic); ok && b.Info()&types.IsString != 0 {
				return copies
			}
		}
		if _, ok := from.(*types.Slice); ok { // the memory of a string, or a length that may not fit
			return reads
		}
		return nothing
	case !fun.IsBuiltin():
		return calls
	}
	switch o.builtin(x) {
	case "cap", "complex", "imag", "len", "make", "max", "min", "new", "real", "recover":
		return copies
	case "append", "clear", "close", "copy", "delete", "panic", "print", "println":
		return calls
	}
	return reads // package unsafe
}

// builtin is the name of the builtin function that is called; of one of
// package unsafe with a capital.
func (o *orderer) builtin(x *ast.CallExpr) string {
	switch f := ast.Unparen(x.Fun).(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func (o *orderer) callParts(x *ast.CallExpr) []part {
	fun := o.info.Types[x.Fun]
	if fun.IsType() {
		return []part{{x: &x.Args[0], settled: o.copiesInto(fun.Type, x.Args[0])}}
	}
	var list []part
	if !fun.IsBuiltin() {
		list = o.callee(x)
	}
	sig, _ := under(fun.Type).(*types.Signature)
	for i := range x.Args {
		p := part{x: &x.Args[i]}
		if t := parameter(sig, i); t != nil && !x.Ellipsis.IsValid() {
			p.settled = o.copiesInto(t, x.Args[i])
		}
		list = append(list, p)
	}
	if fun.IsBuiltin() && o.builtin(x) == "delete" {
		if m, ok := under(o.info.TypeOf(x.Args[0])).(*types.Map); ok {
			list[1].settled = o.copiesKey(m, x.Args[1])
		}
	}
	return list
}

// callee is the function of a call, or the receiver of the method.
func (o *orderer) callee(x *ast.CallExpr) []part {
	f := &x.Fun
	for {
		p, ok := (*f).(*ast.ParenExpr)
		if !ok {
			break
		}
		f = &p.X
	}
	s, ok := (*f).(*ast.SelectorExpr)
	if !ok {
		return []part{{x: f}}
	}
	sel := o.info.Selections[s]
	if sel == nil || sel.Kind() != types.MethodVal {
		return []part{{x: f}}
	}
	recv := sel.Obj().(*types.Func).Signature().Recv().Type()
	return []part{{x: &s.X, addr: takesAddress(s, o.info), deref: sel.Indirect() && !isPointer(recv)}}
}

// parameter is the type of the i-th argument of a call.
func parameter(sig *types.Signature, i int) types.Type {
	if sig == nil {
		return nil
	}
	n := sig.Params().Len()
	if sig.Variadic() && i >= n-1 {
		if s, ok := under(sig.Params().At(n - 1).Type()).(*types.Slice); ok {
			return s.Elem()
		}
		return nil
	}
	if i >= n {
		return nil
	}
	return sig.Params().At(i).Type()
}
