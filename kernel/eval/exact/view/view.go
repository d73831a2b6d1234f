// Package view looks at values of cells and of native code alike, as package
// reflect looks at native values. What prints, encodes or walks values for
// cells is written against it.
package view

import (
	"go/types"
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// Host is what may be asked of the evaluator.
type Host interface {
	// As returns v, an interface value of a cell, as a native value that
	// implements the native interface type iface; ok is false when v's type
	// lacks a method of it. Methods called on the result run in the evaluator;
	// they panic with what the cell panicked with.
	As(v any, iface reflect.Type) (native any, ok bool)
}

// An Unwrapper is a Host that wraps values of cells where native code stores
// them. Unwrap returns the value of a cell that v stands for, or v.
type Unwrapper interface {
	Unwrap(v any) any
}

// A Reflector is a Host that has reflect types for types of cells.
type Reflector interface {
	ReflectType(t *layout.Type) reflect.Type
}

// A MapGuard is a Host that watches over maps which several goroutines of cells
// use. ReadMap is called before such a map is read, and done after. It panics
// when another goroutine is writing to the map.
type MapGuard interface {
	ReadMap(m unsafe.Pointer) (done func())
}

// Cells are the types of a session and who calls their methods, for as long as
// one value is looked at: what was asked once is remembered.
type Cells struct {
	Table *layout.Table
	Host  Host

	parts map[*layout.Type]*parts
	lacks map[lack]bool
}

// readOnly says why a value may not be had as an interface: the rules are
// those of package reflect.
type readOnly uint8

const (
	sticky   readOnly = 1 << iota // reached through an unexported field
	embedded                      // is an unexported embedded field
)

// A Value is a value of a cell or of native code. The zero Value is invalid:
// what a nil interface holds.
type Value struct {
	cells  *Cells
	typ    *layout.Type   // nil for native values
	mem    unsafe.Pointer // a variable of typ
	native reflect.Value  // addressable where it is a struct or an array, never read-only
	ro     readOnly
	fixed  bool // no variable: nobody writes to it, and it has no address
}

// Value is the value that an interface holds.
func (c *Cells) Value(v any) Value {
	if v == nil {
		return Value{}
	}
	if t := c.Table.TypeOf(v); t != nil && !t.Exact {
		return Value{cells: c, typ: t, mem: t.Data(v), fixed: true}
	}
	if u, ok := c.Host.(Unwrapper); ok {
		if w := u.Unwrap(v); c.isCell(w) {
			return c.Value(w)
		}
	}
	n := c.nativeValue(reflect.ValueOf(v))
	n.fixed = true
	return n
}

func (c *Cells) isCell(v any) bool {
	t := c.Table.TypeOf(v)
	return t != nil && !t.Exact
}

// At is the variable of type t at p.
func (c *Cells) At(t *layout.Type, p unsafe.Pointer) Value {
	if t.Exact {
		return Value{cells: c, native: t.At(p)}
	}
	return Value{cells: c, typ: t, mem: p}
}

// Reflect is the value that v holds; v must be valid and not read-only.
func (c *Cells) Reflect(v reflect.Value) Value {
	if t := c.Table.ByWord(wordOf(v.Type())); t != nil && !t.Exact {
		return c.Value(v.Interface())
	}
	n := c.nativeValue(v)
	n.fixed = !v.CanAddr()
	return n
}

// nativeValue makes structs and arrays addressable, so that their unexported
// parts can be read.
func (c *Cells) nativeValue(v reflect.Value) Value {
	if k := v.Kind(); (k == reflect.Struct || k == reflect.Array) && !v.CanAddr() {
		p := reflect.New(v.Type()).Elem()
		p.Set(v)
		v = p
	}
	return Value{cells: c, native: v}
}

// wordOf is a reflect type as the type word of an interface.
func wordOf(r reflect.Type) unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(&r))[1] }

// IsValid is false for what a nil interface holds.
func (v Value) IsValid() bool { return v.typ != nil || v.native.IsValid() }

// Cell is the type of a cell's value, or nil for native ones.
func (v Value) Cell() *layout.Type { return v.typ }

// Native is a native value; the zero Value for those of cells.
func (v Value) Native() reflect.Value { return v.native }

// Mem is the variable in which a value of a cell lies.
func (v Value) Mem() unsafe.Pointer { return v.mem }

// CanInterface is false for what was reached through unexported fields.
func (v Value) CanInterface() bool { return v.ro == 0 }

// Kind is the kind of the value's type in compiled Go.
func (v Value) Kind() reflect.Kind {
	if v.typ == nil {
		return v.native.Kind()
	}
	return KindOf(v.typ)
}

// KindOf is the kind of a type in compiled Go.
func KindOf(t *layout.Type) reflect.Kind {
	switch t.Go.Underlying().(type) {
	case *types.Pointer:
		return reflect.Pointer
	case *types.Struct:
		return reflect.Struct
	case *types.Slice:
		return reflect.Slice
	case *types.Map:
		return reflect.Map
	case *types.Interface:
		return reflect.Interface
	case *types.Signature:
		return reflect.Func
	case *types.Array:
		return reflect.Array
	case *types.Chan:
		return reflect.Chan
	}
	return t.Mem.Kind() // of basic types
}

// Named is implemented by what stands for a value of compiled Go: the type that
// has that value there.
type Named interface{ GoType() string }

// TypeName is the type as reflect writes it.
func (v Value) TypeName() string {
	if v.typ == nil {
		if v.native.Kind() != reflect.Interface && v.native.CanInterface() {
			if n, ok := v.native.Interface().(Named); ok {
				return n.GoType()
			}
		}
		return v.native.Type().String()
	}
	return v.typ.String()
}

// Interface returns the value in an interface, copied if need be.
func (v Value) Interface() any {
	if v.typ == nil {
		return v.native.Interface()
	}
	if v.fixed || v.typ.Direct || v.typ.Mem.Kind() == reflect.Interface {
		return v.typ.Any(v.mem)
	}
	p := v.typ.New()
	v.typ.Copy(p, v.mem)
	return v.typ.Any(p)
}

// As returns the value as a native interface type, which it implements, or
// false.
func As[I any](v Value) (x I, ok bool) {
	if v.typ == nil {
		if !v.native.IsValid() || v.native.Kind() != reflect.Interface && v.native.NumMethod() == 0 {
			return x, false
		}
		x, ok = v.native.Interface().(I)
		return x, ok
	}
	n, ok := v.cells.as(v, reflect.TypeFor[I]())
	if !ok {
		return x, false
	}
	x, ok = n.(I)
	return x, ok
}
