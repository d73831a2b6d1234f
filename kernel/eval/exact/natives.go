package exact

import (
	"errors"
	"go/types"
	"reflect"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/native"
)

// native makes a function of the standard library or of the vocabulary
// callable.
func (c *compiler) native(f *ssa.Function, object *types.Func) (*function, error) {
	name := object.FullName()
	path := ""
	if object.Pkg() != nil {
		path = object.Pkg().Path()
	}
	if why, ok := observers[name]; ok {
		return nil, errors.New(name + ": " + why)
	}
	if path == cellPath {
		return nil, errors.New("function " + name + " has no body")
	}
	sig := object.Signature()
	params := sig
	if recv := sig.Recv(); recv != nil {
		vars := []*types.Var{recv}
		for v := range sig.Params().Variables() {
			vars = append(vars, v)
		}
		params = types.NewSignatureType(nil, nil, nil, types.NewTuple(vars...), sig.Results(), sig.Variadic())
	}
	if x := intrinsicFor(name); x != nil {
		fn := newFunction(name)
		s, err := c.shape(params)
		if err != nil {
			return nil, err
		}
		fn.native, fn.resU, fn.resP = x(c.rt), s.resU, s.resP
		return fn, nil
	}
	if why, ok := native.Refused(path, object.Name()); ok {
		return nil, errors.New(name + ": " + why)
	}
	if len(f.TypeArgs()) > 0 {
		return nil, errors.New("generic function " + name + " is not available in cells")
	}
	value, err := c.nativeValue(object, path)
	if err != nil {
		return nil, err
	}
	c.rt.table.Bind(params, value.Type())
	s, err := c.shape(params)
	if err != nil {
		return nil, err
	}
	fn := c.rt.nativeFunction(name, value, s, sig.Variadic(), c.rt.exporter(path, object.Name()))
	return fn, nil
}

// observers are functions that would tell of the evaluator instead of the
// program.
var observers = map[string]string{
	"syscall.Mmap":                    "an access to such memory that fails would look like a fault of the evaluator",
	"syscall.Mprotect":                "an access to such memory that fails would look like a fault of the evaluator",
	"testing.AllocsPerRun":            "it would count the evaluator's allocations too",
	"testing.Benchmark":               "it would measure the evaluator",
	"(*testing.B).ReportAllocs":       "it would count the evaluator's allocations too",
	"runtime.SetBlockProfileRate":     "profiles show the evaluator, not the cell",
	"runtime.SetMutexProfileFraction": "profiles show the evaluator, not the cell",
	"runtime.MemProfile":              "profiles show the evaluator, not the cell",
	"runtime/pprof.StartCPUProfile":   "profiles show the evaluator, not the cell",
}

// nativeValue finds the native function, or the method as a function of its
// receiver.
func (c *compiler) nativeValue(object *types.Func, path string) (reflect.Value, error) {
	missing := errors.New(object.FullName() + " is not available in cells")
	recv := object.Signature().Recv()
	if recv == nil {
		if v, ok := c.rt.symbols(path, object.Name()); ok && v.Kind() == reflect.Func {
			return v, nil
		}
		return reflect.Value{}, missing
	}
	t, err := c.rt.table.Of(recv.Type())
	if err != nil {
		return reflect.Value{}, err
	}
	if t.Native == nil {
		return reflect.Value{}, missing
	}
	if v, ok := native.Method(t.Native, object.Name()); ok {
		return v, nil
	}
	if v, ok := c.rt.stdin.method(t.Native, object.Name()); ok {
		return v, nil
	}
	m, ok := t.Native.MethodByName(object.Name())
	if !ok || t.Native.Kind() == reflect.Interface {
		return reflect.Value{}, missing
	}
	return m.Func, nil
}

func (c *compiler) shape(sig *types.Signature) (s *shape, err error) {
	defer func() {
		if r := recover(); r != nil {
			if u, ok := r.(*layout.Unsupported); ok {
				s, err = nil, u
				return
			}
			panic(r)
		}
	}()
	return c.rt.shape(sig), nil
}
