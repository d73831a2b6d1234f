package exact

import (
	"reflect"
	"sync"
	"unsafe"
)

// address is what package reflect has as the address of a func: of one of
// cells, the number of the place where it begins, as runtime.FuncForPC knows it.
func (rt *runtime) address(f reflect.Value) uintptr {
	o := outgoingOf(f)
	if o == nil {
		return f.Pointer()
	}
	start := callSite{function: o.f.fn.name, file: "??", takes: o.shape.argU+o.shape.argP > 0}
	if c := o.f.fn.code.Load(); c != nil {
		start = rt.callSite(c, 0)
		start.line = 0
	}
	return rt.sites.pc(start)
}

// outgoingOf is the func of a cell that native code has as f, or nil.
func outgoingOf(f reflect.Value) *outgoingFunc {
	form := madeFuncs()
	if f.Kind() != reflect.Func || f.IsNil() || f.Pointer() != form.code || !f.CanInterface() {
		return nil
	}
	called := *(*unsafe.Pointer)(unsafe.Add(words(f.Interface()).data, form.called))
	if *(*uintptr)(called) != form.call {
		return nil
	}
	return *(**outgoingFunc)(unsafe.Add(called, pointerSize))
}

const pointerSize = unsafe.Sizeof(uintptr(0))

// madeFuncForm is what reflect.MakeFunc makes of the method call of an
// outgoingFunc: an object that refers, at some place, to the method's value,
// which is the address of its code and the receiver.
type madeFuncForm struct {
	code   uintptr // of all that reflect.MakeFunc makes
	called uintptr // offset of the reference
	call   uintptr // code of the method's value
}

// madeFuncs finds it with an outgoingFunc of its own.
var madeFuncs = sync.OnceValue(func() madeFuncForm {
	own := &outgoingFunc{}
	method := own.call
	made := reflect.MakeFunc(reflect.TypeFor[func()](), method)
	value := *(*unsafe.Pointer)(unsafe.Pointer(&method))
	form := madeFuncForm{code: made.Pointer(), call: *(*uintptr)(value)}
	for form.called = pointerSize; *(*unsafe.Pointer)(unsafe.Add(words(made.Interface()).data, form.called)) != value; form.called += pointerSize {
		if form.called > 8*pointerSize {
			panic("package reflect makes funcs in another way")
		}
	}
	return form
})
