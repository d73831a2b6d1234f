package exact

import (
	"cmp"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// symbol is the name that package runtime has for a function: main.f,
// main.(*T).M, main.Map[...], main.f.func1. The statements of a cell are those
// of main.
func symbol(f *ssa.Function) string {
	if f.Parent() != nil {
		return literalSymbol(f)
	}
	declared := f
	if f.Origin() != nil {
		declared = f.Origin()
	}
	path, name := "", declared.Name()
	object, _ := declared.Object().(*types.Func)
	recv := declared.Signature.Recv()
	if of, kind, ok := strings.Cut(name, "$"); ok && object != nil { // a method's value, or a method as a function
		name, recv = of, object.Signature().Recv()
		if kind == "bound" {
			name += "-fm"
		}
	}
	switch {
	case object != nil && object.Pkg() != nil:
		path = object.Pkg().Path() + "."
	case declared.Pkg != nil:
		path = declared.Pkg.Pkg.Path() + "."
	}
	if typ, method, ok := strings.Cut(name, cellMark); ok {
		if typ == "" { // of a cell's statements
			return path + "main"
		}
		name, recv = method, declared.Signature.Params().At(0) // a method of an earlier cell's type
	}
	if init, n, ok := strings.Cut(name, "#"); ok { // init#1 is the first
		number, _ := strconv.Atoi(n)
		return path + init + "." + strconv.Itoa(number-1)
	}
	if recv != nil {
		return path + receiverSymbol(recv.Type()) + "." + name
	}
	if declared.Signature.TypeParams().Len() > 0 {
		name += "[...]"
	}
	return path + name
}

// cellMark is in the names that package cell makes.
const cellMark = "ʹ"

func receiverSymbol(t types.Type) string {
	p, isPointer := types.Unalias(t).(*types.Pointer)
	if isPointer {
		t = p.Elem()
	}
	name := "?"
	if named, ok := types.Unalias(t).(*types.Named); ok {
		name = named.Obj().Name()
		if named.TypeParams().Len() > 0 {
			name += "[...]"
		}
	}
	if isPointer {
		return "(*" + name + ")"
	}
	return name
}

// literalSymbol names a function literal, or the body of a loop over a func, by
// its number among those of its kind in the function around it.
func literalSymbol(f *ssa.Function) string {
	outer := f.Parent()
	for isLoopBody(outer) {
		outer = outer.Parent()
	}
	n := 0
	for _, g := range literals(outer) {
		if isLoopBody(g) == isLoopBody(f) {
			n++
		}
		if g == f {
			break
		}
	}
	prefix := ".func"
	switch {
	case isLoopBody(f):
		prefix = "-range"
	case outer.Parent() != nil:
		prefix = "."
	}
	return symbol(outer) + prefix + strconv.Itoa(n)
}

func isLoopBody(f *ssa.Function) bool { return f.Synthetic == "range-over-func yield" }

// literals are the function literals of f, and of the bodies of its loops, in
// the order of the source.
func literals(f *ssa.Function) []*ssa.Function {
	var out []*ssa.Function
	for _, g := range f.AnonFuncs {
		out = append(out, g)
		if isLoopBody(g) {
			out = append(out, literals(g)...)
		}
	}
	slices.SortStableFunc(out, func(a, b *ssa.Function) int { return cmp.Compare(a.Pos(), b.Pos()) })
	return out
}
