package encode

import (
	"encoding"
	"encoding/json"
	"reflect"

	"adkernel/kernel/eval/exact/view"
)

// indirect follows pointers, which it makes, up to what can be assigned to, or
// to a value that decodes itself. For null, the last pointer is what is
// assigned to.
func indirect(v view.Value, null bool) (json.Unmarshaler, encoding.TextUnmarshaler, view.Value) {
	original, haveAddr := v, false
	if v.Kind() != reflect.Pointer && v.Type().Name() != "" && v.CanAddr() {
		v, haveAddr = v.Addr(), true
	}
	for {
		if v.Kind() == reflect.Interface && !v.IsNil() {
			e := v.Elem()
			if e.Kind() == reflect.Pointer && !e.IsNil() && (!null || e.Elem().Kind() == reflect.Pointer) {
				v, haveAddr = e, false
				continue
			}
		}
		if v.Kind() != reflect.Pointer || null && v.CanSet() {
			return nil, nil, v
		}
		if pointsToItself(v) {
			return nil, nil, v.Elem()
		}
		if v.IsNil() {
			v.SetNew()
		}
		if v.CanInterface() {
			if u, ok := view.As[json.Unmarshaler](v); ok {
				return u, nil, view.Value{}
			}
			if !null {
				if u, ok := view.As[encoding.TextUnmarshaler](v); ok {
					return nil, u, view.Value{}
				}
			}
		}
		if haveAddr {
			v, haveAddr = original, false
		} else {
			v = v.Elem()
		}
	}
}

// pointsToItself tells p of var v any; v = &v; p = &v.
func pointsToItself(v view.Value) bool {
	if v.IsNil() || v.Elem().Kind() != reflect.Interface {
		return false
	}
	e := v.Elem().Elem()
	return e.IsValid() && e.Type() == v.Type() && e.Pointer() == v.Pointer()
}
