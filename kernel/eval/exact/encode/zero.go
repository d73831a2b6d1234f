package encode

import (
	"reflect"

	"adkernel/kernel/eval/exact/view"
)

func isEmpty(v view.Value) bool {
	switch k := v.Kind(); {
	case k == reflect.Array || k == reflect.Map || k == reflect.Slice || k == reflect.String:
		return v.Len() == 0
	case k >= reflect.Bool && k <= reflect.Float64 || k == reflect.Interface || k == reflect.Pointer:
		return v.Reflect().IsZero()
	}
	return false
}

func isZero(v view.Value) bool {
	t := v.Type()
	switch k := v.Kind(); {
	case k == reflect.Interface && view.Implements[IsZeroer](t):
		h := v.Elem()
		if !h.IsValid() || h.Kind() == reflect.Pointer && h.IsNil() {
			return true
		}
		z, ok := view.As[IsZeroer](h)
		return ok && z.IsZero()
	case k == reflect.Pointer && v.IsNil():
		return true
	case k != reflect.Interface:
		if z, ok := view.As[IsZeroer](v); ok {
			return z.IsZero()
		}
		if k != reflect.Pointer {
			p := t.New()
			p.Reflect().Set(v.Reflect())
			if v.CanAddr() {
				p = v
			}
			if z, ok := view.As[IsZeroer](p.Addr()); ok {
				return z.IsZero()
			}
		}
	}
	return v.Reflect().IsZero()
}
