package encode

import (
	"fmt"
	"go/types"
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

// isZero asks the method IsZero, of the value or of its address.
func (e *encoder) isZero(v view.Value) bool {
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
		if hasIsZero(t) {
			e.fail(fmt.Errorf("json: option omitzero: method IsZero of type %s cannot be called here", t))
		}
	}
	return v.Reflect().IsZero()
}

// hasIsZero tells types whose method the host should have found: what is
// omitted without asking it would be wrong in silence.
func hasIsZero(t view.Type) bool {
	if t.Cell() == nil {
		return false
	}
	o, _, _ := types.LookupFieldOrMethod(t.Cell().Go, true, nil, "IsZero")
	f, ok := o.(*types.Func)
	if !ok {
		return false
	}
	sig := f.Signature()
	return sig.Params().Len() == 0 && sig.Results().Len() == 1 && sig.Results().At(0).Type() == types.Typ[types.Bool]
}
