package template

import (
	"errors"
	"fmt"
	"go/types"
	"reflect"
	texttemplate "text/template"
	"text/template/parse"

	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/view"
)

// builtin returns a predefined function, but for and and or, which do not
// evaluate all arguments.
func (e *executor) builtin(name string) (function, bool) {
	value, anything, text := e.cells.NativeType(reflectValue), e.cells.NativeType(reflect.TypeFor[any]()), e.cells.NativeType(reflect.TypeFor[string]())
	f := function{out: []view.Type{value}}
	one := func(g func([]view.Value) (view.Value, error)) {
		f.call = func(args []view.Value) ([]view.Value, error) {
			v, err := g(args)
			return []view.Value{v}, err
		}
	}
	result := func(g func(args []view.Value) (any, error)) {
		one(func(args []view.Value) (view.Value, error) {
			x, err := g(args)
			return e.cells.Value(x), err
		})
	}
	printing := func(g func(args []any) string) {
		f.in, f.variadic = []view.Type{anything}, true
		result(func(args []view.Value) (any, error) { return g(operands(args)), nil })
	}
	tb, h := e.cells.Table, e.host
	switch name {
	case "call":
	case "index":
		f.in, f.variadic = []view.Type{value, value}, true
		one(func(a []view.Value) (view.Value, error) { return e.index(a[0], a[1:]) })
	case "slice":
		f.in, f.variadic = []view.Type{value, value}, true
		one(func(a []view.Value) (view.Value, error) { return slice(a[0], a[1:]) })
	case "len":
		f.in = []view.Type{value}
		result(func(a []view.Value) (any, error) { return length(a[0]) })
	case "not":
		f.in = []view.Type{value}
		result(func(a []view.Value) (any, error) { return !isTrue(held(a[0])), nil })
	case "print":
		printing(func(a []any) string { return format.Sprint(tb, h, a) })
	case "println":
		printing(func(a []any) string { return format.Sprintln(tb, h, a) })
	case "printf":
		printing(nil)
		f.in = []view.Type{text, anything}
		result(func(a []view.Value) (any, error) {
			return format.Sprintf(tb, h, a[0].Basic().String(), operands(a[1:])), nil
		})
	case "html":
		printing(func(a []any) string { return texttemplate.HTMLEscapeString(e.joined(a)) })
	case "js":
		printing(func(a []any) string { return texttemplate.JSEscapeString(e.joined(a)) })
	case "urlquery":
		printing(func(a []any) string { return texttemplate.URLQueryEscaper(e.joined(a)) })
	case "eq":
		f.in, f.variadic = []view.Type{value, value}, true
		result(func(a []view.Value) (any, error) { return e.equal(a[0], a[1:]) })
	case "ne", "lt", "le", "gt", "ge":
		f.in = []view.Type{value, value}
		result(func(a []view.Value) (any, error) { return e.ordered(name, a[0], a[1]) })
	default:
		return f, false
	}
	return f, true
}

func operands(args []view.Value) []any {
	out := make([]any, len(args))
	for i, a := range args {
		if a.IsValid() {
			out[i] = a.Interface()
		}
	}
	return out
}

// joined is what the escaping functions escape.
func (e *executor) joined(args []any) string {
	if len(args) == 1 {
		if s, ok := args[0].(string); ok {
			return s
		}
	}
	for i, a := range args {
		if p, ok := printable(e.cells.Value(a)); ok {
			args[i] = p
		}
	}
	return format.Sprint(e.cells.Table, e.host, args)
}

// calling is the function call, for the func that the arguments begin with.
func (s *state) calling(args []parse.Node, final *view.Value) function {
	value := s.cells.NativeType(reflectValue)
	name := ""
	switch {
	case len(args) > 1:
		name = args[1].String()
	case final != nil:
		name = s.text(*final)
	}
	return function{in: []view.Type{value, value}, variadic: true, out: []view.Type{value}, call: func(a []view.Value) ([]view.Value, error) {
		v, err := s.callValue(name, held(a[0]), a[1:])
		return []view.Value{v}, err
	}}
}

var errNilFunc = errors.New("reflect.Value.Call: call of nil function")

func (s *state) callValue(name string, fn view.Value, args []view.Value) (view.Value, error) {
	if !fn.IsValid() {
		return fn, errors.New("call of nil")
	}
	if fn.Kind() != reflect.Func {
		return fn, fmt.Errorf("non-function %s of type %s", name, fn.Type())
	}
	var f function
	switch {
	case fn.Cell() == nil:
		f = s.nativeFunction(fn.Native())
	case fn.IsNil():
		f = s.cellFunction(Func{
			Signature: fn.Cell().Go.Underlying().(*types.Signature),
			Call:      func([]any) []any { panic(errNilFunc) },
		})
	default:
		f = s.cellFunction(s.host.Func(fn.Interface()))
	}
	if err := f.good(name); err != nil {
		return fn, err
	}
	fixed := len(f.in)
	if f.variadic {
		if fixed--; len(args) < fixed {
			return fn, fmt.Errorf("wrong number of args for %s: got %d want at least %d", name, len(args), fixed)
		}
	} else if len(args) != fixed {
		return fn, fmt.Errorf("wrong number of args for %s: got %d want %d", name, len(args), fixed)
	}
	for i := range args {
		var err error
		if args[i], err = prepared(held(args[i]), f.in[min(i, len(f.in)-1)]); err != nil {
			return fn, fmt.Errorf("arg %d: %w", i, err)
		}
	}
	return s.safely(f, args)
}

// prepared converts between integers, where call and index do.
func prepared(v view.Value, t view.Type) (view.Value, error) {
	if !v.IsValid() {
		if !canBeNil(t) {
			return v, fmt.Errorf("value is nil; should be of type %s", t)
		}
		return t.New(), nil
	}
	if v.Type().AssignableTo(t) {
		return v, nil
	}
	if isInt(v.Kind()) && isInt(t.Kind()) {
		out := t.New()
		out.Basic().Set(v.Basic().Convert(out.Basic().Type()))
		return out, nil
	}
	return v, fmt.Errorf("value has type %s; should be %s", v.Type(), t)
}

func isInt(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Uintptr }

func at(v view.Value, limit int) (int, error) {
	if !v.IsValid() {
		return 0, errors.New("cannot index slice/array with nil")
	}
	var x int64
	switch b := v.Basic(); {
	case b.CanInt():
		x = b.Int()
	case b.CanUint():
		x = int64(b.Uint())
	default:
		return 0, fmt.Errorf("cannot index slice/array with type %s", v.Type())
	}
	if x < 0 || int(x) > limit {
		return 0, fmt.Errorf("index out of range: %d", x)
	}
	return int(x), nil
}

func (e *executor) index(v view.Value, indexes []view.Value) (view.Value, error) {
	if v = held(v); !v.IsValid() {
		return v, errors.New("index of untyped nil")
	}
	for _, i := range indexes {
		i = held(i)
		var isNil bool
		if v, isNil = indirect(v); isNil {
			return v, errors.New("index of nil pointer")
		}
		switch v.Kind() {
		case reflect.Array, reflect.Slice, reflect.String:
			n, err := at(i, v.Len())
			if err != nil {
				return v, err
			}
			v = e.element(v, n)
		case reflect.Map:
			key, err := prepared(i, v.Type().Key())
			if err != nil {
				return v, err
			}
			e := v.MapIndex(key.In(v.Type().Key()))
			if !e.IsValid() {
				e = v.Type().Elem().New()
			}
			v = e
		default:
			return v, fmt.Errorf("can't index item of type %s", v.Type())
		}
	}
	return v, nil
}

// element panics for n == v.Len(), as reflect does.
func (e *executor) element(v view.Value, n int) view.Value {
	switch {
	case v.Kind() == reflect.String:
		return e.cells.Value(byte(v.Basic().Index(n).Uint()))
	case n == v.Len():
		panic("reflect: " + v.Kind().String() + " index out of range")
	}
	return v.Index(n)
}

func slice(v view.Value, indexes []view.Value) (view.Value, error) {
	if v = held(v); !v.IsValid() {
		return v, errors.New("slice of untyped nil")
	}
	v, isNil := indirect(v)
	if isNil {
		return v, errors.New("slice of nil pointer")
	}
	if len(indexes) > 3 {
		return v, fmt.Errorf("too many slice indexes: %d", len(indexes))
	}
	limit := v.Len
	switch v.Kind() {
	case reflect.String:
		if len(indexes) == 3 {
			return v, errors.New("cannot 3-index slice a string")
		}
	case reflect.Slice, reflect.Array:
		limit = v.Cap
	default:
		return v, fmt.Errorf("can't slice item of type %s", v.Type())
	}
	bounds := [3]int{0, v.Len(), limit()}
	for i, x := range indexes {
		n, err := at(x, limit())
		if err != nil {
			return v, err
		}
		bounds[i] = n
	}
	if bounds[0] > bounds[1] {
		return v, fmt.Errorf("invalid slice index: %d > %d", bounds[0], bounds[1])
	}
	if bounds[1] > bounds[2] {
		return v, fmt.Errorf("invalid slice index: %d > %d", bounds[1], bounds[2])
	}
	return v.Slice(bounds[0], bounds[1], bounds[2]), nil
}

func length(v view.Value) (int, error) {
	v, isNil := indirect(v)
	if isNil {
		return 0, errors.New("len of nil pointer")
	}
	if !v.IsValid() {
		return 0, &reflect.ValueError{Method: "reflect.Value.Type"}
	}
	switch v.Kind() {
	case reflect.Array, reflect.Chan, reflect.Map, reflect.Slice, reflect.String:
		return v.Len(), nil
	}
	return 0, fmt.Errorf("len of type %s", v.Type())
}
