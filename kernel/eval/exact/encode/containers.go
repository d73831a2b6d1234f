package encode

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"adkernel/kernel/eval/exact/view"
)

// enter notes that what is at ptr is being encoded, and finds cycles.
func (e *encoder) enter(v view.Value, ptr any) (leave func()) {
	if e.depth++; e.depth <= suspicious {
		return func() { e.depth-- }
	}
	if e.seen[ptr] {
		e.fail(&json.UnsupportedValueError{Value: v.Reflect(), Str: "encountered a cycle via " + v.TypeName()})
	}
	e.seen[ptr] = true
	return func() {
		e.depth--
		delete(e.seen, ptr)
	}
}

type address struct {
	at  uintptr
	len int
	typ view.Type
}

func (e *encoder) pointer(v view.Value, quoted bool) {
	if v.IsNil() {
		e.WriteString("null")
		return
	}
	defer e.enter(v, address{v.Pointer(), 0, v.Type()})()
	e.value(v.Elem(), quoted)
}

func (e *encoder) slice(v view.Value) {
	if v.ElemKind() == reflect.Uint8 && !hasMarshaler(v.Type().Elem().PointerTo()) {
		if v.IsNil() {
			e.WriteString("null")
			return
		}
		e.WriteByte('"')
		e.Write(base64.StdEncoding.AppendEncode(nil, v.Bytes()))
		e.WriteByte('"')
		return
	}
	if v.IsNil() {
		e.WriteString("null")
		return
	}
	defer e.enter(v, address{at: v.Pointer(), len: v.Len()})()
	e.list(v)
}

func hasMarshaler(t view.Type) bool {
	return view.Implements[json.Marshaler](t) || view.Implements[encoding.TextMarshaler](t)
}

func (e *encoder) list(v view.Value) {
	e.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			e.WriteByte(',')
		}
		e.value(v.Index(i), false)
	}
	e.WriteByte(']')
}

func (e *encoder) mapping(v view.Value) {
	if k := v.Type().Key(); !isKeyKind(k.Kind()) && !view.Implements[encoding.TextMarshaler](k) {
		e.fail(&json.UnsupportedTypeError{Type: reflectType(v.Type())})
	}
	if v.IsNil() {
		e.WriteString("null")
		return
	}
	defer e.enter(v, address{at: v.Pointer()})()
	type entry struct {
		name string
		elem view.Value
	}
	var entries []entry
	for _, m := range v.Entries() {
		name, err := keyName(m.Key)
		if err != nil {
			e.fail(fmt.Errorf("json: encoding error for type %q: %q", v.TypeName(), err.Error()))
		}
		entries = append(entries, entry{name, m.Elem})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	e.WriteByte('{')
	for i, m := range entries {
		if i > 0 {
			e.WriteByte(',')
		}
		e.Write(quote(m.name))
		e.WriteByte(':')
		e.value(m.elem, false)
	}
	e.WriteByte('}')
}

// isKeyKind tells kinds of keys that need no method.
func isKeyKind(k reflect.Kind) bool {
	return k == reflect.String || k >= reflect.Int && k <= reflect.Uintptr
}

func keyName(k view.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.Basic().String(), nil
	}
	held := k
	if k.Kind() == reflect.Interface {
		held = k.Elem()
	}
	if m, ok := view.As[encoding.TextMarshaler](held); ok {
		if k.Kind() == reflect.Pointer && k.IsNil() {
			return "", nil
		}
		b, err := m.MarshalText()
		return string(b), err
	}
	if !isKeyKind(k.Kind()) {
		panic("unexpected map key type") // a nil interface: encoding/json's words
	}
	return fmt.Sprint(k.Scalar()), nil
}

func (e *encoder) structure(v view.Value) {
	next := byte('{')
	fields := e.fieldsOf(v.Type())
	for i := range fields.list {
		f := &fields.list[i]
		fv, ok := f.of(v)
		if !ok || f.omitEmpty && isEmpty(fv) || f.omitZero && e.isZero(fv) {
			continue
		}
		e.WriteByte(next)
		next = ','
		e.WriteString(`"` + f.name + `":`)
		e.value(fv, f.quoted)
	}
	if next == '{' {
		e.WriteByte('{')
	}
	e.WriteByte('}')
}

func (e *encoder) fieldsOf(t view.Type) *fields {
	f := e.fields[t]
	if f == nil {
		f = fieldsOf(t)
		e.fields[t] = f
	}
	return f
}
