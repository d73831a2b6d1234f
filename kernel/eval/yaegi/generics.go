package yaegi

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"sort"

	"golang.org/x/tools/go/ast/astutil"
)

// genericCall lowers a call of a function of the standard library: generic
// ones, of which the interpreter has no symbols, to a native function of the
// runtime that works by reflection, its result asserted to the type that Go
// inferred.
func (l *lowering) genericCall(c *astutil.Cursor, call *ast.CallExpr) {
	fun := ast.Unparen(call.Fun)
	if x, ok := fun.(*ast.IndexExpr); ok {
		fun = x.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	f, ok := l.info.Uses[sel.Sel].(*types.Func)
	if !ok {
		return
	}
	l.wrongCalls(call, f)
	if f.Pkg() == nil || f.Signature().TypeParams().Len() == 0 || f.Signature().Recv() != nil {
		return
	}
	key := f.Pkg().Path() + "." + f.Name()
	if _, ok := generics[key]; !ok {
		if f.Pkg().Path() != l.p.Pkg.Path() {
			l.refuse(call.Pos(), fmt.Sprintf("the generic function %s is not available to yaegi", key))
		}
		return
	}
	t := l.info.Types[call]
	native := l.call(l.runtime(genericName(f)), call.Args...)
	native.Ellipsis = call.Ellipsis
	if t.IsVoid() {
		c.Replace(native)
		return
	}
	l.replace(c, call, &ast.TypeAssertExpr{X: native, Lparen: l.pos, Type: l.typeExpr(t.Type), Rparen: l.pos})
}

const genericPrefix = "Generic_"

func genericName(f *types.Func) string { return genericPrefix + f.Pkg().Name() + "_" + f.Name() }

// generics are the functions of cmp, maps and slices that cells can call. They
// return any: the caller asserts.
var generics = map[string]any{
	"cmp.Compare":    func(a, b any) any { return compare(reflect.ValueOf(a), reflect.ValueOf(b)) },
	"cmp.Less":       func(a, b any) any { return compare(reflect.ValueOf(a), reflect.ValueOf(b)) < 0 },
	"slices.Sort":    sortSlice,
	"slices.Reverse": reverse,
	"slices.SortFunc": func(s, f any) {
		less := reflect.ValueOf(f)
		v := reflect.ValueOf(s)
		sort.Sort(&sorter{v, reflect.Swapper(s), func(i, j int) bool { return less.Call([]reflect.Value{v.Index(i), v.Index(j)})[0].Int() < 0 }})
	},
	"slices.SortStableFunc": func(s, f any) {
		less := reflect.ValueOf(f)
		v := reflect.ValueOf(s)
		sort.Stable(&sorter{v, reflect.Swapper(s), func(i, j int) bool { return less.Call([]reflect.Value{v.Index(i), v.Index(j)})[0].Int() < 0 }})
	},
	"slices.Contains": func(s, x any) any { return index(s, x) >= 0 },
	"slices.Index":    func(s, x any) any { return index(s, x) },
	"slices.Max":      func(s any) any { return extreme("slices.Max", s, 1) },
	"slices.Min":      func(s any) any { return extreme("slices.Min", s, -1) },
	"slices.Clone":    cloneSlice,
	"slices.Collect":  collect,
	"slices.Sorted":   func(seq any) any { s := collect(seq); sortSlice(s); return s },
	"slices.Values":   func(s any) any { return sequence(reflect.ValueOf(s), false) },
	"slices.Equal":    func(a, b any) any { return equalSlices(reflect.ValueOf(a), reflect.ValueOf(b)) },
	"maps.Keys":       func(m any) any { return sequence(reflect.ValueOf(m), true) },
	"maps.Values":     func(m any) any { return sequence(reflect.ValueOf(m), false) },
	"maps.Clone":      cloneMap,
	"maps.Copy": func(dst, src any) {
		for it := reflect.ValueOf(src).MapRange(); it.Next(); {
			reflect.ValueOf(dst).SetMapIndex(it.Key(), it.Value())
		}
	},
}

// compare orders two values of one basic kind as package cmp does.
func compare(a, b reflect.Value) int {
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	default:
		return cmp.Compare(a.String(), b.String())
	}
}

type sorter struct {
	v    reflect.Value
	swap func(i, j int)
	less func(i, j int) bool
}

func (s *sorter) Len() int           { return s.v.Len() }
func (s *sorter) Swap(i, j int)      { s.swap(i, j) }
func (s *sorter) Less(i, j int) bool { return s.less(i, j) }

func sortSlice(s any) {
	switch s := s.(type) {
	case []int:
		slices.Sort(s)
	case []float64:
		slices.Sort(s)
	case []string:
		slices.Sort(s)
	default:
		v := reflect.ValueOf(s)
		sort.Sort(&sorter{v, reflect.Swapper(s), func(i, j int) bool { return compare(v.Index(i), v.Index(j)) < 0 }})
	}
}

func reverse(s any) {
	swap, n := reflect.Swapper(s), reflect.ValueOf(s).Len()
	for i := range n / 2 {
		swap(i, n-1-i)
	}
}

func index(s, x any) int {
	v := reflect.ValueOf(s)
	for i := range v.Len() {
		if plain(v.Index(i).Interface()) == plain(x) {
			return i
		}
	}
	return -1
}

func extreme(name string, s any, sign int) any {
	v := reflect.ValueOf(s)
	if v.Len() == 0 {
		panic(name + ": empty list")
	}
	best := v.Index(0)
	for i := range v.Len() {
		x := v.Index(i)
		if x.CanFloat() && x.Float() != x.Float() {
			return x.Interface() // NaN
		}
		if compare(x, best)*sign > 0 {
			best = x
		}
	}
	return best.Interface()
}

func cloneSlice(s any) any {
	v := reflect.ValueOf(s)
	if v.IsNil() {
		return s
	}
	out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(out, v)
	return out.Interface()
}

func cloneMap(m any) any {
	v := reflect.ValueOf(m)
	if v.IsNil() {
		return m
	}
	out := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		out.SetMapIndex(it.Key(), it.Value())
	}
	return out.Interface()
}

func equalSlices(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if a.Index(i).Interface() != b.Index(i).Interface() {
			return false
		}
	}
	return true
}

// collect gathers what a func(yield func(V) bool) yields in a []V.
func collect(seq any) any {
	f := reflect.ValueOf(seq)
	yield := f.Type().In(0)
	out := reflect.Zero(reflect.SliceOf(yield.In(0)))
	f.Call([]reflect.Value{reflect.MakeFunc(yield, func(args []reflect.Value) []reflect.Value {
		out = reflect.Append(out, args[0])
		return []reflect.Value{reflect.ValueOf(true)}
	})})
	return out.Interface()
}

// sequence is an iterator over a slice's or map's values, or a map's keys.
func sequence(v reflect.Value, keys bool) any {
	t := v.Type().Elem()
	if keys {
		t = v.Type().Key()
	}
	yield := reflect.FuncOf([]reflect.Type{t}, []reflect.Type{reflect.TypeFor[bool]()}, false)
	return reflect.MakeFunc(reflect.FuncOf([]reflect.Type{yield}, nil, false), func(args []reflect.Value) []reflect.Value {
		for k, x := range v.Seq2() {
			if keys {
				x = k
			}
			if !args[0].Call([]reflect.Value{x})[0].Bool() {
				break
			}
		}
		return nil
	}).Interface()
}
