// Package viewtest makes values of cells without an evaluator: copies of native
// values whose types are declared alike in source text. Tests compare what the
// evaluator's packages do with the copy to what native ones do with the original.
package viewtest

import (
	"encoding"
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/types/typeutil"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// World knows a package both as source and compiled. It is the view.Host of
// its values: it calls methods on native copies.
type World struct {
	Table *layout.Table

	pkg       *types.Package
	importer  types.Importer
	byReflect map[reflect.Type]types.Type
	byType    typeutil.Map // types.Type -> reflect.Type
	addresses map[uintptr]bool
	funcs     map[unsafe.Pointer]reflect.Value // by closure
}

// New checks the source of a package of the given path. natives are its types
// as Go expressions, compiled; foreign are types of other packages that it uses.
func New(t testing.TB, path, source string, natives map[string]reflect.Type, foreign ...reflect.Type) *World {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "shapes.go", source, parser.SkipObjectResolution)
	require.NoError(t, err)
	w := &World{importer: importer.Default(), byReflect: map[reflect.Type]types.Type{}, addresses: map[uintptr]bool{}, funcs: map[unsafe.Pointer]reflect.Value{}}
	w.pkg, err = (&types.Config{Importer: w.importer}).Check(path, fset, []*ast.File{file}, nil)
	require.NoError(t, err)
	w.Table = layout.NewTable(func(path, name string) (reflect.Value, bool) {
		for _, r := range foreign {
			if r.PkgPath() == path && r.Name() == name {
				return reflect.Zero(reflect.PointerTo(r)), true
			}
		}
		return reflect.Value{}, false
	}, func(p *types.Package) bool { return p == w.pkg })
	for expr, r := range natives {
		tv, err := types.Eval(fset, w.pkg, file.End(), expr)
		require.NoError(t, err, expr)
		w.byReflect[r] = tv.Type
		w.byType.Set(tv.Type, r)
	}
	return w
}

// Cells are the world's types with their host.
func (w *World) Cells() *view.Cells { return &view.Cells{Table: w.Table, Host: w} }

// As implements view.Host.
func (w *World) As(v any, iface reflect.Type) (any, bool) {
	n := w.Native(v)
	if n == nil || !reflect.TypeOf(n).Implements(iface) {
		return nil, false
	}
	if iface == reflect.TypeFor[json.Unmarshaler]() || iface == reflect.TypeFor[encoding.TextUnmarshaler]() {
		return writer{w, v, n}, true
	}
	return n, true
}

// writer calls methods that change what a pointer points to.
type writer struct {
	w      *World
	v      any // the cell's pointer
	native any // to a copy
}

func (x writer) UnmarshalJSON(b []byte) error {
	defer x.back()
	return x.native.(json.Unmarshaler).UnmarshalJSON(b)
}

func (x writer) UnmarshalText(b []byte) error {
	defer x.back()
	return x.native.(encoding.TextUnmarshaler).UnmarshalText(b)
}

func (x writer) back() {
	t := x.w.Table.TypeOf(x.v)
	c := &copier{World: x.w, done: map[visit]unsafe.Pointer{}}
	t.Elem().At(*(*unsafe.Pointer)(t.Data(x.v))).SetZero()
	c.fill(*(*unsafe.Pointer)(t.Data(x.v)), t.Elem(), reflect.ValueOf(x.native).Elem())
}

// Method returns a method of a value of a cell, and how to call it.
func (w *World) Method(v any, name string) (*types.Signature, func([]any) []any, bool) {
	receiver := w.Native(v)
	n := reflect.ValueOf(receiver).MethodByName(name)
	o, _, _ := types.LookupFieldOrMethod(w.Table.TypeOf(v).Go, false, w.pkg, name)
	f, ok := o.(*types.Func)
	if !ok || !n.IsValid() {
		return nil, nil, false
	}
	call := w.caller(n)
	return f.Signature(), func(args []any) []any {
		if k := reflect.TypeOf(receiver).Kind(); k == reflect.Pointer && !reflect.ValueOf(receiver).IsNil() {
			defer writer{w, v, receiver}.back()
		}
		return call(args)
	}, true
}

// Func returns the signature of a func value of a cell, and how to call it.
func (w *World) Func(v any) (*types.Signature, func([]any) []any) {
	t := w.Table.TypeOf(v)
	return t.Go.Underlying().(*types.Signature), w.caller(w.funcs[*(*unsafe.Pointer)(t.Data(v))])
}

func (w *World) caller(f reflect.Value) func([]any) []any {
	return func(args []any) []any {
		in := make([]reflect.Value, len(args))
		for i, a := range args {
			p := f.Type().In(min(i, f.Type().NumIn()-1))
			if f.Type().IsVariadic() && i >= f.Type().NumIn()-1 {
				p = p.Elem()
			}
			in[i] = reflect.Zero(p)
			if a != nil {
				in[i] = reflect.ValueOf(w.Native(a))
			}
		}
		var out []any
		for _, r := range f.Call(in) {
			out = append(out, w.Cell(r.Interface()))
		}
		return out
	}
}

// Cell is a copy of a native value as a value of cells.
func (w *World) Cell(v any) any {
	if v == nil {
		return nil
	}
	return (&copier{World: w, done: map[visit]unsafe.Pointer{}}).cell(reflect.ValueOf(v))
}

// Native is a copy of a value of cells as a native value.
func (w *World) Native(v any) any {
	if v == nil {
		return nil
	}
	return (&copier{World: w, done: map[visit]unsafe.Pointer{}}).nativeOf(v)
}

// Layout is the layout of a native type's twin.
func (w *World) Layout(r reflect.Type) *layout.Type {
	t, err := w.Table.Of(w.goType(r))
	if err != nil {
		panic(err)
	}
	return t
}

func (w *World) goType(r reflect.Type) types.Type {
	if t, ok := w.byReflect[r]; ok {
		return t
	}
	if r == reflect.TypeFor[error]() {
		return types.Universe.Lookup("error").Type()
	}
	if r.PkgPath() != "" {
		p, err := w.importer.Import(r.PkgPath())
		if err != nil {
			panic(err)
		}
		return p.Scope().Lookup(r.Name()).Type()
	}
	switch r.Kind() {
	case reflect.Pointer:
		return types.NewPointer(w.goType(r.Elem()))
	case reflect.Slice:
		return types.NewSlice(w.goType(r.Elem()))
	case reflect.Array:
		return types.NewArray(w.goType(r.Elem()), int64(r.Len()))
	case reflect.Map:
		return types.NewMap(w.goType(r.Key()), w.goType(r.Elem()))
	case reflect.Chan:
		dirs := map[reflect.ChanDir]types.ChanDir{reflect.BothDir: types.SendRecv, reflect.RecvDir: types.RecvOnly, reflect.SendDir: types.SendOnly}
		return types.NewChan(dirs[r.ChanDir()], w.goType(r.Elem()))
	case reflect.Interface:
		return types.NewInterfaceType(nil, nil)
	case reflect.UnsafePointer:
		return types.Typ[types.UnsafePointer]
	}
	if o := types.Universe.Lookup(r.Name()); o != nil {
		return o.Type()
	}
	panic("viewtest: tell New of type " + r.String())
}

func (w *World) reflectType(t types.Type) reflect.Type {
	if r, ok := w.byType.At(t).(reflect.Type); ok {
		return r
	}
	switch u := types.Unalias(t).(type) {
	case *types.Pointer:
		return reflect.PointerTo(w.reflectType(u.Elem()))
	case *types.Slice:
		return reflect.SliceOf(w.reflectType(u.Elem()))
	case *types.Array:
		return reflect.ArrayOf(int(u.Len()), w.reflectType(u.Elem()))
	case *types.Map:
		return reflect.MapOf(w.reflectType(u.Key()), w.reflectType(u.Elem()))
	case *types.Chan:
		dirs := map[types.ChanDir]reflect.ChanDir{types.SendRecv: reflect.BothDir, types.RecvOnly: reflect.RecvDir, types.SendOnly: reflect.SendDir}
		return reflect.ChanOf(dirs[u.Dir()], w.reflectType(u.Elem()))
	}
	if l, err := w.Table.Of(t); err == nil && l.Native != nil {
		return l.Native
	}
	panic("viewtest: tell New of type " + t.String())
}
