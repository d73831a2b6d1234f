package layout

import (
	"reflect"
	"unsafe"
)

// words are the two words of an interface.
type words struct{ typ, data unsafe.Pointer }

// Any returns an interface value that holds the value at mem, whose memory
// must not change afterwards.
func (t *Type) Any(mem unsafe.Pointer) any {
	if t.Mem.Kind() == reflect.Interface {
		return *(*any)(mem)
	}
	w := words{t.Word, mem}
	if t.Direct {
		w.data = *(*unsafe.Pointer)(mem)
	}
	return *(*any)(unsafe.Pointer(&w))
}

// Data returns memory that holds the value of v, whose dynamic type must be
// t. Nobody may write to it.
func (t *Type) Data(v any) unsafe.Pointer {
	w := *(*words)(unsafe.Pointer(&v))
	if t.Direct {
		p := new(unsafe.Pointer)
		*p = w.data
		return unsafe.Pointer(p)
	}
	return w.data
}

// TypeOf returns the dynamic type of v, or nil for a native type that no
// program mentioned, and for nil.
func (tb *Table) TypeOf(v any) *Type {
	return tb.ByWord((*(*words)(unsafe.Pointer(&v))).typ)
}
