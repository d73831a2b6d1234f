package encode

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"adkernel/kernel/eval/exact/view"
)

type encoder struct {
	bytes.Buffer
	escape bool // HTML, in the inner one of two nested strings
	fields map[view.Type]*fields
	depth  int
	seen   map[any]bool // pointers on the way here, once depth is suspicious
}

// suspicious is the depth from which on cycles are looked for.
const suspicious = 1000

func (e *encoder) fail(err error) { panic(failure{err}) }

var numberType = reflect.TypeFor[json.Number]()

// value encodes v; quoted is the option string of a field's tag.
func (e *encoder) value(v view.Value, quoted bool) {
	if !v.IsValid() {
		e.WriteString("null")
		return
	}
	if e.byMethod(v) {
		return
	}
	if v.Native().IsValid() && v.Type().Native() == numberType {
		e.number(v, quoted)
		return
	}
	switch k := v.Kind(); k {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array, reflect.Pointer:
		if v.Type().Plain() {
			e.native(v)
			return
		}
	}
	switch v.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		e.quote(quoted, fmt.Append(nil, v.Scalar()))
	case reflect.Float32:
		e.quote(quoted, e.float(v, 32))
	case reflect.Float64:
		e.quote(quoted, e.float(v, 64))
	case reflect.String:
		b := appendString(nil, v.Basic().String())
		if quoted {
			if e.escape {
				var html bytes.Buffer
				json.HTMLEscape(&html, b)
				b = html.Bytes()
			}
			b = appendString(nil, string(b))
		}
		e.Write(b)
	case reflect.Interface:
		e.value(v.Elem(), false)
	case reflect.Struct:
		e.structure(v)
	case reflect.Map:
		e.mapping(v)
	case reflect.Slice:
		e.slice(v)
	case reflect.Array:
		e.list(v)
	case reflect.Pointer:
		e.pointer(v, quoted)
	default:
		e.fail(&json.UnsupportedTypeError{Type: reflectType(v.Type())})
	}
}

// byMethod encodes v by a method of its own, if it has one.
func (e *encoder) byMethod(v view.Value) bool {
	receiver := v
	if v.Kind() == reflect.Interface {
		return false // what it holds comes next
	}
	if v.CanAddr() && v.Kind() != reflect.Pointer {
		receiver = v.Addr()
	}
	isNil := v.Kind() == reflect.Pointer && v.IsNil()
	if m, ok := view.As[json.Marshaler](receiver); ok {
		if isNil {
			e.WriteString("null")
			return true
		}
		b, err := m.MarshalJSON()
		if err == nil {
			err = json.Compact(&e.Buffer, b)
		}
		if err != nil {
			e.fail(marshalerError(v.Type(), err, "MarshalJSON"))
		}
		return true
	}
	if m, ok := view.As[encoding.TextMarshaler](receiver); ok {
		if isNil {
			e.WriteString("null")
			return true
		}
		b, err := m.MarshalText()
		if err != nil {
			e.fail(marshalerError(v.Type(), err, "MarshalText"))
		}
		e.Write(appendString(nil, string(b)))
		return true
	}
	return false
}

// native leaves v to encoding/json.
func (e *encoder) native(v view.Value) {
	n := v.Native()
	if v.CanAddr() && n.CanAddr() {
		n = n.Addr() // methods of the pointer count for variables
	}
	enc := json.NewEncoder(&e.Buffer)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(n.Interface()); err != nil {
		e.fail(err)
	}
	e.Truncate(e.Len() - 1) // the line's end
}

func (e *encoder) number(v view.Value, quoted bool) {
	b, err := json.Marshal(json.Number(v.Native().String()))
	if err != nil {
		e.fail(err)
	}
	e.quote(quoted, b)
}

func (e *encoder) quote(quoted bool, b []byte) {
	if quoted {
		e.WriteByte('"')
		defer e.WriteByte('"')
	}
	e.Write(b)
}

// float formats as ES6 does, as encoding/json does.
func (e *encoder) float(v view.Value, bits int) []byte {
	f := v.Basic().Float()
	if math.IsInf(f, 0) || math.IsNaN(f) {
		e.fail(&json.UnsupportedValueError{Value: v.Basic(), Str: strconv.FormatFloat(f, 'g', -1, bits)})
	}
	var b []byte
	var err error
	if bits == 32 {
		b, err = json.Marshal(float32(f))
	} else {
		b, err = json.Marshal(f)
	}
	if err != nil {
		e.fail(err)
	}
	return b
}

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
		e.Write(appendString(nil, m.name))
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
		if !ok || f.omitEmpty && isEmpty(fv) || f.omitZero && isZero(fv) {
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
