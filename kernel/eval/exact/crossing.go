package exact

import (
	"go/types"
	"io"
	"os"
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

const anyKind = reflect.Interface

// toNative converts a value in registers to what native code expects at a
// place of type want. False: m.raised is set.
func (rt *runtime) toNative(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool) {
	if t.Exact && t.Mem == want && t.Mem.Kind() != anyKind {
		return t.At(value(t, u, p, l)), true
	}
	return rt.native(m, t, value(t, u, p, l), want)
}

// native converts the variable at mem, which nobody writes to.
func (rt *runtime) native(m *machine, t *layout.Type, mem unsafe.Pointer, want reflect.Type) (reflect.Value, bool) {
	switch {
	case t.Mem.Kind() == anyKind:
		return rt.nativeInterface(m, *(*any)(mem), want)
	case want.Kind() == anyKind:
		return rt.nativeInterface(m, t.Any(mem), want)
	case t.Exact:
		v := t.At(mem)
		if v.Type() != want {
			v = v.Convert(want)
		}
		return v, true
	}
	switch ut := t.Go.Underlying().(type) {
	case *types.Signature:
		return rt.nativeFunc(m, *(**closure)(mem), ut, want), true
	case *types.Slice:
		h := (*sliceHeader)(mem)
		if h.data == nil {
			return reflect.Zero(want), true
		}
		et := t.Elem()
		out := reflect.MakeSlice(want, h.len, h.len)
		for i := range h.len {
			v, ok := rt.native(m, et, unsafe.Add(h.data, uintptr(i)*et.Mem.Size()), want.Elem())
			if !ok {
				return v, false
			}
			out.Index(i).Set(v)
		}
		return out, true
	case *types.Map:
		q := *(*unsafe.Pointer)(mem)
		if q == nil {
			return reflect.Zero(want), true
		}
		kt, et := t.Key(), t.Elem()
		out := reflect.MakeMap(want)
		for it := reflect.NewAt(t.Container(), mem).Elem().MapRange(); it.Next(); {
			k, ok := rt.nativeCopy(m, kt, it.Key(), want.Key())
			if !ok {
				return k, false
			}
			e, ok := rt.nativeCopy(m, et, it.Value(), want.Elem())
			if !ok {
				return e, false
			}
			out.SetMapIndex(k, e)
		}
		return out, true
	case *types.Pointer:
		if want.Kind() == reflect.UnsafePointer {
			return reflect.ValueOf(*(*unsafe.Pointer)(mem)), true
		}
	case *types.Basic:
		return t.At(mem).Convert(want), true
	}
	if t.Mem.Kind() == want.Kind() && t.Mem.ConvertibleTo(want) && t.Native == nil && isPlain(t.Mem) {
		return t.At(mem).Convert(want), true
	}
	if t.Native == want { // an address or a channel: what is behind it would have to be converted at each access
		m.refuse("a value of type %s cannot be given to native code: the interfaces and funcs in it have another form there", t)
		return reflect.Value{}, false
	}
	m.refuse("a value of type %s cannot be given to native code that wants %s", t, want)
	return reflect.Value{}, false
}

// isPlain tells types without pointers or structure, which native code sees as
// cells do.
func isPlain(r reflect.Type) bool {
	k := r.Kind()
	return k >= reflect.Bool && k <= reflect.Complex128 || k == reflect.String
}

func (rt *runtime) nativeCopy(m *machine, t *layout.Type, v reflect.Value, want reflect.Type) (reflect.Value, bool) {
	mem := t.New()
	t.At(mem).Set(v)
	return rt.native(m, t, mem, want)
}

// nativeInterface converts an interface value, for a place that is an
// interface or the type that it holds.
func (rt *runtime) nativeInterface(m *machine, v any, want reflect.Type) (reflect.Value, bool) {
	out := reflect.New(want).Elem()
	if v == nil {
		return out, true
	}
	t := rt.table.ByWord(words(v).typ)
	if t == nil || t.Exact {
		if f, ok := v.(*os.File); ok && want == writerType { // keeps the order of what a cell prints
			if w := rt.stream(f); w != nil {
				out.Set(reflect.ValueOf(w))
				return out, true
			}
		}
		if f, ok := v.(*os.File); ok {
			if r, ok := rt.stdin.as(f, want); ok {
				out.Set(r)
				return out, true
			}
		}
		r := reflect.ValueOf(v)
		if !r.Type().AssignableTo(want) {
			m.refuse("a value of type %s cannot be given to native code that wants %s", r.Type(), want)
			return out, false
		}
		out.Set(r)
		return out, true
	}
	w, ok := rt.wrap(m, t, v, want)
	if !ok {
		return out, false
	}
	out.Set(w)
	return out, true
}

var writerType = reflect.TypeFor[io.Writer]()

// stream is where the session wants what is written to the process's standard
// streams; nil for other files.
func (rt *runtime) stream(f *os.File) io.Writer {
	switch f {
	case os.Stdout:
		return rt.stdout
	case os.Stderr:
		return rt.stderr
	}
	return nil
}

// nativeFunc makes a func that native code can call, on any goroutine.
func (rt *runtime) nativeFunc(m *machine, f *closure, sig *types.Signature, want reflect.Type) reflect.Value {
	if f == nil {
		return reflect.Zero(want)
	}
	if o := f.fn.origin; o.IsValid() && o.Type() == want {
		return o
	}
	rt.parallel.Store(true) // native code may call it on another goroutine
	out := &outgoingFunc{f, rt, rt.shape(sig), m.tok, want}
	return reflect.MakeFunc(want, out.call)
}

// An outgoingFunc is a cell's func in the hands of native code.
type outgoingFunc struct {
	f     *closure
	rt    *runtime
	shape *shape
	tok   *permit
	want  reflect.Type
}

func (o *outgoingFunc) call(args []reflect.Value) []reflect.Value {
	out := o.rt.callBack(o.rt.newMachine(o.rt.permitFor(o.tok)), o.f, o.shape, nil, nil, args, o.want)
	if showsResult(o.want) {
		v := o.rt.show(out[0].Interface())
		out[0] = reflect.ValueOf(&v).Elem()
	}
	return out
}

// callBack runs a cell's function for native code. u and p are the slots of
// arguments before args. A panic goes on through the native frames.
func (rt *runtime) callBack(m *machine, f *closure, s *shape, u []uint64, p []unsafe.Pointer, args []reflect.Value, want reflect.Type) []reflect.Value {
	before := loc{int32(len(u)) * 8, int32(len(p)) * 8}
	u = append(u[:len(u):len(u)], make([]uint64, s.argU)...)
	p = append(p[:len(p):len(p)], make([]unsafe.Pointer, s.argP)...)
	ok := true
	for i, t := range s.params {
		if ok = ok && rt.fromNative(m, args[i], t, base(u), baseP(p), before); !ok {
			break
		}
		before = before.plus(t.NU, t.NP)
	}
	resU, resP := make([]uint64, s.resU), make([]unsafe.Pointer, s.resP)
	if ok {
		if ok = m.enterNested(); ok {
			ok = m.callValue(f, u, p, resU, resP)
			m.tok.nested.Add(-1)
		}
	}
	if !ok {
		m.leave(args...)
	}
	out := make([]reflect.Value, len(s.results))
	l := loc{}
	for i, t := range s.results {
		if out[i], ok = rt.toNative(m, t, base(resU), baseP(resP), l, want.Out(i)); !ok {
			m.leave(args...)
		}
		l = l.plus(t.NU, t.NP)
	}
	m.free()
	return out
}

func base(u []uint64) unsafe.Pointer          { return unsafe.Pointer(unsafe.SliceData(u)) }
func baseP(p []unsafe.Pointer) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(p)) }

// shape is a signature's parameters and results as slots.
type shape struct {
	params, results        []*layout.Type
	argU, argP, resU, resP int32
}

func (rt *runtime) shape(sig *types.Signature) *shape {
	s := &shape{}
	for v := range sig.Params().Variables() {
		t := rt.mustType(v.Type())
		s.params = append(s.params, t)
		s.argU, s.argP = s.argU+int32(t.NU), s.argP+int32(t.NP)
	}
	for v := range sig.Results().Variables() {
		t := rt.mustType(v.Type())
		s.results = append(s.results, t)
		s.resU, s.resP = s.resU+int32(t.NU), s.resP+int32(t.NP)
	}
	return s
}

// mustType is for types that the compiler has laid out before.
func (rt *runtime) mustType(t types.Type) *layout.Type {
	l, err := rt.table.Of(t)
	if err != nil {
		panic(err)
	}
	return l
}

// fromNative puts a value of native code into registers. False: m.raised is set.
func (rt *runtime) fromNative(m *machine, v reflect.Value, t *layout.Type, u, p unsafe.Pointer, l loc) bool {
	if t.Exact && t.Mem.Kind() != anyKind {
		if v.Type() != t.Mem {
			v = v.Convert(t.Mem)
		}
		mem := t.New()
		t.At(mem).Set(v)
		readMemory(t, mem, u, p, l)
		return true
	}
	mem := t.New()
	if !rt.fill(m, v, t, mem) {
		return false
	}
	readMemory(t, mem, u, p, l)
	return true
}

// fill converts a value of native code into the variable at mem.
func (rt *runtime) fill(m *machine, v reflect.Value, t *layout.Type, mem unsafe.Pointer) bool {
	if t.Exact && t.Mem.Kind() != anyKind {
		t.At(mem).Set(v)
		return true
	}
	switch u := t.Go.Underlying().(type) {
	case *types.Interface:
		if v.Kind() == reflect.Interface && v.IsNil() {
			return true
		}
		*(*any)(mem) = rt.unwrap(v.Interface())
		return true
	case *types.Signature:
		if !v.IsNil() {
			*(**closure)(mem) = rt.closureOf(v, u)
		}
		return true
	case *types.Slice:
		if v.IsNil() {
			return true
		}
		et := t.Elem()
		h := (*sliceHeader)(mem)
		h.data, h.len, h.c = newArray(et, v.Len()), v.Len(), v.Len()
		for i := range v.Len() {
			if !rt.fill(m, v.Index(i), et, unsafe.Add(h.data, uintptr(i)*et.Mem.Size())) {
				return false
			}
		}
		return true
	case *types.Map:
		if v.IsNil() {
			return true
		}
		out := reflect.MakeMap(t.Container())
		kt, et := t.Key(), t.Elem()
		for it := v.MapRange(); it.Next(); {
			k, e := kt.New(), et.New()
			if !rt.fill(m, it.Key(), kt, k) || !rt.fill(m, it.Value(), et, e) {
				return false
			}
			out.SetMapIndex(kt.At(k), et.At(e))
		}
		*(*unsafe.Pointer)(mem) = out.UnsafePointer()
		return true
	case *types.Pointer:
		if v.Kind() == reflect.UnsafePointer || v.Kind() == reflect.Pointer && v.IsNil() {
			*(*unsafe.Pointer)(mem) = v.UnsafePointer()
			return true
		}
	}
	if isPlain(t.Mem) && v.Type().ConvertibleTo(t.Mem) {
		t.At(mem).Set(v.Convert(t.Mem))
		return true
	}
	m.refuse("a value of type %s from native code cannot be a %s", v.Type(), t)
	return false
}

// closureOf is a func of native code as cells hold it.
func (rt *runtime) closureOf(v reflect.Value, sig *types.Signature) *closure {
	fn := rt.nativeFunction(v.Type().String(), v, rt.shape(sig), sig.Variadic(), nil)
	return fn.value
}
