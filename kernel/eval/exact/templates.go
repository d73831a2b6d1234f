package exact

import (
	"go/types"
	htmltemplate "html/template"
	"io"
	"reflect"
	texttemplate "text/template"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/template"
)

// templates are the functions of text/template and html/template that look
// into values.
var templates = map[string]intrinsic{
	"(*text/template.Template).Execute": execute(func(h templateHost, t unsafe.Pointer, w io.Writer, _ string, data any) error {
		return template.Execute(h.table, h, (*texttemplate.Template)(t), w, data)
	}, false),
	"(*text/template.Template).ExecuteTemplate": execute(func(h templateHost, t unsafe.Pointer, w io.Writer, name string, data any) error {
		return template.ExecuteTemplate(h.table, h, (*texttemplate.Template)(t), w, name, data)
	}, true),
	"(*html/template.Template).Execute": execute(func(h templateHost, t unsafe.Pointer, w io.Writer, _ string, data any) error {
		return template.ExecuteHTML(h.table, h, (*htmltemplate.Template)(t), w, data)
	}, false),
	"(*html/template.Template).ExecuteTemplate": execute(func(h templateHost, t unsafe.Pointer, w io.Writer, name string, data any) error {
		return template.ExecuteTemplateHTML(h.table, h, (*htmltemplate.Template)(t), w, name, data)
	}, true),
}

// execute is a method (t *Template) func(w io.Writer, [name string,] data any) error.
func execute(f func(h templateHost, t unsafe.Pointer, w io.Writer, name string, data any) error, named bool) intrinsic {
	return func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			w, ok := rt.writer(m, *rany(p, 24))
			if !ok {
				return true
			}
			name, data := "", int32(40)
			if named {
				name, data = rstr(u, p, loc{0, 40}), 48
			}
			return m.guarded(func() { rt.returnError(p, f(templateHost{rt}, *rp(p, 16), w, name, *rany(p, data))) })
		}
	}
}

// templateHost implements template.Host.
type templateHost struct{ *runtime }

// Wrap implements template.Host.
func (h templateHost) Wrap(v any) any { return h.wrapAny(v) }

// Method implements template.Host.
func (h templateHost) Method(v any, name string) (template.Func, bool) {
	t := h.table.TypeOf(v)
	if t == nil {
		return template.Func{}, false
	}
	sig := h.methodOf(t, name)
	if sig == nil {
		return template.Func{}, false
	}
	s := &site{name: name, sig: sig}
	return h.callable(sig, func(m *machine) (*function, *closure, []uint64, []pointer, bool) {
		target, ok := m.find(s, v)
		if !ok {
			return nil, nil, nil, nil, false
		}
		u, p := make([]uint64, maxReceiver), make([]pointer, maxReceiver)
		l, ok := target.receiver(m, v, base(u), baseP(p), loc{})
		return target.fn, nil, u[:l.u/8], p[:l.p/8], ok
	}), true
}

// Func implements template.Host.
func (h templateHost) Func(v any) template.Func {
	t := h.table.TypeOf(v)
	f := *(**closure)(t.Data(v))
	return h.callable(t.Go.Underlying().(*types.Signature), func(m *machine) (*function, *closure, []uint64, []pointer, bool) {
		if f == nil {
			m.raiseNil()
			return nil, nil, nil, nil, false
		}
		return f.fn, f, nil, nil, true
	})
}

// callable makes a Func of what find finds: a function and its first argument
// slots.
func (h templateHost) callable(sig *types.Signature, find func(m *machine) (*function, *closure, []uint64, []pointer, bool)) template.Func {
	s := h.shape(sig)
	return template.Func{Signature: sig, Call: func(args []any) []any {
		m := h.newMachine(h.current.Load())
		fn, free, u, p, ok := find(m)
		if !ok || !m.enterNested() {
			panic(m.leaving())
		}
		defer m.tok.nested.Add(-1)
		l := loc{int32(len(u)) * 8, int32(len(p)) * 8}
		u = append(u, make([]uint64, s.argU)...)
		p = append(p, make([]pointer, s.argP)...)
		for i, t := range s.params {
			mem := t.New()
			if sig.Variadic() && i == len(s.params)-1 {
				fillSlice(t, mem, args[i:])
			} else {
				put(t, mem, args[i])
			}
			readMemory(t, mem, base(u), baseP(p), l)
			l = l.plus(t.NU, t.NP)
		}
		resU, resP := make([]uint64, s.resU), make([]pointer, s.resP)
		if !m.call(fn, free, u, p, resU, resP, nil) {
			panic(m.leaving())
		}
		out := make([]any, len(s.results))
		l = loc{}
		for i, t := range s.results {
			out[i] = t.Any(value(t, base(resU), baseP(resP), l))
			l = l.plus(t.NU, t.NP)
		}
		m.free()
		return out
	}}
}

// put stores what an interface value holds in a variable of that type, or of an
// interface type.
func put(t *layout.Type, mem unsafe.Pointer, v any) {
	if t.Mem.Kind() == reflect.Interface {
		*(*any)(mem) = v
		return
	}
	t.Copy(mem, t.Data(v))
}

func fillSlice(t *layout.Type, mem unsafe.Pointer, list []any) {
	et := t.Elem()
	h := (*sliceHeader)(mem)
	h.data, h.len, h.c = newArray(et, len(list)), len(list), len(list)
	for i, v := range list {
		put(et, unsafe.Add(h.data, uintptr(i)*et.Mem.Size()), v)
	}
}
