package exact

import (
	"reflect"
	goruntime "runtime"
	"strings"
	"unsafe"
	"weak"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/native"
)

// wrapperType is the struct type through which values of a cell's type implement
// an interface of native code, or why there is none.
type wrapperType struct {
	typ        reflect.Type
	why        string
	generation int64
}

// wrapperFor chooses it. Native code may look in the value for more than the
// interface says (native.Asked): what the cell's type has of that, the wrapper
// has too.
func (rt *runtime) wrapperFor(t *layout.Type, want reflect.Type) wrapperType {
	key := typeAs{t.Word, want}
	generation := rt.generation.Load()
	if w, ok := rt.wrapperTypes.Load(key); ok && w.(wrapperType).generation == generation {
		return w.(wrapperType)
	}
	w := rt.chooseWrapper(t, want)
	w.generation = generation
	rt.wrapperTypes.Store(key, w)
	return w
}

// typeAs is a cell's type where native code wants an interface type.
type typeAs struct {
	word unsafe.Pointer
	want reflect.Type
}

func (rt *runtime) chooseWrapper(t *layout.Type, want reflect.Type) wrapperType {
	if missing := rt.lacks(t, want); missing != "" {
		return wrapperType{why: sprintf("a value of type %s has no method %s for %s", t, missing, want)}
	}
	var more []reflect.Type
	for _, i := range native.Asked(want) {
		if rt.lacks(t, i) == "" {
			more = append(more, i)
		}
	}
	if len(more) == 0 {
		if w, ok := native.Wrapper(want); ok {
			return wrapperType{typ: w}
		}
		return wrapperType{why: sprintf("a value of type %s cannot be given to native code as %s", t, want)}
	}
	if w, ok := native.Composed(append(more, want)...); ok {
		return wrapperType{typ: w}
	}
	names := make([]string, len(more))
	for i, m := range more {
		names[i] = m.String()
	}
	return wrapperType{why: sprintf("a value of type %s cannot be given to native code as %s, which may find that it is also %s", t, want, strings.Join(names, ", "))}
}

// lacks is a method of a native interface type that t does not have.
func (rt *runtime) lacks(t *layout.Type, iface reflect.Type) (missing string) {
	for i := range iface.NumMethod() {
		want := iface.Method(i)
		sig := rt.methodOf(t, want.Name)
		if sig == nil {
			return want.Name
		}
		if have, err := rt.table.Of(sig); err != nil || have.Native != want.Type {
			return want.Name
		}
	}
	return ""
}

// wrapper is v in a wrapper of type w: a pointer, the same one as long as
// somebody holds it, so that native code that compares interfaces finds one
// value equal to itself.
func (rt *runtime) wrapper(t *layout.Type, v any, w reflect.Type) reflect.Value {
	key, ok := identify(t, v, w)
	if ok {
		if held, ok := rt.wrappers.Load(key); ok {
			if p := held.(weak.Pointer[byte]).Value(); p != nil {
				return reflect.NewAt(w, unsafe.Pointer(p))
			}
		}
	}
	s := reflect.New(w)
	rt.fillWrapper(t, v, s.Elem())
	rt.wraps.Store(s.Type(), true)
	if !ok {
		return s
	}
	own := (*byte)(s.UnsafePointer())
	ref := weak.Make(own)
	for {
		old, loaded := rt.wrappers.LoadOrStore(key, ref)
		if !loaded {
			break
		}
		if p := old.(weak.Pointer[byte]).Value(); p != nil { // another goroutine was faster
			return reflect.NewAt(w, unsafe.Pointer(p))
		}
		if rt.wrappers.CompareAndSwap(key, old, ref) {
			break
		}
	}
	goruntime.AddCleanup(own, func(key wrapperKey) { rt.wrappers.CompareAndDelete(key, ref) }, key)
	return s
}

// wrapperKey tells values apart as == does. It keeps none of them alive.
type wrapperKey struct {
	typ  reflect.Type
	word unsafe.Pointer
	at   uintptr
	flat any
}

// identify makes the key of a value that one pointer is, or that has none in it.
func identify(t *layout.Type, v any, w reflect.Type) (wrapperKey, bool) {
	switch {
	case t.Direct:
		return wrapperKey{typ: w, word: t.Word, at: uintptr(words(v).data)}, true
	case t.Comparable && isFlat(t.Mem):
		return wrapperKey{typ: w, word: t.Word, flat: v}, true
	}
	return wrapperKey{}, false
}

// isFlat says that values of a type lead to no others.
func isFlat(r reflect.Type) bool {
	switch r.Kind() {
	case reflect.Array:
		return isFlat(r.Elem())
	case reflect.Struct:
		for i := range r.NumField() {
			if !isFlat(r.Field(i).Type) {
				return false
			}
		}
		return true
	}
	return isPlain(r)
}

// fillWrapper sets the funcs of a wrapper, which may lie in embedded structs.
func (rt *runtime) fillWrapper(t *layout.Type, v any, s reflect.Value) {
	for i := range s.NumField() {
		f := s.Type().Field(i)
		switch {
		case f.Name == "IValue":
			s.Field(i).Set(reflect.ValueOf(held{v, rt}))
		case f.Type.Kind() == reflect.Struct:
			rt.fillWrapper(t, v, s.Field(i))
		default: // WM, of method M
			name := f.Name[1:]
			s.Field(i).Set(rt.boundMethod(v, name, rt.methodOf(t, name), f.Type))
		}
	}
}

// unwrap is the cell's value for one that native code holds.
func (rt *runtime) unwrap(v any) any {
	switch c := v.(type) {
	case carrier:
		return c.cellValue()
	case nil:
		return nil
	}
	if _, ok := rt.wraps.Load(reflect.TypeOf(v)); ok {
		return reflect.ValueOf(v).Elem().FieldByName("IValue").Interface().(carrier).cellValue()
	}
	return v
}
