package exact

import (
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// exportAll converts an any, and slices, arrays and maps of them, in which there
// are values of cells: they are copied, with what alien makes of such a value in
// its place. What holds none passes as it is.
func (rt *runtime) exportAll(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type, alien func(v any) (any, bool)) (v reflect.Value, done, ok bool) {
	isAny := t.Mem.Kind() == reflect.Interface && want.NumMethod() == 0
	if !holdsAny(want) || !isAny && !(t.Exact && t.Mem.Kind() != reflect.Interface) {
		return reflect.Value{}, false, false
	}
	x := t.At(value(t, u, p, l))
	if m.tooDeep(x) {
		return reflect.Value{}, true, false
	}
	holds := false
	if m.guarded(func() { holds = rt.holdsCells(x) }) { // it may find a map that is being written to
		return reflect.Value{}, true, false
	}
	if !holds {
		return reflect.Value{}, false, false
	}
	e := export{rt, m, alien}
	v, ok = e.value(x)
	return v, true, ok
}

// holdsCells says whether native code that looks into x would find a value of a
// cell's type.
func (rt *runtime) holdsCells(x reflect.Value) bool {
	return (&view.Cells{Table: rt.table, Host: rt}).Reflect(x).HoldsCells()
}

// An export copies values that native code looks into.
type export struct {
	rt    *runtime
	m     *machine
	alien func(v any) (any, bool)
}

// value copies x, in which values of cells lie open. False: m.raised is set.
func (e *export) value(x reflect.Value) (out reflect.Value, ok bool) {
	switch x.Kind() {
	case reflect.Interface:
		if x.IsNil() {
			return x, true
		}
		return e.held(x)
	case reflect.Slice:
		if x.IsNil() {
			return x, true
		}
		out = reflect.MakeSlice(x.Type(), x.Len(), x.Len())
		return out, e.elements(x, out)
	case reflect.Array:
		out = reflect.New(x.Type()).Elem()
		return out, e.elements(x, out)
	case reflect.Map:
		if x.IsNil() {
			return x, true
		}
		out = reflect.MakeMapWithSize(x.Type(), x.Len())
		for it := x.MapRange(); it.Next(); {
			k, ok := e.value(inVariable(it.Key()))
			if !ok {
				return out, false
			}
			v, ok := e.value(inVariable(it.Value()))
			if !ok {
				return out, false
			}
			out.SetMapIndex(k, v)
		}
		return out, true
	}
	return x, true
}

// inVariable is v in a variable of its own, so that an interface stays one.
func inVariable(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	return out
}

func (e *export) elements(from, to reflect.Value) bool {
	for i := range from.Len() {
		v, ok := e.value(from.Index(i))
		if !ok {
			return false
		}
		to.Index(i).Set(v)
	}
	return true
}

// held copies what the interface x holds.
func (e *export) held(x reflect.Value) (out reflect.Value, ok bool) {
	v := x.Interface()
	t := e.rt.table.TypeOf(v)
	inner, isCell := x.Elem(), t != nil && !t.Exact
	in := any(nil)
	switch {
	case isCell && t.Native != nil:
		return e.rt.nativeInterface(e.m, v, x.Type())
	case !isCell && holdsAny(inner.Type()):
		c, ok := e.value(inner)
		if !ok {
			return x, false
		}
		in = c.Interface()
	case isCell || e.rt.holdsCells(inner):
		if in, ok = e.alien(v); !ok {
			return x, false
		}
	default:
		return x, true
	}
	out = reflect.New(x.Type()).Elem()
	out.Set(reflect.ValueOf(in))
	return out, true
}

// holdsAny says whether values lie open in one of type r: in an interface, or
// in a slice, array or map of interfaces.
func holdsAny(r reflect.Type) bool {
	switch r.Kind() {
	case reflect.Interface:
		return r.NumMethod() == 0
	case reflect.Slice, reflect.Array, reflect.Map:
		return holdsAny(r.Elem())
	}
	return false
}

// maxNesting is how deeply values that native code gets may lie in each other
// through interfaces: what goes on so much longer contains itself.
const maxNesting = 200_000

const containsItself = ", for a value that contains itself"

// tooDeep raises what a value is refused with that native code would follow
// until its stack overflows, which ends the process.
func (m *machine) tooDeep(x reflect.Value) bool {
	if !isDeep(x, 0) {
		return false
	}
	m.raise(&panicking{kill: killOverflow, val: overflowError{maxNesting, containsItself}})
	return true
}

// isDeep says whether values lie in each other more deeply than that.
func isDeep(x reflect.Value, depth int) bool {
	if depth > maxNesting {
		return true
	}
	switch x.Kind() {
	case reflect.Interface:
		return !x.IsNil() && holdsAny(x.Elem().Type()) && isDeep(x.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		for i := range x.Len() {
			if isDeep(x.Index(i), depth+1) {
				return true
			}
		}
	case reflect.Map:
		for it := x.MapRange(); it.Next(); {
			if isDeep(it.Value(), depth+1) {
				return true
			}
		}
	}
	return false
}
