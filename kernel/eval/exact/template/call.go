package template

import (
	"fmt"
	"go/types"
	"reflect"
	"text/template/parse"

	"adkernel/kernel/eval/exact/format"
	"adkernel/kernel/eval/exact/view"
)

// A function is one that templates call: of cells, of native code, or built in.
type function struct {
	in       []view.Type // a variadic one has its element's type last
	variadic bool
	out      []view.Type
	call     func(args []view.Value) ([]view.Value, error)
}

// reflectValue is the type of parameters that take any value as it is.
var reflectValue = reflect.TypeFor[reflect.Value]()

func (e *executor) method(v view.Value, name string) (function, bool) {
	if !v.CanInterface() {
		return function{}, false
	}
	if v.Cell() == nil {
		m := v.Native().MethodByName(name)
		if !m.IsValid() {
			return function{}, false
		}
		return e.nativeFunction(m), true
	}
	f, ok := e.host.Method(v.Interface(), name)
	if !ok {
		return function{}, false
	}
	return e.cellFunction(f), true
}

func (e *executor) nativeFunction(f reflect.Value) function {
	t := f.Type()
	out := function{variadic: t.IsVariadic()}
	for in := range t.Ins() {
		out.in = append(out.in, e.cells.NativeType(in))
	}
	if last := len(out.in) - 1; out.variadic {
		out.in[last] = out.in[last].Elem()
	}
	for r := range t.Outs() {
		out.out = append(out.out, e.cells.NativeType(r))
	}
	out.call = func(args []view.Value) ([]view.Value, error) {
		in := make([]reflect.Value, len(args))
		for i, a := range args {
			p := out.in[min(i, len(out.in)-1)].Native()
			var err error
			if in[i], err = e.nativeArg(a, p); err != nil {
				return nil, err
			}
		}
		results := make([]view.Value, 0, 2)
		for _, r := range f.Call(in) {
			if r.Type() == reflectValue {
				r = r.Interface().(reflect.Value)
				if !r.IsValid() {
					results = append(results, view.Value{})
					continue
				}
			}
			results = append(results, e.cells.Reflect(r))
		}
		return results, nil
	}
	return out
}

// nativeArg is a value for a parameter of native code.
func (e *executor) nativeArg(v view.Value, p reflect.Type) (reflect.Value, error) {
	switch {
	case p == reflectValue && !v.IsValid():
		return reflect.ValueOf(reflect.Value{}), nil
	case p == reflectValue && v.Cell() == nil && !v.HoldsCells():
		return reflect.ValueOf(v.Native()), nil
	case !v.IsValid() || v.Kind() == reflect.Interface && v.IsNil():
		return reflect.Zero(p), nil
	case p.Kind() == reflect.Interface && held(v).Cell() != nil:
		h := held(v)
		if p.NumMethod() == 0 {
			return reflect.ValueOf(e.host.Wrap(h.Interface())), nil
		}
		n, ok := e.host.As(h.Interface(), p)
		if ok {
			return reflect.ValueOf(n), nil
		}
	case v.Cell() == nil && v.HoldsCells():
		return reflect.Value{}, fmt.Errorf("a value of type %s that holds values of cells' types cannot be given to native code", v.Type())
	case v.Cell() == nil:
		return v.Native(), nil
	}
	return reflect.Value{}, fmt.Errorf("a value of type %s cannot be given to native code that wants %s", v.Type(), p)
}

func (e *executor) cellFunction(f Func) function {
	sig := f.Signature
	out := function{variadic: sig.Variadic()}
	typ := func(t types.Type) view.Type {
		l, err := e.cells.Table.Of(t)
		if err != nil { // the compiler has laid it out before
			panic(err)
		}
		return e.cells.Type(l)
	}
	for v := range sig.Params().Variables() {
		out.in = append(out.in, typ(v.Type()))
	}
	if last := len(out.in) - 1; out.variadic {
		out.in[last] = out.in[last].Elem()
	}
	for v := range sig.Results().Variables() {
		out.out = append(out.out, typ(v.Type()))
	}
	out.call = func(args []view.Value) ([]view.Value, error) {
		in := make([]any, len(args))
		for i, a := range args {
			if a = a.In(out.in[min(i, len(out.in)-1)]); a.Kind() != reflect.Interface || !a.IsNil() {
				in[i] = held(a).Interface()
			}
		}
		results := make([]view.Value, len(out.out))
		for i, r := range f.Call(in) {
			if t := out.out[i]; t.Kind() == reflect.Interface {
				results[i] = t.New()
				results[i].SetInterface(r)
			} else {
				results[i] = e.cells.Value(r)
			}
		}
		return results, nil
	}
	return out
}

// good says whether a function has results that templates can use.
func (f *function) good(name string) error {
	switch n := len(f.out); {
	case n == 1:
		return nil
	case n == 2 && f.out[1].String() == "error":
		return nil
	case n == 2:
		return fmt.Errorf("invalid function signature for %s: second return value should be error; is %s", name, f.out[1])
	default:
		return fmt.Errorf("function %s has %d return values; should be 1 or 2", name, n)
	}
}

func (s *state) function(dot view.Value, n *parse.IdentifierNode, cmd parse.Node, args []parse.Node, final *view.Value) view.Value {
	s.node = n
	if f, ok := s.funcs[n.Ident]; ok {
		native := s.nativeFunction(f)
		if call := native.call; isEscaper(n.Ident) {
			native.call = func(args []view.Value) ([]view.Value, error) { return call(s.forEscaper(n.Ident, args)) }
		}
		return s.call(dot, native, cmd, n.Ident, args, final)
	}
	if n.Ident == "and" || n.Ident == "or" {
		return s.shortCircuit(dot, n.Ident, args, final)
	}
	f, ok := s.builtin(n.Ident)
	if !ok {
		s.fail("%q is not a defined function", n.Ident)
	}
	if n.Ident == "call" {
		f = s.calling(args, final)
	}
	return s.call(dot, f, cmd, n.Ident, args, final)
}

func (s *state) shortCircuit(dot view.Value, name string, args []parse.Node, final *view.Value) view.Value {
	var v view.Value
	anything := s.cells.NativeType(reflectValue)
	if n := len(args) - 1; n == 0 && final == nil {
		s.fail("wrong number of args for %s: want at least %d got %d", name, 1, n)
	}
	for _, a := range args[1:] {
		v = s.arg(dot, anything, a)
		if isTrue(held(v)) == (name == "or") {
			return v
		}
	}
	if final != nil {
		v = *final
	}
	return v
}

// call evaluates the arguments and calls a function.
func (s *state) call(dot view.Value, f function, node parse.Node, name string, args []parse.Node, final *view.Value) view.Value {
	if args != nil {
		args = args[1:]
	}
	n := len(args)
	if final != nil {
		n++
	}
	fixed := len(f.in)
	if f.variadic {
		fixed--
	}
	switch {
	case f.variadic && n < fixed:
		s.fail("wrong number of args for %s: want at least %d got %d", name, fixed, len(args))
	case !f.variadic && n != fixed:
		s.fail("wrong number of args for %s: want %d got %d", name, fixed, n)
	}
	if err := f.good(name); err != nil {
		s.fail("%v", err)
	}
	values := make([]view.Value, 0, n)
	for i, a := range args {
		values = append(values, s.arg(dot, f.in[min(i, len(f.in)-1)], a))
	}
	if final != nil {
		values = append(values, s.validate(*final, f.in[min(n-1, len(f.in)-1)]))
	}
	v, err := s.safely(f, values)
	if err != nil {
		s.node = node
		s.fail("error calling %s: %w", name, err)
	}
	return v
}

// safely calls a function; its panics are errors, but for those that go on.
func (s *state) safely(f function, args []view.Value) (v view.Value, err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, ok := r.(format.Passing); ok {
			panic(r)
		}
		if e, ok := view.As[error](s.cells.Value(r)); ok {
			err = e
		} else {
			err = fmt.Errorf("%s", format.Sprintf(s.cells.Table, s.host, "%v", []any{r}))
		}
	}()
	out, err := f.call(args)
	if err != nil {
		return view.Value{}, err
	}
	if len(out) == 2 && !out[1].IsNil() {
		err, _ = view.As[error](out[1].Elem())
	}
	return out[0], err
}
