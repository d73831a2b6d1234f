package view

import (
	"go/types"
	"reflect"
	"unsafe"
)

// A Field is what a struct type says of a field.
type Field struct {
	Name     string
	Tag      reflect.StructTag
	Exported bool
	Embedded bool
}

// NumField is the number of fields of a struct.
func (v Value) NumField() int {
	if v.typ == nil {
		return v.native.NumField()
	}
	return v.typ.Mem.NumField()
}

// FieldInfo describes the i-th field of a struct.
func (v Value) FieldInfo(i int) Field {
	if v.typ == nil {
		f := v.native.Type().Field(i)
		return Field{f.Name, f.Tag, f.IsExported(), f.Anonymous}
	}
	return v.cells.partsOf(v.typ).fields[i].Field
}

// Field is the i-th field of a struct.
func (v Value) Field(i int) Value {
	info := v.FieldInfo(i)
	ro := v.ro & sticky
	switch {
	case info.Exported:
	case info.Embedded:
		ro |= embedded
	default:
		ro |= sticky
	}
	if v.typ == nil {
		f := v.native.Field(i)
		if !info.Exported {
			f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
		}
		return Value{cells: v.cells, native: f, ro: ro, fixed: v.fixed}
	}
	part := v.cells.partsOf(v.typ).fields[i]
	f := v.cells.At(part.typ, unsafe.Add(v.mem, part.offset))
	f.ro, f.fixed = ro, v.fixed
	return f
}

// inherited are the restrictions of what v contains or points to.
func (v Value) inherited() readOnly {
	if v.ro != 0 {
		return sticky
	}
	return 0
}

// Elem is what an interface holds or a pointer points to; invalid for nil.
func (v Value) Elem() Value {
	var e Value
	ro := v.inherited()
	switch {
	case v.Kind() == reflect.Interface && v.typ != nil:
		e = v.cells.Value(*(*any)(v.mem))
	case v.Kind() == reflect.Interface:
		if !v.native.IsNil() {
			e = v.cells.Value(v.native.Elem().Interface())
		}
	case v.typ != nil:
		p := *(*unsafe.Pointer)(v.mem)
		if p == nil {
			return Value{}
		}
		e, ro = v.cells.At(v.elemType(), p), v.ro
	default:
		if v.native.IsNil() {
			return Value{}
		}
		e, ro = v.cells.nativeValue(v.native.Elem()), v.ro
	}
	if e.IsValid() {
		e.ro = ro
	}
	return e
}

type sliceHeader struct {
	data unsafe.Pointer
	len  int
	cap  int
}

// Len is the length of an array, slice, string, map or channel.
func (v Value) Len() int {
	if v.typ == nil {
		return v.native.Len()
	}
	switch v.Kind() {
	case reflect.Slice:
		return (*sliceHeader)(v.mem).len
	case reflect.Map, reflect.Chan:
		return reflect.NewAt(v.typ.Container(), v.mem).Elem().Len()
	}
	return v.typ.At(v.mem).Len()
}

// Index is an element of an array or slice.
func (v Value) Index(i int) Value {
	if v.typ == nil {
		fixed := v.fixed && v.native.Kind() != reflect.Slice
		return Value{cells: v.cells, native: v.native.Index(i), ro: v.inherited(), fixed: fixed}
	}
	t := v.elemType()
	data, fixed := v.mem, v.fixed
	if v.Kind() == reflect.Slice {
		data, fixed = (*sliceHeader)(v.mem).data, false
	}
	e := v.cells.At(t, unsafe.Add(data, uintptr(i)*t.Mem.Size()))
	e.ro, e.fixed = v.inherited(), fixed
	return e
}

// ElemKind is the kind of the elements of an array or slice.
func (v Value) ElemKind() reflect.Kind {
	if v.typ == nil {
		return v.native.Type().Elem().Kind()
	}
	return KindOf(v.elemType())
}

// Bytes are the elements of an array or slice of bytes, which may be of a named type.
func (v Value) Bytes() []byte {
	if v.typ == nil {
		return v.native.Bytes() // arrays are addressable here
	}
	if v.Kind() == reflect.Slice {
		return *(*[]byte)(v.mem)
	}
	return unsafe.Slice((*byte)(v.mem), v.Len())
}

// An Entry is a key of a map with its element.
type Entry struct{ Key, Elem Value }

// reading guards a map while it is read.
func (v Value) reading() (done func()) {
	if g, ok := v.cells.Host.(MapGuard); ok && !v.IsNil() {
		return g.ReadMap(v.Reflect().UnsafePointer())
	}
	return func() {}
}

// Entries are those of a map, in no order.
func (v Value) Entries() []Entry { return v.SomeEntries(v.Len()) }

// SomeEntries are at most n of a map's, in no order.
func (v Value) SomeEntries(n int) []Entry {
	ro := v.inherited()
	if v.typ == nil {
		defer v.reading()()
		out := make([]Entry, 0, min(n, v.native.Len()))
		for it := v.native.MapRange(); len(out) < n && it.Next(); {
			k, e := v.cells.nativeValue(it.Key()), v.cells.nativeValue(it.Value())
			k.ro, k.fixed, e.ro, e.fixed = ro, true, ro, true
			out = append(out, Entry{k, e})
		}
		return out
	}
	defer v.reading()()
	m := reflect.NewAt(v.typ.Container(), v.mem).Elem()
	kt, et := v.cells.partsOf(v.typ).key, v.elemType()
	out := make([]Entry, 0, min(n, m.Len()))
	for it := m.MapRange(); len(out) < n && it.Next(); {
		kp, ep := kt.New(), et.New()
		kt.At(kp).Set(it.Key())
		et.At(ep).Set(it.Value())
		k, e := v.cells.At(kt, kp), v.cells.At(et, ep)
		k.ro, k.fixed, e.ro, e.fixed = ro, true, ro, true
		out = append(out, Entry{k, e})
	}
	return out
}

// IsNil tells nil pointers, maps, slices, channels, funcs and interfaces.
func (v Value) IsNil() bool {
	if v.typ == nil {
		return v.native.IsNil()
	}
	return *(*unsafe.Pointer)(v.mem) == nil
}

// Pointer is the address that a pointer, map, slice, channel or func holds.
func (v Value) Pointer() uintptr {
	if v.typ == nil {
		return uintptr(v.native.UnsafePointer())
	}
	return uintptr(*(*unsafe.Pointer)(v.mem))
}

// Scalar is a value of a basic kind as one of the predeclared type of that kind.
func (v Value) Scalar() any {
	r := v.native
	if v.typ != nil {
		r = v.typ.At(v.mem)
	}
	switch r.Kind() {
	case reflect.Bool:
		return r.Bool()
	case reflect.Int:
		return int(r.Int())
	case reflect.Int8:
		return int8(r.Int())
	case reflect.Int16:
		return int16(r.Int())
	case reflect.Int32:
		return int32(r.Int())
	case reflect.Int64:
		return r.Int()
	case reflect.Uint:
		return uint(r.Uint())
	case reflect.Uint8:
		return uint8(r.Uint())
	case reflect.Uint16:
		return uint16(r.Uint())
	case reflect.Uint32:
		return uint32(r.Uint())
	case reflect.Uint64:
		return r.Uint()
	case reflect.Uintptr:
		return uintptr(r.Uint())
	case reflect.Float32:
		return float32(r.Float())
	case reflect.Float64:
		return r.Float()
	case reflect.Complex64:
		return complex64(r.Complex())
	case reflect.Complex128:
		return r.Complex()
	case reflect.String:
		return r.String()
	}
	panic("view: no scalar: " + v.TypeName())
}

// Basic is the memory of a value of a basic kind, as reflect sees it.
func (v Value) Basic() reflect.Value {
	if v.typ != nil {
		return v.typ.At(v.mem)
	}
	return v.native
}

// SameType says whether two values have one type.
func (v Value) SameType(w Value) bool { return v.TypeWord() == w.TypeWord() }

// TypeWord identifies the value's type.
func (v Value) TypeWord() unsafe.Pointer {
	if v.typ == nil {
		return wordOf(v.native.Type())
	}
	return v.typ.Word
}

// Cap is the capacity of an array, slice or channel.
func (v Value) Cap() int { return v.Reflect().Cap() }

// Slice is v[low:high:max] of a string, slice or addressable array; a string
// has no max.
func (v Value) Slice(low, high, max int) Value {
	switch {
	case v.typ == nil && v.Kind() == reflect.String:
		return Value{cells: v.cells, native: v.native.Slice(low, high), fixed: true}
	case v.typ == nil:
		return Value{cells: v.cells, native: v.native.Slice3(low, high, max), fixed: true}
	case v.Kind() == reflect.String:
		out := v.Type().New()
		out.Basic().SetString(v.Basic().String()[low:high])
		return out
	case v.Kind() == reflect.Slice:
		out := v.Type().New()
		out.Reflect().Set(v.Reflect().Slice3(low, high, max))
		return out
	}
	if v.fixed {
		panic("reflect.Value.Slice: slice of unaddressable array")
	}
	t, err := v.cells.Table.Of(types.NewSlice(v.elemType().Go))
	if err != nil {
		panic(err)
	}
	out := v.cells.Type(t).New()
	*(*sliceHeader)(out.mem) = sliceHeader{unsafe.Add(v.mem, uintptr(low)*v.elemType().Mem.Size()), high - low, max - low}
	return out
}
