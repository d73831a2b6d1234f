package format

import (
	"cmp"
	"reflect"
	"slices"

	"adkernel/kernel/eval/exact/view"
)

// SortedEntries are the entries of a map in fmt's order.
func SortedEntries(m view.Value) []view.Entry {
	entries := m.Entries()
	slices.SortStableFunc(entries, func(a, b view.Entry) int { return compare(a.Key, b.Key) })
	return entries
}

func compare(a, b view.Value) int {
	if !a.SameType(b) {
		return -1 // no good answer, but they are not equal
	}
	switch a.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return cmp.Compare(a.Basic().Int(), b.Basic().Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return cmp.Compare(a.Basic().Uint(), b.Basic().Uint())
	case reflect.String:
		return cmp.Compare(a.Basic().String(), b.Basic().String())
	case reflect.Float32, reflect.Float64:
		return cmp.Compare(a.Basic().Float(), b.Basic().Float())
	case reflect.Complex64, reflect.Complex128:
		x, y := a.Basic().Complex(), b.Basic().Complex()
		return cmp.Or(cmp.Compare(real(x), real(y)), cmp.Compare(imag(x), imag(y)))
	case reflect.Bool:
		return cmp.Compare(number(a), number(b))
	case reflect.Pointer, reflect.Chan:
		return cmp.Compare(a.Pointer(), b.Pointer()) // nil first
	case reflect.UnsafePointer:
		return cmp.Compare(a.Basic().Pointer(), b.Basic().Pointer())
	case reflect.Struct:
		for i := range a.NumField() {
			if c := compare(a.Field(i), b.Field(i)); c != 0 {
				return c
			}
		}
		return 0
	case reflect.Array:
		for i := range a.Len() {
			if c := compare(a.Index(i), b.Index(i)); c != 0 {
				return c
			}
		}
		return 0
	case reflect.Interface:
		return compareHeld(a.Elem(), b.Elem())
	}
	return 0 // no other type can be a key
}

func number(v view.Value) int {
	if v.Basic().Bool() {
		return 1
	}
	return 0
}

// compareHeld orders what two interfaces hold: nil first, then by type.
func compareHeld(a, b view.Value) int {
	switch {
	case !a.IsValid() && !b.IsValid():
		return 0
	case !a.IsValid():
		return -1
	case !b.IsValid():
		return 1
	}
	return cmp.Or(cmp.Compare(uintptr(a.TypeWord()), uintptr(b.TypeWord())), compare(a, b))
}
