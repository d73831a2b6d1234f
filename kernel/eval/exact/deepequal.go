package exact

import (
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/view"
)

// deepEqual is reflect.DeepEqual for values of which some are of cells' types.
func (rt *runtime) deepEqual(x, y any) bool {
	c := &view.Cells{Table: rt.table, Host: rt}
	d := deep{visited: map[visit]bool{}}
	return d.equal(c.Value(x), c.Value(y))
}

type deep struct{ visited map[visit]bool }

// visit is a comparison in progress, so that cycles come to an end.
type visit struct {
	x, y uintptr
	t    unsafe.Pointer
}

// equal follows reflect's rules, kind for kind.
func (d *deep) equal(x, y view.Value) bool {
	if !x.IsValid() || !y.IsValid() {
		return x.IsValid() == y.IsValid()
	}
	if !x.SameType(y) {
		return false
	}
	switch x.Kind() {
	case reflect.Array, reflect.Slice, reflect.Map, reflect.Pointer, reflect.Struct:
		if x.Type().Plain() {
			return reflect.DeepEqual(x.Native().Interface(), y.Native().Interface())
		}
	}
	switch x.Kind() {
	case reflect.Array:
		return d.elements(x, y)
	case reflect.Slice:
		if done, equal := d.enter(x, y); done {
			return equal
		}
		if x.ElemKind() == reflect.Uint8 {
			return string(x.Bytes()) == string(y.Bytes()) // not copied
		}
		return d.elements(x, y)
	case reflect.Map:
		if done, equal := d.enter(x, y); done {
			return equal
		}
		for _, e := range x.Entries() {
			other := y.MapIndex(e.Key)
			if !other.IsValid() || !d.equal(e.Elem, other) {
				return false
			}
		}
		return true
	case reflect.Pointer:
		if done, equal := d.enter(x, y); done {
			return equal
		}
		return d.equal(x.Elem(), y.Elem())
	case reflect.Interface:
		return d.equal(x.Elem(), y.Elem())
	case reflect.Struct:
		for i := range x.NumField() {
			if !d.equal(x.Field(i), y.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Func:
		return x.IsNil() && y.IsNil()
	}
	return x.Basic().Equal(y.Basic())
}

func (d *deep) elements(x, y view.Value) bool {
	for i := range x.Len() {
		if !d.equal(x.Index(i), y.Index(i)) {
			return false
		}
	}
	return true
}

// enter answers for pointers, maps and slices what their elements do not
// decide, or begins to compare those.
func (d *deep) enter(x, y view.Value) (done, equal bool) {
	if x.IsNil() || y.IsNil() {
		return true, x.IsNil() == y.IsNil()
	}
	if x.Kind() != reflect.Pointer && x.Len() != y.Len() {
		return true, false
	}
	v := visit{x.Pointer(), y.Pointer(), x.TypeWord()}
	if v.x == v.y || d.visited[v] {
		return true, true
	}
	d.visited[v] = true
	return false, false
}
