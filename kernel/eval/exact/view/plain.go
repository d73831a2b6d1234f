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

// holdsInterfaces says whether a value of a cell could lie in one of type r.
func holdsInterfaces(r reflect.Type) bool {
	if h, ok := holding.Load(r); ok {
		return h.(bool)
	}
	h := reaches(r, map[reflect.Type]bool{})
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
