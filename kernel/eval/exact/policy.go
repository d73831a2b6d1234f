package exact

import (
	stdencoding "encoding"
	"go/types"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/layout"
)

// carriers are the native packages that may be given values of cells' types as
// any: they carry them, compare them, or print them by their methods. All
// others would look into them and see something else.
var carriers = map[string]bool{
	"": true, "fmt": true, "log": true, "errors": true, "context": true, "sync": true, "sync/atomic": true,
	"log/slog": true, "container/list": true, "container/ring": true, "container/heap": true, "runtime": true, "testing": true,
}

// exporter returns what converts the arguments of a native function that looks
// into values of type any, or nil.
func (rt *runtime) exporter(path, name string) exporter {
	if path == "fmt" && strings.Contains(strings.ToLower(name), "scan") {
		return rt.scanTargets
	}
	if path == "log/slog" {
		return rt.logged
	}
	if path == "encoding/binary" {
		return rt.twin
	}
	if path == "reflect" {
		return rt.noCellTypes
	}
	strict := !carriers[path] && !strings.HasPrefix(path, vocabulary)
	return func(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
		if strict {
			return rt.exportOrRefuse(m, t, u, p, l, want, path+"."+name)
		}
		return rt.exportOrRefuse(m, t, u, p, l, want, "")
	}
}

// logged gives log/slog what its handlers ask values for.
func (rt *runtime) logged(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	one := func(v any) any {
		for _, iface := range []reflect.Type{reflect.TypeFor[slog.LogValuer](), reflect.TypeFor[stdencoding.TextMarshaler]()} {
			if v == nil || rt.table.TypeOf(v) == nil || rt.table.TypeOf(v).Exact {
				break
			}
			if n, ok := rt.As(v, iface); ok {
				return n
			}
		}
		out, _ := rt.wrapAny(m, v)
		return out
	}
	if holdsAny(want) && m.tooDeep(t.At(value(t, u, p, l))) {
		return reflect.Value{}, true, false
	}
	switch want {
	case reflect.TypeFor[any]():
		v := one(*rany(p, l.p))
		return reflect.ValueOf(&v).Elem(), true, true
	case reflect.TypeFor[[]any]():
		list := slices.Clone(ranys(u, p, l))
		for i, v := range list {
			list[i] = one(v)
		}
		return reflect.ValueOf(list), true, true
	}
	return reflect.Value{}, false, false
}

// twin gives encoding/binary, which looks at layouts only, a struct of the same
// layout, or a pointer to one in the same memory.
func (rt *runtime) twin(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	if want.Kind() != reflect.Interface || want.NumMethod() > 0 {
		return reflect.Value{}, false, false
	}
	v := *rany(p, l.p)
	d := rt.table.TypeOf(v)
	if d == nil || d.Exact {
		return reflect.Value{}, false, false
	}
	if pt, ok := d.Go.Underlying().(*types.Pointer); ok {
		return reflect.NewAt(rt.mustType(pt.Elem()).Mem, *(*unsafe.Pointer)(d.Data(v))), true, true
	}
	return d.At(d.Data(v)), true, true
}

// noCellTypes refuses what package reflect would do with a cell's type, beside
// what it refuses of cells' values.
func (rt *runtime) noCellTypes(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	if want == reflect.TypeFor[reflect.Type]() {
		if c, ok := (*rany(p, l.p)).(*cellType); ok {
			m.refuse("package reflect cannot make or compare values of type %s", c)
			return reflect.Value{}, true, false
		}
	}
	return rt.exportOrRefuse(m, t, u, p, l, want, "reflect")
}

// vocabulary is the prefix of the packages that come with the program: they
// know that values may be of cells' types.
const vocabulary = "adkernel/"

// scanTargets lets fmt's Scan functions read into variables of cells' types.
func (rt *runtime) scanTargets(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	if want != reflect.TypeFor[[]any]() {
		return reflect.Value{}, false, false
	}
	return reflect.ValueOf(format.ScanArgs(rt.table, rt, ranys(u, p, l))), true, true
}

// exportOrRefuse converts an any, a []any or a map of them.
func (rt *runtime) exportOrRefuse(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type, name string) (v reflect.Value, done, ok bool) {
	if !holdsAny(want) {
		return reflect.Value{}, false, false
	}
	x := t.At(value(t, u, p, l))
	if t.Mem.Kind() == reflect.Interface && want.NumMethod() == 0 || t.Exact && t.Mem.Kind() != reflect.Interface {
		if m.tooDeep(x) {
			return reflect.Value{}, true, false
		}
		out, ok := rt.exported(m, x, want, name)
		return out, true, ok
	}
	return reflect.Value{}, false, false
}

func holdsAny(r reflect.Type) bool {
	switch r.Kind() {
	case reflect.Interface:
		return r.NumMethod() == 0
	case reflect.Slice, reflect.Array, reflect.Map:
		return holdsAny(r.Elem())
	}
	return false
}

// exported copies x where it holds something of cells, in a form that native
// code can carry. With a name, it refuses what that function would look into.
func (rt *runtime) exported(m *machine, x reflect.Value, want reflect.Type, name string) (reflect.Value, bool) {
	switch x.Kind() {
	case reflect.Interface:
		if x.IsNil() {
			return reflect.Zero(want), true
		}
		v := x.Interface()
		t := rt.table.TypeOf(v)
		if t == nil || t.Exact {
			if inner := x.Elem(); holdsAny(inner.Type()) {
				e, ok := rt.exported(m, inner, inner.Type(), name)
				if !ok {
					return e, false
				}
				out := reflect.New(want).Elem()
				out.Set(e)
				return out, true
			}
			return x, true
		}
		if t.Native == nil && name != "" {
			m.refuse("%s would look into a value of type %s, and does not know that type", name, t)
			return reflect.Value{}, false
		}
		return rt.nativeInterface(m, v, want)
	case reflect.Slice:
		if x.IsNil() || !rt.anyOfCells(x) {
			return x, true
		}
		out := reflect.MakeSlice(x.Type(), x.Len(), x.Len())
		for i := range x.Len() {
			e, ok := rt.exported(m, x.Index(i), x.Type().Elem(), name)
			if !ok {
				return e, false
			}
			out.Index(i).Set(e)
		}
		return out, true
	case reflect.Map:
		if x.IsNil() || !rt.anyOfCells(x) {
			return x, true
		}
		out := reflect.MakeMapWithSize(x.Type(), x.Len())
		for it := x.MapRange(); it.Next(); {
			e, ok := rt.exported(m, it.Value(), x.Type().Elem(), name)
			if !ok {
				return e, false
			}
			out.SetMapIndex(it.Key(), e)
		}
		return out, true
	}
	return x, true
}

// maxNesting is how deeply values that native code gets may lie in each other
// through interfaces: what goes on so much longer contains itself.
const maxNesting = 200_000

const containsItself = ", for a value that contains itself"

// tooDeep raises what a value is refused with that native code would follow
// until its stack overflows, which ends the process.
func (m *machine) tooDeep(x reflect.Value) bool {
	if !isDeep(x, 0) {
		return false
	}
	m.raise(&panicking{kill: killOverflow, val: overflowError{maxNesting, containsItself}})
	return true
}

// isDeep says whether values lie in each other more deeply than that.
func isDeep(x reflect.Value, depth int) bool {
	if depth > maxNesting {
		return true
	}
	switch x.Kind() {
	case reflect.Interface:
		return !x.IsNil() && holdsAny(x.Elem().Type()) && isDeep(x.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		for i := range x.Len() {
			if isDeep(x.Index(i), depth+1) {
				return true
			}
		}
	case reflect.Map:
		for it := x.MapRange(); it.Next(); {
			if isDeep(it.Value(), depth+1) {
				return true
			}
		}
	}
	return false
}

// anyOfCells says whether a slice or map holds a value of a cell at any depth
// that native code would reach through interfaces.
func (rt *runtime) anyOfCells(x reflect.Value) bool {
	switch x.Kind() {
	case reflect.Interface:
		if x.IsNil() {
			return false
		}
		if t := rt.table.TypeOf(x.Interface()); t != nil && !t.Exact {
			return true
		}
		return holdsAny(x.Elem().Type()) && rt.anyOfCells(x.Elem())
	case reflect.Slice, reflect.Array:
		for i := range x.Len() {
			if rt.anyOfCells(x.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		for it := x.MapRange(); it.Next(); {
			if rt.anyOfCells(it.Value()) {
				return true
			}
		}
	}
	return false
}

// checkArguments refuses, before anything runs, a call that would be refused
// when it is made: one that plainly gives a value of a cell's type to native
// code that looks into it.
func (b *builder) checkArguments(fn *ssa.Function, args []ssa.Value) {
	object, _ := fn.Object().(*types.Func)
	if object == nil || object.Pkg() == nil || b.rt.isSource(object.Pkg()) {
		return
	}
	path := object.Pkg().Path()
	sig := object.Signature().Params()
	for i, a := range args[len(args)-sig.Len():] {
		if x, ok := a.(*ssa.MakeInterface); ok && !b.typ(x.X.Type()).Exact && layout.Name(sig.At(i).Type()) == "flag.Value" {
			b.refuse("%s makes zero values of a flag's type, and does not know %s", object.FullName(), layout.Name(x.X.Type()))
		}
	}
	if carriers[path] || path == "encoding/binary" || strings.HasPrefix(path, vocabulary) {
		return
	}
	for _, table := range intrinsicTables {
		if _, ok := table[object.FullName()]; ok {
			return
		}
	}
	for _, a := range args {
		for _, x := range made(a) {
			if t := b.typ(x.Type()); !t.Exact && t.Native == nil && !isInterface(x.Type()) && passesAsAny(a.Type()) {
				b.refuse("%s would look into a value of type %s, and does not know that type", object.FullName(), t)
			}
		}
	}
}

func passesAsAny(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Interface:
		return u.Empty()
	case *types.Slice:
		return passesAsAny(u.Elem())
	}
	return false
}

// made lists the values that are put into interfaces for an argument, as far
// as the code shows.
func made(a ssa.Value) []ssa.Value {
	switch a := a.(type) {
	case *ssa.MakeInterface:
		return []ssa.Value{a.X}
	case *ssa.ChangeInterface:
		return made(a.X)
	case *ssa.Slice: // of the array that holds variadic arguments
		array, ok := a.X.(*ssa.Alloc)
		if !ok {
			return nil
		}
		var out []ssa.Value
		for _, r := range *array.Referrers() {
			at, ok := r.(*ssa.IndexAddr)
			if !ok {
				continue
			}
			for _, s := range *at.Referrers() {
				if s, ok := s.(*ssa.Store); ok {
					out = append(out, made(s.Val)...)
				}
			}
		}
		return out
	}
	return nil
}
