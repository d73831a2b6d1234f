package exact

import (
	"go/types"
	"reflect"
	"unsafe"
)

// inspecting are functions of the standard library that ask reflect about
// values, which may be of cells' types.
var inspecting = map[string]intrinsic{
	"errors.isComparable": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			*ru(u, 0) = bit(rt.comparable(*rany(p, 0)))
			return false
		}
	},
	"errors.checkTarget": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			if why := rt.wrongTarget(*rany(p, 0)); why != "" {
				m.raise(&panicking{val: why})
				return true
			}
			return false
		}
	},
	"errors.assign": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			*ru(u, 0) = bit(rt.assign(*rany(p, 0), *rany(p, 16)))
			return false
		}
	},
	"sort.sliceOf": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool { return rt.sliceOf(m, u, p) }
	},
	"reflect.TypeOf": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			*rany(p, 0) = any(rt.typeOf(*rany(p, 16)))
			return false
		}
	},
	"reflect.PointerTo": typeMaker(func(_ *runtime, e types.Type) types.Type { return types.NewPointer(e) }, reflect.PointerTo),
	"reflect.PtrTo":     typeMaker(func(_ *runtime, e types.Type) types.Type { return types.NewPointer(e) }, reflect.PointerTo),
	"reflect.SliceOf":   typeMaker(func(_ *runtime, e types.Type) types.Type { return types.NewSlice(e) }, reflect.SliceOf),
	"reflect.DeepEqual": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.guarded(func() { *ru(u, 0) = bit(rt.deepEqual(*rany(p, 0), *rany(p, 16))) })
		}
	},
}

func (rt *runtime) comparable(v any) bool {
	if t := rt.table.TypeOf(v); t != nil {
		return t.Comparable
	}
	return reflect.TypeOf(v).Comparable()
}

// wrongTarget says why errors.As cannot assign to target, in package errors'
// words.
func (rt *runtime) wrongTarget(target any) string {
	if target == nil {
		return "errors: target cannot be nil"
	}
	t := rt.table.TypeOf(target)
	var elem types.Type
	if t != nil {
		p, ok := t.Go.Underlying().(*types.Pointer)
		if !ok || *(*unsafe.Pointer)(t.Data(target)) == nil {
			return "errors: target must be a non-nil pointer"
		}
		elem = p.Elem()
	} else {
		r := reflect.ValueOf(target)
		if r.Kind() != reflect.Pointer || r.IsNil() {
			return "errors: target must be a non-nil pointer"
		}
		if e := r.Type().Elem(); e.Kind() != reflect.Interface && !e.Implements(reflect.TypeFor[error]()) {
			return "errors: *target must be interface or implement error"
		}
		return ""
	}
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if !isInterface(elem) && !types.Implements(elem, errorType) {
		return "errors: *target must be interface or implement error"
	}
	return ""
}

var errorType = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

// assign stores err in the variable that target points to, if its type allows.
func (rt *runtime) assign(err, target any) bool {
	t := rt.table.TypeOf(target)
	if t == nil {
		to := reflect.ValueOf(target).Elem()
		r := reflect.TypeOf(err)
		if !r.AssignableTo(to.Type()) {
			return false
		}
		to.Set(reflect.ValueOf(err))
		return true
	}
	mem := *(*unsafe.Pointer)(t.Data(target))
	elem := t.Elem()
	if it, ok := elem.Go.Underlying().(*types.Interface); ok {
		if _, ok := rt.implements(err, it); !ok {
			return false
		}
		*(*any)(mem) = err
		return true
	}
	if words(err).typ != elem.Word {
		return false
	}
	elem.Copy(mem, elem.Data(err))
	return true
}

// sliceOf returns a function that swaps elements of a slice, and its length.
func (rt *runtime) sliceOf(m *machine, u, p unsafe.Pointer) bool {
	v := *rany(p, 8) // after the result swap
	t := rt.table.TypeOf(v)
	if t == nil || t.Exact {
		return m.guarded(func() {
			r := reflect.ValueOf(v)
			rt.returnSwap(u, p, reflect.Swapper(v), r.Len())
		})
	}
	st, ok := t.Go.Underlying().(*types.Slice)
	if !ok {
		m.raise(&panicking{val: &reflect.ValueError{Method: "Swapper", Kind: t.Mem.Kind()}})
		return true
	}
	et := rt.mustType(st.Elem())
	h := (*sliceHeader)(t.Data(v))
	tmp, size := et.New(), et.Mem.Size()
	at := func(i int) unsafe.Pointer { return unsafe.Add(h.data, uintptr(i)*size) }
	rt.returnSwap(u, p, func(i, j int) {
		if uint(i) >= uint(h.len) || uint(j) >= uint(h.len) {
			panic("reflect: slice index out of range")
		}
		et.Copy(tmp, at(i))
		et.Copy(at(i), at(j))
		et.Copy(at(j), tmp)
	}, h.len)
	return false
}

// returnSwap returns a func(i, j int) and a length.
func (rt *runtime) returnSwap(u, p unsafe.Pointer, swap func(i, j int), n int) {
	fn := newFunction("sort.swap")
	fn.native = func(m *machine, u, p unsafe.Pointer) bool {
		return m.guarded(func() { swap(int(*ri(u, 0)), int(*ri(u, 8))) })
	}
	*rp(p, 0), *ri(u, 0) = unsafe.Pointer(fn.value), int64(n)
}
