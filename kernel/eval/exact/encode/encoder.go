package encode

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"

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
		if !quoted && v.Type().Plain() {
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
		b := quote(v.Basic().String())
		if quoted {
			if e.escape {
				var html bytes.Buffer
				json.HTMLEscape(&html, b)
				b = html.Bytes()
			}
			b = quote(string(b))
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
		e.Write(quote(string(b)))
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
