package exact

import (
	"reflect"
	"unsafe"

	"adkernel/internal/avx"
	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/native"
)

// nativeFunction makes a function of native code callable. export, when it is
// not nil, converts the arguments of type any.
func (rt *runtime) nativeFunction(name string, f reflect.Value, s *shape, variadic bool, export exporter) *function {
	out := newFunction(name)
	out.origin = f
	out.takes, out.replaced = allocating[name], replacements[name]
	out.resU, out.resP = s.resU, s.resP
	if fast := fastCall(f); fast != nil {
		out.native = fast
		return out
	}
	out.native = func(m *machine, u, p unsafe.Pointer) bool {
		return m.callWith(out, f, variadic, s, export, nil, u, p, loc{s.resU * 8, s.resP * 8})
	}
	return out
}

// callWith calls native code with first, and with the arguments whose slots lie
// at l, and stores the results. True: m.raised is set.
func (m *machine) callWith(fn *function, f reflect.Value, variadic bool, s *shape, export exporter, first []reflect.Value, u, p unsafe.Pointer, l loc) bool {
	args := append(make([]reflect.Value, 0, len(first)+len(s.params)), first...)
	for _, t := range s.params {
		v, ok := m.rt.argument(m, t, u, p, l, f.Type().In(len(args)), export)
		if !ok {
			return true
		}
		args = append(args, v)
		l = l.plus(t.NU, t.NP)
	}
	if fn.takes != nil {
		if bytes := takes(fn.takes, args); bytes >= largeBytes && m.rt.tooLarge(bytes) {
			m.outOfMemory(bytes)
			return true
		}
	}
	if fn.replaced != nil {
		f = fn.replaced(m, f)
	}
	outs, ok := m.callNative(fn, f, args, variadic)
	if !ok {
		return true
	}
	l = loc{}
	for i, t := range s.results {
		if !m.rt.fromNative(m, outs[i], t, u, p, l) {
			return true
		}
		l = l.plus(t.NU, t.NP)
	}
	return false
}

// argument converts one argument.
func (rt *runtime) argument(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type, export exporter) (reflect.Value, bool) {
	if export != nil {
		if v, done, ok := export(m, t, u, p, l, want); done {
			return v, ok
		}
	}
	return rt.toNative(m, t, u, p, l, want)
}

// An exporter converts arguments in which native code will look for more than
// their memory shows. done is false where it has nothing to say.
type exporter func(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (v reflect.Value, done, ok bool)

// callNative calls native code. A panic there becomes one of the cell.
func (m *machine) callNative(fn *function, f reflect.Value, args []reflect.Value, variadic bool) (outs []reflect.Value, ok bool) {
	finished := false
	m.outside.Store(fn)
	defer func() {
		m.outside.Store(nil)
		if finished {
			m.tok.heed()       // what returned because of an interrupt may come before the news of it
			if m.tok.ended() { // it may have been left behind
				m.raise(m.tok.why())
				ok = false
			}
			return
		}
		r := recover()
		if r == nil { // runtime.Goexit, which goes on
			return
		}
		m.caught(r)
	}()
	avx.ClearUpper()
	if variadic {
		outs = f.CallSlice(args)
	} else {
		outs = f.Call(args)
	}
	finished = true
	return outs, true
}

// caught turns what native code panicked with into what the cell raises.
func (m *machine) caught(r any) {
	if l, ok := r.(leaving); ok { // a panic of the cell, through native code
		m.raised = l.p
		return
	}
	if t, ok := r.(told); ok { // on a goroutine of native code, which went on with it here
		m.raised = t.p
		return
	}
	if e, ok := r.(native.Exit); ok {
		m.raise(&panicking{kill: killExit, val: e})
		return
	}
	if deep, ok := r.(format.TooDeep); ok {
		m.raise(&panicking{kill: killOverflow, val: overflowError{int(deep), containsItself}})
		return
	}
	if p := m.rt.passing.Load(); p != nil && same(p.val, m.rt.unwrap(r)) && m.rt.passing.CompareAndSwap(p, nil) {
		m.raised = p
		return
	}
	m.raise(&panicking{val: m.rt.cellsWords(m.rt.unwrap(r))})
}

func same(a, b any) (eq bool) {
	defer func() { _ = recover() }() // not comparable: not the same
	return a == b
}

// leaving is what a cell's function panics with in native code when it is not
// for a panic of its own.
type leaving struct{ p *panicking }

func (l leaving) Error() string {
	if err, ok := l.p.val.(error); ok {
		return err.Error()
	}
	return "the cell has ended"
}

// leaving returns what to panic with so that native code sees what the cell
// panicked with.
func (m *machine) leaving() any {
	p := m.raised
	if p.kill == killNone {
		m.rt.passing.Store(p)
		return m.rt.wrapAny(p.val)
	}
	return leaving{p}
}

// nativeMethod is a method of a type of native code, called with the value in
// an interface as its receiver.
func (rt *runtime) nativeMethod(r reflect.Type, s *site) *target {
	key := methodKey{r, s.name}
	if t, ok := rt.nativeMethods.Load(key); ok {
		return t.(*target)
	}
	meth, ok := r.MethodByName(s.name)
	if !ok {
		return nil
	}
	shape := rt.shape(s.sig)
	fn := newFunction(r.String() + "." + s.name)
	fn.takes = allocating["("+r.String()+")."+s.name]
	fn.resU, fn.resP = shape.resU, shape.resP
	f := meth.Func
	if own, ok := rt.stdin.method(r, s.name); ok {
		f = own
	} else if own, ok := native.Method(r, s.name); ok {
		f = own
	}
	variadic := f.Type().IsVariadic()
	owner, full := methodName(r, s.name)
	fn.replaced = replacements[full]
	if x := intrinsicFor(full); x != nil && r.Kind() == reflect.Pointer {
		fn.native = shape.ofPointer(x(rt))
		return rt.keepMethod(key, fn)
	}
	export := rt.exporter(owner, s.name)
	fn.native = func(m *machine, u, p unsafe.Pointer) bool {
		l := loc{shape.resU * 8, shape.resP * 8}
		first := []reflect.Value{reflect.ValueOf(*rany(p, l.p))}
		return m.callWith(fn, f, variadic, shape, export, first, u, p, l.plus(0, 2))
	}
	return rt.keepMethod(key, fn)
}

// methodName is the full name of a method of a native type, as go/types writes
// it, and the path of the type's package.
func methodName(r reflect.Type, name string) (path, full string) {
	if r.Kind() == reflect.Pointer && r.Name() == "" {
		e := r.Elem()
		return e.PkgPath(), "(*" + e.PkgPath() + "." + e.Name() + ")." + name
	}
	return r.PkgPath(), "(" + r.PkgPath() + "." + r.Name() + ")." + name
}

// ofPointer calls an intrinsic of a pointer's method, of this shape, for a
// receiver that lies in an interface.
func (s *shape) ofPointer(method nativeFn) nativeFn {
	return func(m *machine, u, p unsafe.Pointer) bool {
		all := unsafe.Slice((*unsafe.Pointer)(p), s.resP+2+s.argP)
		own := make([]unsafe.Pointer, s.resP+1+s.argP)
		copy(own[s.resP:], all[s.resP+1:]) // the interface's data, and the arguments
		if method(m, u, baseP(own)) {
			return true
		}
		copy(all, own[:s.resP])
		return false
	}
}

func (rt *runtime) keepMethod(key methodKey, fn *function) *target {
	t := &target{fn, func(m *machine, v any, u, p unsafe.Pointer, l loc) (loc, bool) {
		*rany(p, l.p) = v
		return l.plus(0, 2), true
	}}
	rt.nativeMethods.Store(key, t)
	return t
}

type methodKey struct {
	r    reflect.Type
	name string
}

// PassesPrinters implements format.Passing.
func (leaving) PassesPrinters() {}
