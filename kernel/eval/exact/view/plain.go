package view

import (
	"reflect"
	"sync"
)

// Plain says that native code may have v: it is native, and holds nothing of
// cells at any depth.
func (c *Cells) Plain(v any) bool {
	switch v.(type) {
	case nil, string, int, float64, bool, []byte, rune, byte, int64, uint64, float32, uint, []string, []int, []float64:
		return true
	}
	if c.isCell(v) {
		return false
	}
	return !holdsInterfaces(reflect.TypeOf(v))
}

// AllPlain says that all args are Plain.
func (c *Cells) AllPlain(args []any) bool {
	for _, a := range args {
		if !c.Plain(a) {
			return false
		}
	}
	return true
}

var holding sync.Map // reflect.Type -> bool

// holdsInterfaces says whether a value of a cell could lie in one of type r, or
// one of r stands for another.
func holdsInterfaces(r reflect.Type) bool {
	if h, ok := holding.Load(r); ok {
		return h.(bool)
	}
	h := r.Implements(reflect.TypeFor[Named]()) || reaches(r, map[reflect.Type]bool{})
	holding.Store(r, h)
	return h
}

func reaches(r reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[r] {
		return false
	}
	seen[r] = true
	switch r.Kind() {
	case reflect.Interface, reflect.UnsafePointer:
		return true // also a reflect.Value's pointer
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return reaches(r.Elem(), seen)
	case reflect.Map:
		return reaches(r.Key(), seen) || reaches(r.Elem(), seen)
	case reflect.Struct:
		for i := range r.NumField() {
			if reaches(r.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}

// Plain says that values of the type are native, and hold nothing of cells.
func (t Type) Plain() bool { return t.cell == nil && !holdsInterfaces(t.native) }

// HoldsCells says that v is a value of a cell or that one lies in it, so that
// native code must not look into it. Unexported fields of native types are left
// out: others may be writing to them.
func (v Value) HoldsCells() bool { return v.holdsCells(map[visit]bool{}) }

type visit struct {
	at  uintptr
	len int
	typ reflect.Type
}

func (v Value) holdsCells(seen map[visit]bool) bool {
	if !v.IsValid() {
		return false
	}
	if v.typ != nil {
		return true
	}
	if !holdsInterfaces(v.native.Type()) {
		return false
	}
	switch k := v.Kind(); k {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		at := visit{v.Pointer(), 0, v.native.Type()}
		if k == reflect.Slice {
			at.len = v.Len()
		}
		if v.IsNil() || seen[at] {
			return false
		}
		seen[at] = true
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return v.Elem().holdsCells(seen)
	case reflect.Map:
		for _, e := range v.Entries() {
			if e.Key.holdsCells(seen) || e.Elem.holdsCells(seen) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if v.Index(i).holdsCells(seen) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.FieldInfo(i)
			if (f.Exported || f.Embedded) && v.Field(i).holdsCells(seen) {
				return true
			}
		}
	}
	return false
}
