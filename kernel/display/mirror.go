package display

import "reflect"

// A Mirrored is a value that reflection cannot look into, such as one of a
// type that a cell declared, in the hands of native code.
type Mirrored interface {
	// Mirror returns a native value with the same parts under the same names.
	Mirror() any
}

// lookInto replaces a Mirrored by what it mirrors.
func lookInto(v reflect.Value) reflect.Value {
	for range maxDepth {
		if !v.IsValid() || !v.CanInterface() || v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && v.IsNil() {
			return v
		}
		m, ok := v.Interface().(Mirrored)
		if !ok {
			return v
		}
		v = reflect.ValueOf(m.Mirror())
	}
	return v
}
