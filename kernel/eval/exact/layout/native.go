package layout

import (
	"go/types"
	"reflect"
)

// native returns the type in compiled Go, or nil where a cell's type, or one
// that reflect cannot make, is part of it. The lock is held.
func (tb *Table) native(t types.Type) reflect.Type {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return basics[t.Kind()]
	case *types.Named:
		return tb.nativeNamed(t)
	case *types.Pointer:
		if e := tb.native(t.Elem()); e != nil {
			return reflect.PointerTo(e)
		}
	case *types.Slice:
		if e := tb.native(t.Elem()); e != nil {
			return reflect.SliceOf(e)
		}
	case *types.Array:
		if e := tb.native(t.Elem()); e != nil {
			return reflect.ArrayOf(int(t.Len()), e)
		}
	case *types.Chan:
		if e := tb.native(t.Elem()); e != nil {
			return reflect.ChanOf(direction(t.Dir()), e)
		}
	case *types.Map:
		k, e := tb.native(t.Key()), tb.native(t.Elem())
		if k != nil && e != nil {
			return reflect.MapOf(k, e)
		}
	case *types.Interface:
		if t.Empty() {
			return anyType
		} // reflect has no unnamed interfaces with methods
	case *types.Signature:
		return tb.nativeFunc(t)
	case *types.Struct:
		return tb.nativeStruct(t)
	}
	return nil
}

func direction(d types.ChanDir) reflect.ChanDir {
	switch d {
	case types.SendOnly:
		return reflect.SendDir
	case types.RecvOnly:
		return reflect.RecvDir
	default:
		return reflect.BothDir
	}
}

func (tb *Table) nativeNamed(t *types.Named) reflect.Type {
	o := t.Obj()
	if o.Pkg() == nil { // error, comparable
		if o.Name() == "error" {
			return reflect.TypeFor[error]()
		}
		return nil
	}
	if tb.user(o.Pkg()) || t.TypeArgs().Len() > 0 {
		return nil
	}
	if r := tb.bound[o]; r != nil {
		return r
	}
	if v, ok := tb.symbol(o.Pkg().Path(), o.Name()); ok && v.Kind() == reflect.Pointer {
		return v.Type().Elem()
	}
	return nil
}

func (tb *Table) nativeFunc(t *types.Signature) reflect.Type {
	if t.TypeParams().Len() > 0 {
		return nil
	}
	tuple := func(l *types.Tuple) ([]reflect.Type, bool) {
		out := make([]reflect.Type, l.Len())
		for i := range out {
			if out[i] = tb.native(l.At(i).Type()); out[i] == nil {
				return nil, false
			}
		}
		return out, true
	}
	in, ok := tuple(t.Params())
	out, ok2 := tuple(t.Results())
	if !ok || !ok2 {
		return nil
	}
	return reflect.FuncOf(in, out, t.Variadic())
}

// nativeStruct leaves structs with unexported or embedded fields to cells:
// reflect cannot make those of another package.
func (tb *Table) nativeStruct(t *types.Struct) reflect.Type {
	fields := make([]reflect.StructField, t.NumFields())
	for i := range fields {
		f := t.Field(i)
		r := tb.native(f.Type())
		if r == nil || !f.Exported() || f.Embedded() {
			return nil
		}
		fields[i] = reflect.StructField{Name: f.Name(), Type: r, Tag: reflect.StructTag(t.Tag(i))}
	}
	return reflect.StructOf(fields)
}

// asNative says whether memory of a type with a native twin is laid out as the
// twin's: it is, unless an interface with methods or a func lies open in it.
// Inside of named native structs they lie hidden, and are converted at each access.
func (tb *Table) asNative(t types.Type) bool {
	t = types.Unalias(t)
	if n, ok := t.(*types.Named); ok {
		t = n.Underlying()
		if _, ok := t.(*types.Struct); ok {
			return true
		}
	}
	switch u := t.(type) {
	case *types.Interface:
		return u.Empty()
	case *types.Signature:
		return false
	case *types.Map:
		return tb.asNative(u.Key()) && tb.asNative(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			if !tb.asNative(u.Field(i).Type()) {
				return false
			}
		}
		return true
	case interface{ Elem() types.Type }:
		return tb.asNative(u.Elem())
	}
	return true
}

// contains says whether t's layout needs that of whole, which is being made.
func contains(t, whole types.Type) bool {
	seen := map[types.Type]bool{}
	var walk func(types.Type) bool
	walk = func(t types.Type) bool {
		t = types.Unalias(t)
		if types.Identical(t, whole) {
			return true
		}
		if seen[t] {
			return false
		}
		seen[t] = true
		switch u := t.Underlying().(type) {
		case *types.Slice:
			return walk(u.Elem())
		case *types.Array:
			return walk(u.Elem())
		case *types.Chan:
			return walk(u.Elem())
		case *types.Map:
			return walk(u.Key()) || walk(u.Elem())
		case *types.Struct:
			for i := range u.NumFields() {
				if walk(u.Field(i).Type()) {
					return true
				}
			}
		}
		return false
	}
	return walk(t)
}
