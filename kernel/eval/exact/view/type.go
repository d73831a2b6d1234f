package view

import (
	"go/types"
	"reflect"
	"strings"

	"adkernel/kernel/eval/exact/layout"
)

// A Type is the type of a Value; equal ones are of one type. The zero Type is
// that of the invalid Value.
type Type struct {
	cells  *Cells
	cell   *layout.Type
	native reflect.Type
}

// Type is the value's type.
func (v Value) Type() Type {
	if v.typ == nil {
		return Type{cells: v.cells, native: v.native.Type()}
	}
	return Type{cells: v.cells, cell: v.typ}
}

// Type is t as a Type.
func (c *Cells) Type(t *layout.Type) Type {
	if t.Exact {
		return Type{cells: c, native: t.Mem}
	}
	return Type{cells: c, cell: t}
}

// Native is a native type, or nil.
func (t Type) Native() reflect.Type { return t.native }

// Cell is a type of cells, or nil.
func (t Type) Cell() *layout.Type { return t.cell }

// Reflect is the type as the host gives it to cells, native types as they are;
// nil when the host has none.
func (t Type) Reflect() reflect.Type {
	if t.cell == nil {
		return t.native
	}
	if r, ok := t.cells.Host.(Reflector); ok {
		return r.ReflectType(t.cell)
	}
	return nil
}

// Kind is the kind of the type in compiled Go.
func (t Type) Kind() reflect.Kind {
	if t.cell == nil {
		return t.native.Kind()
	}
	return KindOf(t.cell)
}

// String is the type as reflect writes it.
func (t Type) String() string {
	if t.cell == nil {
		return t.native.String()
	}
	return layout.Name(t.cell.Go)
}

// Name is the type's name without its package; empty for unnamed ones.
func (t Type) Name() string {
	if t.cell == nil {
		return t.native.Name()
	}
	if _, named := types.Unalias(t.cell.Go).(*types.Named); !named {
		return ""
	}
	name, args, generic := strings.Cut(t.String(), "[")
	name = name[strings.LastIndexByte(name, '.')+1:]
	if generic {
		name += "[" + args
	}
	return name
}

// Elem is the element type of a pointer, slice, array, map or channel.
func (t Type) Elem() Type {
	if t.cell == nil {
		return Type{cells: t.cells, native: t.native.Elem()}
	}
	return t.cells.Type(t.cells.partsOf(t.cell).elem)
}

// Key is the key type of a map.
func (t Type) Key() Type {
	if t.cell == nil {
		return Type{cells: t.cells, native: t.native.Key()}
	}
	return t.cells.Type(t.cells.partsOf(t.cell).key)
}

// PointerTo is the type of pointers to t.
func (t Type) PointerTo() Type {
	if t.cell == nil {
		return Type{cells: t.cells, native: reflect.PointerTo(t.native)}
	}
	known := t.cells.partsOf(t.cell)
	if known.pointer == nil {
		p, err := t.cells.Table.Of(types.NewPointer(t.cell.Go))
		if err != nil { // every pointer has a layout
			panic(err)
		}
		known.pointer = p
	}
	return t.cells.Type(known.pointer)
}

// NumField is the number of fields of a struct type.
func (t Type) NumField() int {
	if t.cell == nil {
		return t.native.NumField()
	}
	return t.cell.Mem.NumField()
}

// FieldInfo describes the i-th field of a struct type.
func (t Type) FieldInfo(i int) Field {
	if t.cell == nil {
		f := t.native.Field(i)
		return Field{f.Name, f.Tag, f.IsExported(), f.Anonymous}
	}
	s := t.cell.Go.Underlying().(*types.Struct)
	f := s.Field(i)
	return Field{f.Name(), reflect.StructTag(s.Tag(i)), f.Exported(), f.Embedded()}
}

// FieldType is the type of the i-th field of a struct type.
func (t Type) FieldType(i int) Type {
	if t.cell == nil {
		return Type{cells: t.cells, native: t.native.Field(i).Type}
	}
	return t.cells.Type(t.cells.partsOf(t.cell).fields[i].typ)
}

// NumMethod is the number of methods of an interface type.
func (t Type) NumMethod() int {
	if t.cell == nil {
		return t.native.NumMethod()
	}
	return t.cell.Go.Underlying().(*types.Interface).NumMethods()
}

// New is a zero variable of the type.
func (t Type) New() Value {
	if t.cell == nil {
		return Value{cells: t.cells, native: reflect.New(t.native).Elem()}
	}
	return Value{cells: t.cells, typ: t.cell, mem: t.cell.New()}
}

// Implements says whether values of the type have the methods of the native
// interface I.
func Implements[I any](t Type) bool { return t.implements(reflect.TypeFor[I]()) }

func (t Type) implements(iface reflect.Type) bool {
	if t.cell == nil {
		return t.native.Implements(iface)
	}
	if t.Kind() != reflect.Interface {
		_, ok := t.cells.as(Value{cells: t.cells, typ: t.cell, mem: t.cell.Zero(), fixed: true}, iface)
		return ok
	}
	for i := range iface.NumMethod() {
		m, _, _ := types.LookupFieldOrMethod(t.cell.Go, false, nil, iface.Method(i).Name)
		if m == nil {
			return false
		}
	}
	return true
}

// NativeType is r as a Type.
func (c *Cells) NativeType(r reflect.Type) Type { return Type{cells: c, native: r} }

// goType is the type in go/types; nil for native types that no cell mentioned.
func (t Type) goType() types.Type {
	if t.cell != nil {
		return t.cell.Go
	}
	if l := t.cells.Table.ByWord(wordOf(t.native)); l != nil {
		return l.Go
	}
	return nil
}

// AssignableTo says whether values of t may be assigned to variables of u.
func (t Type) AssignableTo(u Type) bool {
	if t == u {
		return true
	}
	if t.cell == nil && u.cell == nil {
		return t.native.AssignableTo(u.native)
	}
	if u.Kind() == reflect.Interface && u.NumMethod() == 0 {
		return true
	}
	if u.cell == nil && u.Kind() == reflect.Interface {
		if g := u.goType(); g == nil {
			return t.implements(u.native)
		}
	}
	a, b := t.goType(), u.goType()
	return a != nil && b != nil && types.AssignableTo(a, b)
}

// Comparable says whether == may be used for values of the type.
func (t Type) Comparable() bool {
	if t.cell == nil {
		return t.native.Comparable()
	}
	return types.Comparable(t.cell.Go)
}

// FieldByName finds a field, which may be promoted from embedded structs.
func (t Type) FieldByName(name string) (index []int, exported, ok bool) {
	if t.cell == nil {
		f, ok := t.native.FieldByName(name)
		return f.Index, f.IsExported(), ok
	}
	s := t.cell.Go.Underlying().(*types.Struct)
	var pkg *types.Package
	if s.NumFields() > 0 {
		pkg = s.Field(0).Pkg()
	}
	o, index, _ := types.LookupFieldOrMethod(t.cell.Go, true, pkg, name)
	f, ok := o.(*types.Var)
	return index, ok && f.Exported(), ok
}
