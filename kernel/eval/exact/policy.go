package exact

import (
	"expvar"
	"go/constant"
	"go/types"
	"reflect"
	"strings"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/native"
)

// exporter returns what converts the arguments of a native function that are,
// or hold, values of type any, by what the function's package does with them:
// carry them, show them by their own methods, look at their layout. All others
// would look into values of cells' types and see something else.
func (rt *runtime) exporter(path, name string) exporter {
	switch {
	case path == "fmt" && strings.Contains(strings.ToLower(name), "scan"):
		return rt.scanTargets
	case path == "sync", path == "sync/atomic":
		return rt.carried
	case path == "context":
		return rt.contextual
	case path == "log/slog":
		return rt.logged
	case path == "encoding/binary":
		return rt.twin(name)
	case path == "reflect":
		return rt.noCellTypes
	case path == "flag":
		return rt.flagValues
	case strings.HasPrefix(path, vocabulary):
		return rt.shown
	}
	return rt.strict(path + "." + name)
}

// vocabulary is the prefix of the packages that come with the program: they
// know that values may be of cells' types.
const vocabulary = "adkernel/"

// knows says that checkArguments has nothing to say about a package's functions.
func knows(path string) bool {
	switch path {
	case "fmt", "sync", "sync/atomic", "context", "log/slog", "encoding/binary":
		return true
	}
	return strings.HasPrefix(path, vocabulary)
}

// strict passes what holds nothing of cells as it is, and refuses the rest,
// save for what is native under another layout: a func, a slice of errors.
func (rt *runtime) strict(name string) exporter {
	return func(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
		return rt.exportAll(m, t, u, p, l, want, func(v any) (any, bool) {
			m.refuse("%s would look into a value of type %s, and does not know %s", name, rt.typeName(v), rt.cellTypeIn(v))
			return nil, false
		})
	}
}

// cellTypeIn says what native code would not know of v.
func (rt *runtime) cellTypeIn(v any) string {
	if t := rt.table.TypeOf(v); t != nil && !t.Exact {
		return "that type"
	}
	return "a type that a cell declares, which is in it"
}

// shown gives the vocabulary what it shows by the value's own methods.
func (rt *runtime) shown(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	return rt.exportAll(m, t, u, p, l, want, func(v any) (any, bool) { return rt.show(v), true })
}

// showsResult says whether native code shows what a func of this type returns.
// Others only hand it back.
func showsResult(f reflect.Type) bool { return f == reflect.TypeFor[expvar.Func]() }

// noCellTypes refuses what package reflect would do with a cell's type, beside
// what it refuses of cells' values.
func (rt *runtime) noCellTypes(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	if want == reflect.TypeFor[reflect.Type]() {
		if c, ok := (*rany(p, l.p)).(*cellType); ok {
			m.refuse("package reflect cannot make or compare values of type %s", c)
			return reflect.Value{}, true, false
		}
	}
	return rt.strict("reflect")(m, t, u, p, l, want)
}

// scanTargets lets fmt's Scan functions read into variables of cells' types.
func (rt *runtime) scanTargets(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	if want != reflect.TypeFor[[]any]() {
		return reflect.Value{}, false, false
	}
	return reflect.ValueOf(format.ScanArgs(rt.table, rt, ranys(u, p, l))), true, true
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
	if why, ok := native.Refused(path, object.Name()); ok && object.Signature().Recv() == nil && intrinsicFor(object.FullName()) == nil {
		b.refuse("%s: %s", object.FullName(), why)
	}
	if object.FullName() == "runtime.Stack" {
		if all, ok := args[1].(*ssa.Const); ok && constant.BoolVal(all.Value) {
			b.refuse("%s", allStacks)
		}
	}
	if knows(path) {
		return
	}
	if intrinsicFor(object.FullName()) != nil {
		for _, a := range args {
			for _, x := range made(a) {
				if t := b.typ(x.Type()); path == "encoding/xml" && !t.Exact && b.rt.xmlType(t.Go) == nil {
					b.refuse(notPlain, object.FullName(), t)
				}
			}
		}
		return
	}
	for _, a := range args {
		for _, x := range made(a) {
			t := b.typ(x.Type())
			if t.Exact || isInterface(x.Type()) || !passesAsAny(a.Type()) {
				continue
			}
			if t.Native == nil {
				b.refuse("%s would look into a value of type %s, and does not know that type", object.FullName(), t)
			}
			if _, ok := x.Type().Underlying().(*types.Pointer); ok {
				b.refuse("%s would look into a value of type %s, and the interfaces and funcs in it have another form in native code", object.FullName(), t)
			}
		}
	}
}

// checkGenerics refuses generic functions whose source is not there: package
// ssa cannot make instances of them.
func (rt *runtime) checkGenerics(info *types.Info) error {
	var first *refusal
	for id := range info.Instances {
		f, ok := info.Uses[id].(*types.Func)
		if !ok || f.Pkg() == nil || rt.isSource(f.Pkg()) || first != nil && first.pos < id.Pos() {
			continue
		}
		why, ok := native.Refused(f.Pkg().Path(), f.Name())
		if !ok {
			why = "generic functions of its package are not available in cells"
		}
		first = &refusal{id.Pos(), f.Origin().FullName() + ": " + why}
	}
	if first == nil {
		return nil
	}
	return first
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
