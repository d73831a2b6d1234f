package exact

import (
	"fmt"
	"go/types"
	"reflect"

	"adkernel/kernel/eval/exact/encode"
	"adkernel/kernel/eval/exact/layout"
)

// held is a value of a cell's type in the hands of native code, which can
// carry it, compare it and hand it back, but not look into it.
type held struct {
	v  any
	rt *runtime
}

// A carrier is a native value that stands for one of a cell.
type carrier interface{ cellValue() any }

func (h held) cellValue() any { return h.v }

// callMethod calls a cell's method of the given type from native code; nil when
// there is none.
func (rt *runtime) callMethod(v any, name string, want reflect.Type, args ...reflect.Value) []reflect.Value {
	t := rt.table.TypeOf(v)
	if t == nil {
		return nil
	}
	sig := rt.methodOf(t, name)
	if sig == nil {
		return nil
	}
	typ, err := rt.table.Of(sig)
	if err != nil || typ.Native != want {
		return nil
	}
	return rt.boundMethod(v, name, sig, want).Call(args)
}

// methodOf is the signature of an exported method of t, or nil.
func (rt *runtime) methodOf(t *layout.Type, name string) *types.Signature {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	sel := types.NewMethodSet(t.Go).Lookup(nil, name)
	if sel == nil {
		return nil
	}
	sig := sel.Obj().(*types.Func).Signature()
	return types.NewSignatureType(nil, nil, nil, sig.Params(), sig.Results(), sig.Variadic())
}

// text calls a method without parameters that returns a string. It panics with
// what the method panics with.
func (rt *runtime) text(v any, name string) string {
	m := rt.newMachine(rt.current.Load())
	t, ok := m.find(&site{name: name, sig: textSignature}, v)
	if !ok {
		m.leave()
	}
	u, p := make([]uint64, maxReceiver), make([]pointer, maxReceiver)
	l, ok := t.receiver(m, v, base(u), baseP(p), loc{})
	if !ok || !m.enterNested() {
		m.leave()
	}
	resU, resP := make([]uint64, 1), make([]pointer, 1)
	ok = m.call(t.fn, nil, u[:l.u/8], p[:l.p/8], resU, resP, nil)
	m.tok.nested.Add(-1)
	if !ok {
		m.leave()
	}
	m.free()
	return rstr(base(resU), baseP(resP), loc{})
}

var textSignature = types.NewSignatureType(nil, nil, nil, nil, types.NewTuple(types.NewParam(0, nil, "", types.Typ[types.String])), false)

// boundMethod is a method of v as a native func of type want.
func (rt *runtime) boundMethod(v any, name string, sig *types.Signature, want reflect.Type) reflect.Value {
	s := &site{name: name, sig: sig}
	sh := rt.shape(sig)
	rt.parallel.Store(true)
	tok := rt.current.Load()
	return reflect.MakeFunc(want, func(args []reflect.Value) []reflect.Value {
		m := rt.newMachine(rt.permitFor(tok))
		t, ok := m.find(s, v)
		if !ok {
			m.leave()
		}
		// The receiver's slots, which differ by type, come first.
		ru, rp := make([]uint64, maxReceiver), make([]pointer, maxReceiver)
		l, ok := t.receiver(m, v, base(ru), baseP(rp), loc{})
		if !ok {
			m.leave()
		}
		c := &closure{fn: t.fn}
		return rt.callBack(m, c, sh, ru[:l.u/8], rp[:l.p/8], args, want)
	})
}

// wrap makes the native value that stands for v where native code wants want.
func (rt *runtime) wrap(m *machine, t *layout.Type, v any, want reflect.Type) (reflect.Value, bool) {
	if want.Kind() != reflect.Interface {
		m.refuse("a value of type %s cannot be given to native code that wants %s", t, want)
		return reflect.Value{}, false
	}
	if t.Native != nil && want.NumMethod() == 0 { // a func, or a slice of errors
		return rt.native(m, t, t.Data(v), t.Native)
	}
	if want == reflect.TypeFor[error]() || want.NumMethod() == 0 {
		return reflect.ValueOf(rt.wrapAny(v)), true
	}
	if err, ok := rt.errorOf(t, v); ok && reflect.TypeOf(err).Implements(want) {
		return reflect.ValueOf(err), true
	}
	w := rt.wrapperFor(t, want)
	if w.why != "" {
		m.refuse("%s", w.why)
		return reflect.Value{}, false
	}
	return rt.wrapper(t, v, w.typ), true
}

// wrapAny makes the native value that stands for v in an any or an error.
func (rt *runtime) wrapAny(v any) any {
	t := rt.table.TypeOf(v)
	if t == nil || t.Exact {
		return v
	}
	if err, ok := rt.errorOf(t, v); ok {
		return err
	}
	return printable{held{v, rt}}
}

// printable prints as the cell's value does.
type printable struct{ held }

// MarshalJSON implements json.Marshaler.
func (p printable) MarshalJSON() ([]byte, error) { return encode.Marshal(p.rt.table, p.rt, p.v) }

// Format implements fmt.Formatter.
func (p printable) Format(s fmt.State, verb rune) { p.rt.format(s, verb, p.v) }
