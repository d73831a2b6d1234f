package exact

import (
	"go/types"
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// deepEqual is reflect.DeepEqual for values of which some are of cells' types.
func (rt *runtime) deepEqual(x, y any) bool {
	if x == nil || y == nil {
		return x == nil && y == nil
	}
	if words(x).typ != words(y).typ {
		return false
	}
	t := rt.table.TypeOf(x)
	if t == nil || t.Exact && !reaches(t.Mem, map[reflect.Type]bool{}) {
		return reflect.DeepEqual(x, y)
	}
	d := deep{rt, map[visit]bool{}}
	return d.equal(t, t.Data(x), t.Data(y))
}

// reaches says whether values of native type r can hold interfaces, and so
// values of cells.
func reaches(r reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[r] {
		return false
	}
	seen[r] = true
	switch r.Kind() {
	case reflect.Interface:
		return true
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

type deep struct {
	rt      *runtime
	visited map[visit]bool
}

// visit is a comparison in progress, so that cycles come to an end.
type visit struct {
	x, y unsafe.Pointer
	t    *layout.Type
}

func (d *deep) equal(t *layout.Type, x, y unsafe.Pointer) bool {
	switch u := t.Go.Underlying().(type) {
	case *types.Interface:
		return d.rt.deepEqual(*(*any)(x), *(*any)(y))
	case *types.Pointer:
		p, q := *(*unsafe.Pointer)(x), *(*unsafe.Pointer)(y)
		if p == q || p == nil || q == nil {
			return p == q
		}
		return d.enter(p, q, t) || d.equal(t.Elem(), p, q)
	case *types.Struct:
		for i := range u.NumFields() {
			off := t.Mem.Field(i).Offset
			if !d.equal(t.Field(i), unsafe.Add(x, off), unsafe.Add(y, off)) {
				return false
			}
		}
		return true
	case *types.Array:
		et := t.Elem()
		for i := range uintptr(u.Len()) {
			if !d.equal(et, unsafe.Add(x, i*et.Mem.Size()), unsafe.Add(y, i*et.Mem.Size())) {
				return false
			}
		}
		return true
	case *types.Slice:
		p, q := (*sliceHeader)(x), (*sliceHeader)(y)
		if (p.data == nil) != (q.data == nil) || p.len != q.len {
			return false
		}
		if p.data == q.data || p.len > 0 && d.enter(p.data, q.data, t) {
			return true
		}
		et := t.Elem()
		for i := range uintptr(p.len) {
			if !d.equal(et, unsafe.Add(p.data, i*et.Mem.Size()), unsafe.Add(q.data, i*et.Mem.Size())) {
				return false
			}
		}
		return true
	case *types.Map:
		return d.maps(t, *(*unsafe.Pointer)(x), *(*unsafe.Pointer)(y))
	case *types.Signature:
		return *(*unsafe.Pointer)(x) == nil && *(*unsafe.Pointer)(y) == nil
	}
	return t.At(x).Equal(t.At(y))
}

func (d *deep) enter(x, y unsafe.Pointer, t *layout.Type) (seen bool) {
	v := visit{x, y, t}
	seen = d.visited[v]
	d.visited[v] = true
	return seen
}

func (d *deep) maps(t *layout.Type, p, q unsafe.Pointer) bool {
	if p == q || p == nil || q == nil {
		return p == q
	}
	r := t.Container()
	a, b := reflect.NewAt(r, unsafe.Pointer(&p)).Elem(), reflect.NewAt(r, unsafe.Pointer(&q)).Elem()
	if a.Len() != b.Len() {
		return false
	}
	if d.enter(p, q, t) {
		return true
	}
	et := t.Elem()
	for it := a.MapRange(); it.Next(); {
		other := b.MapIndex(it.Key())
		if !other.IsValid() {
			return false
		}
		x, y := et.New(), et.New()
		et.At(x).Set(it.Value())
		et.At(y).Set(other)
		if !d.equal(et, x, y) {
			return false
		}
	}
	return true
}
