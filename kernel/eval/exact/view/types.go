package view

import (
	"reflect"

	"adkernel/kernel/eval/exact/layout"
)

// parts are the types that a cell's type is made of.
type parts struct {
	elem, key *layout.Type
	pointer   *layout.Type // to it, once asked for
	fields    []fieldAt
}

type fieldAt struct {
	Field
	typ    *layout.Type
	offset uintptr
}

func (c *Cells) partsOf(t *layout.Type) *parts {
	p := c.parts[t]
	if p != nil {
		return p
	}
	p = &parts{}
	switch KindOf(t) {
	case reflect.Struct:
		for i := range t.Mem.NumField() {
			info := Type{cells: c, cell: t}.FieldInfo(i)
			p.fields = append(p.fields, fieldAt{info, t.Field(i), t.Mem.Field(i).Offset})
		}
	case reflect.Map:
		p.key, p.elem = t.Key(), t.Elem()
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		p.elem = t.Elem()
	}
	if c.parts == nil {
		c.parts = map[*layout.Type]*parts{}
	}
	c.parts[t] = p
	return p
}

func (v Value) elemType() *layout.Type { return v.cells.partsOf(v.typ).elem }
