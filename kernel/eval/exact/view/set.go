package view

import (
	"reflect"
	"unsafe"
)

// CanAddr says that the value is a variable.
func (v Value) CanAddr() bool { return !v.fixed }

// CanSet says that the value is a variable that may be assigned to.
func (v Value) CanSet() bool { return !v.fixed && v.ro == 0 }

// Addr is a pointer to a variable.
func (v Value) Addr() Value {
	if v.typ == nil {
		return Value{cells: v.cells, native: v.native.Addr(), ro: v.ro, fixed: true}
	}
	p := new(unsafe.Pointer)
	*p = v.mem
	pt := v.Type().PointerTo()
	if pt.cell == nil { // only pointers to native types are native
		panic("view: pointer to " + v.TypeName() + " is native")
	}
	return Value{cells: v.cells, typ: pt.cell, mem: unsafe.Pointer(p), ro: v.ro, fixed: true}
}

// Reflect is the variable as reflect sees its memory, good for copying,
// clearing and numbers: a slice, map or channel of cells has its elements'
// layout.
func (v Value) Reflect() reflect.Value {
	if v.typ == nil {
		return v.native
	}
	switch v.Kind() {
	case reflect.Slice:
		return reflect.NewAt(reflect.SliceOf(v.elemType().Mem), v.mem).Elem()
	case reflect.Map, reflect.Chan:
		return reflect.NewAt(v.typ.Container(), v.mem).Elem()
	}
	return v.typ.At(v.mem)
}

// SetInterface assigns to a variable of an interface type.
func (v Value) SetInterface(x any) {
	if v.typ != nil {
		*(*any)(v.mem) = x
		return
	}
	if x == nil {
		v.native.SetZero()
		return
	}
	v.native.Set(reflect.ValueOf(x))
}

// SetNew lets a pointer variable point to a new zero variable.
func (v Value) SetNew() {
	if v.typ != nil {
		*(*unsafe.Pointer)(v.mem) = v.elemType().New()
		return
	}
	v.native.Set(reflect.New(v.native.Type().Elem()))
}

// raw is the variable as its container in a map has it.
func (v Value) raw() reflect.Value {
	if v.typ == nil {
		return v.native
	}
	return v.typ.At(v.mem)
}

// SetMapIndex assigns to an element of a map that is not nil.
func (v Value) SetMapIndex(key, elem Value) {
	v.Reflect().SetMapIndex(key.raw(), elem.raw())
}

// MapIndex is the element of a map; key is of the map's key type. The result
// is invalid when there is none.
func (v Value) MapIndex(key Value) Value {
	defer v.reading()()
	e := v.Reflect().MapIndex(key.raw())
	if !e.IsValid() {
		return Value{}
	}
	out := v.Type().Elem().New()
	out.raw().Set(e)
	out.fixed, out.ro = true, v.inherited()
	return out
}

// In is v as a value of t, to which it is assignable: v itself, or an
// interface that holds it.
func (v Value) In(t Type) Value {
	switch {
	case !v.IsValid():
		return t.New()
	case v.Type() == t:
		return v
	}
	out := t.New()
	if t.Kind() == reflect.Interface {
		out.SetInterface(v.Interface())
		return out
	}
	out.raw().Set(v.raw().Convert(out.raw().Type())) // a named type and its underlying one
	return out
}
