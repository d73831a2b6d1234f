package template

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"

	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/view"
)

var (
	errBadComparison = errors.New("invalid type for comparison")
	errNoComparison  = errors.New("missing argument for comparison")
)

// basic is the kind of a value as comparisons see it: reflect.Int64 for all
// signed integers and so on; Invalid for what is not basic.
func basic(v view.Value) reflect.Kind {
	if !v.IsValid() {
		return reflect.Invalid
	}
	switch k := v.Kind(); {
	case k == reflect.Bool || k == reflect.String:
		return k
	case k >= reflect.Int && k <= reflect.Int64:
		return reflect.Int64
	case k >= reflect.Uint && k <= reflect.Uintptr:
		return reflect.Uint64
	case k == reflect.Float32 || k == reflect.Float64:
		return reflect.Float64
	case k == reflect.Complex64 || k == reflect.Complex128:
		return reflect.Complex128
	}
	return reflect.Invalid
}

func (e *executor) equal(a view.Value, others []view.Value) (bool, error) {
	a = held(a)
	if len(others) == 0 {
		return false, errNoComparison
	}
	for _, b := range others {
		equal, err := e.same(a, held(b))
		if equal || err != nil {
			return equal, err
		}
	}
	return false, nil
}

func (e *executor) same(a, b view.Value) (bool, error) {
	ka, kb := basic(a), basic(b)
	if ka != kb {
		switch {
		case ka == reflect.Int64 && kb == reflect.Uint64:
			return a.Basic().Int() >= 0 && uint64(a.Basic().Int()) == b.Basic().Uint(), nil
		case ka == reflect.Uint64 && kb == reflect.Int64:
			return b.Basic().Int() >= 0 && uint64(b.Basic().Int()) == a.Basic().Uint(), nil
		case a.IsValid() && b.IsValid():
			return false, fmt.Errorf("incompatible types for comparison: %v and %v", a.Type(), b.Type())
		}
		return false, nil
	}
	switch ka {
	case reflect.Invalid:
		return e.sameComposite(a, b)
	case reflect.Bool:
		return a.Basic().Bool() == b.Basic().Bool(), nil
	case reflect.Int64:
		return a.Basic().Int() == b.Basic().Int(), nil
	case reflect.Uint64:
		return a.Basic().Uint() == b.Basic().Uint(), nil
	case reflect.Float64:
		return a.Basic().Float() == b.Basic().Float(), nil
	case reflect.Complex128:
		return a.Basic().Complex() == b.Basic().Complex(), nil
	default:
		return a.Basic().String() == b.Basic().String(), nil
	}
}

func (e *executor) sameComposite(a, b view.Value) (bool, error) {
	switch {
	case a.IsValid() && b.IsValid() && a.Kind() != b.Kind():
		return false, fmt.Errorf("non-comparable types %s: %v, %s: %v", e.string(a), a.Type(), b.Type(), e.text(b))
	case isNil(a) || isNil(b):
		return isNil(a) == isNil(b), nil
	case !b.Type().Comparable():
		return false, fmt.Errorf("non-comparable type %s: %v", e.string(b), b.Type())
	}
	return a.Interface() == b.Interface(), nil
}

// string is v as %s prints it, with which text/template prints any value.
func (e *executor) string(v view.Value) string {
	return format.Sprintf(e.cells.Table, e.host, "%s", []any{v.Interface()})
}

func isNil(v view.Value) bool {
	if !v.IsValid() {
		return true
	}
	switch v.Kind() {
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice:
		return v.IsNil()
	}
	return false
}

// ordered is ne, lt, le, gt or ge.
func (e *executor) ordered(op string, a, b view.Value) (bool, error) {
	if op == "ne" {
		equal, err := e.equal(a, []view.Value{b})
		return !equal, err
	}
	less, err := e.less(held(a), held(b))
	if err != nil {
		return false, err
	}
	if (op == "le" || op == "gt") && !less {
		less, err = e.equal(a, []view.Value{b})
		if err != nil {
			return false, err
		}
	}
	return less == (op == "lt" || op == "le"), nil
}

func (e *executor) less(a, b view.Value) (bool, error) {
	ka, kb := basic(a), basic(b)
	if ka == reflect.Invalid || kb == reflect.Invalid {
		return false, errBadComparison
	}
	x, y := a.Basic(), b.Basic()
	switch {
	case ka == reflect.Int64 && kb == reflect.Uint64:
		return x.Int() < 0 || uint64(x.Int()) < y.Uint(), nil
	case ka == reflect.Uint64 && kb == reflect.Int64:
		return y.Int() >= 0 && x.Uint() < uint64(y.Int()), nil
	case ka != kb:
		return false, fmt.Errorf("incompatible types for comparison: %v and %v", a.Type(), b.Type())
	case ka == reflect.Int64:
		return x.Int() < y.Int(), nil
	case ka == reflect.Uint64:
		return x.Uint() < y.Uint(), nil
	case ka == reflect.Float64:
		return x.Float() < y.Float(), nil
	case ka == reflect.String:
		return cmp.Less(x.String(), y.String()), nil
	}
	return false, errBadComparison
}
