package exact

import (
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// Packages that only carry values, compare them and hand them back get them as
// cells hold them: what lies in an interface is a Go value of a type of its
// own, whatever native code can name.

// carried gives packages sync and sync/atomic what a cell's any holds.
func (rt *runtime) carried(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	if want.Kind() != reflect.Interface || want.NumMethod() > 0 {
		return reflect.Value{}, false, false
	}
	v := *rany(p, l.p)
	return reflect.ValueOf(&v).Elem(), true, true
}

// contextual gives package context keys and values: it compares keys, and names
// both when a context is printed.
func (rt *runtime) contextual(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
	if want.Kind() != reflect.Interface || want.NumMethod() > 0 {
		return reflect.Value{}, false, false
	}
	v := *rany(p, l.p)
	if d := rt.table.TypeOf(v); d != nil && !d.Exact {
		n := named{held{v, rt}}
		if v = n; !d.Comparable {
			v = opaqueNamed{named: n}
		}
	}
	return reflect.ValueOf(&v).Elem(), true, true
}

// named is a value in a context, which is printed by its method String, or as
// the name of its type.
type named struct{ held }

// opaqueNamed is named of a type without ==.
type opaqueNamed struct {
	named
	_ [0]func()
}

// String implements fmt.Stringer.
func (n named) String() string {
	if out := n.rt.callMethod(n.v, "String", reflect.TypeFor[func() string]()); out != nil {
		return out[0].String()
	}
	return n.rt.typeName(n.v)
}
