package exact

import (
	"fmt"
	"reflect"

	"adkernel/kernel/eval/exact/encode"
	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/view"
	"adkernel/kernel/eval/native"
)

// show is a cell's value as native code may hold it to display it.
func (rt *runtime) show(v any) any {
	if t := rt.table.TypeOf(v); t != nil && !t.Exact {
		return rt.wrapAny(v)
	}
	if v != nil && (&view.Cells{Table: rt.table, Host: rt}).Value(v).HoldsCells() {
		return printable{held{v, rt}} // a slice of any, say
	}
	return v
}

// format prints a value of a cell's type.
func (rt *runtime) format(s fmt.State, verb rune, v any) { format.Format(s, verb, rt.table, rt, v) }

// As implements view.Host.
func (rt *runtime) As(v any, iface reflect.Type) (as any, ok bool) {
	t := rt.table.TypeOf(v)
	if t == nil || t.Exact {
		return v, reflect.TypeOf(v).Implements(iface)
	}
	if iface == reflect.TypeFor[error]() {
		return rt.errorOf(t, v)
	}
	if rt.lacks(t, iface) != "" {
		return nil, false
	}
	switch iface {
	case reflect.TypeFor[fmt.Stringer]():
		return stringer{held{v, rt}}, true
	case reflect.TypeFor[fmt.GoStringer]():
		return goStringer{held{v, rt}}, true
	case reflect.TypeFor[encode.IsZeroer]():
		return zeroer{held{v, rt}}, true
	}
	w, ok := native.Wrapper(iface)
	if !ok {
		return nil, false
	}
	return rt.wrapper(t, v, w).Interface(), true
}

// Unwrap implements view.Unwrapper.
func (rt *runtime) Unwrap(v any) any { return rt.unwrap(v) }

type stringer struct{ held }

func (s stringer) String() string { return s.rt.text(s.v, "String") }

type zeroer struct{ held }

func (z zeroer) IsZero() bool {
	out := z.rt.callMethod(z.v, "IsZero", reflect.TypeFor[func() bool]())
	return out != nil && out[0].Bool()
}

type goStringer struct{ held }

func (s goStringer) GoString() string { return s.rt.text(s.v, "GoString") }
