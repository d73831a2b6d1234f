package encode

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"unicode/utf8"

	"adkernel/kernel/eval/exact/view"
)

// unquote is the text of a JSON string; false when s is none.
func unquote(s []byte) (string, bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	inner := s[1 : len(s)-1]
	plain := utf8.Valid(inner)
	for _, c := range inner {
		plain = plain && c != '\\' && c != '"' && c >= ' '
	}
	if plain {
		return string(inner), true
	}
	var out string
	err := json.Unmarshal(s, &out)
	return out, err == nil
}

func misused(item []byte, t view.Type) error {
	return fmt.Errorf("json: invalid use of ,string struct tag, trying to unmarshal %q into %v", item, t)
}

// store assigns a literal, which stood in a string if quoted is set, and then
// may be anything.
func (d *decoder) store(item []byte, v view.Value, quoted bool) error {
	if len(item) == 0 {
		d.save(misused(item, v.Type()))
		return nil
	}
	u, ut, target := indirect(v, item[0] == 'n')
	if u != nil {
		return u.UnmarshalJSON(item)
	}
	if ut != nil {
		switch {
		case item[0] == '"':
			s, ok := unquote(item)
			if !ok {
				return misused(item, v.Type())
			}
			return ut.UnmarshalText([]byte(s))
		case quoted:
			d.save(misused(item, v.Type()))
		default:
			d.mismatch(kindOf(item), v.Type(), d.off)
		}
		return nil
	}
	v = target
	switch item[0] {
	case 'n':
		d.storeNull(item, v, quoted)
		return nil
	case 't', 'f':
		d.storeBool(item, v, quoted)
		return nil
	case '"':
		return d.storeString(item, v)
	}
	return d.storeNumber(item, v, quoted)
}

func kindOf(item []byte) string {
	switch item[0] {
	case 'n':
		return "null"
	case 't', 'f':
		return "bool"
	}
	return "number"
}

func (d *decoder) storeNull(item []byte, v view.Value, quoted bool) {
	if quoted && string(item) != "null" {
		d.save(misused(item, v.Type()))
		return
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer, reflect.Map, reflect.Slice:
		v.Reflect().SetZero()
	}
}

func (d *decoder) storeBool(item []byte, v view.Value, quoted bool) {
	x := item[0] == 't'
	switch {
	case quoted && string(item) != "true" && string(item) != "false":
		d.save(misused(item, v.Type()))
	case v.Kind() == reflect.Bool:
		v.Basic().SetBool(x)
	case v.Kind() == reflect.Interface && v.Type().NumMethod() == 0:
		v.SetInterface(x)
	case quoted && v.Kind() != reflect.Interface:
		d.save(misused(item, v.Type()))
	default:
		d.mismatch("bool", v.Type(), d.off)
	}
}

func (d *decoder) storeString(item []byte, v view.Value) error {
	s, ok := unquote(item)
	if !ok {
		return misused(item, v.Type())
	}
	switch k := v.Kind(); {
	case k == reflect.Slice && v.ElemKind() == reflect.Uint8:
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			d.save(err)
			return nil
		}
		setBytes(v, b)
	case k == reflect.String:
		if v.Type().Native() == numberType && !isNumber(s) {
			return fmt.Errorf("json: invalid number literal, trying to unmarshal %q into Number", item)
		}
		v.Basic().SetString(s)
	case k == reflect.Interface && v.Type().NumMethod() == 0:
		v.SetInterface(s)
	default:
		d.mismatch("string", v.Type(), d.off)
	}
	return nil
}

// setBytes assigns to a slice of any type of bytes.
func setBytes(v view.Value, b []byte) {
	r := v.Reflect()
	r.Set(reflect.MakeSlice(r.Type(), len(b), len(b)))
	copy(v.Bytes(), b)
}

func isNumber(s string) bool {
	return s != "" && (s[0] == '-' || s[0] >= '0' && s[0] <= '9') && s[len(s)-1] > ' ' && json.Valid([]byte(s))
}

func (d *decoder) storeNumber(item []byte, v view.Value, quoted bool) error {
	s := string(item)
	if c := s[0]; c != '-' && (c < '0' || c > '9') {
		return misused(item, v.Type())
	}
	r, k := v.Reflect(), v.Kind()
	var err error
	fits := true
	switch {
	case k == reflect.Interface:
		return d.storeFreeNumber(s, v)
	case k == reflect.String && v.Type().Native() == numberType:
		r.SetString(s)
	case k >= reflect.Int && k <= reflect.Int64:
		var n int64
		if n, err = strconv.ParseInt(s, 10, 64); err == nil && !r.OverflowInt(n) {
			r.SetInt(n)
			return nil
		}
		fits = false
	case k >= reflect.Uint && k <= reflect.Uintptr:
		var n uint64
		if n, err = strconv.ParseUint(s, 10, 64); err == nil && !r.OverflowUint(n) {
			r.SetUint(n)
			return nil
		}
		fits = false
	case k == reflect.Float32 || k == reflect.Float64:
		var n float64
		if n, err = strconv.ParseFloat(s, r.Type().Bits()); err == nil && !r.OverflowFloat(n) {
			r.SetFloat(n)
			return nil
		}
		fits = false
	case quoted:
		return misused(item, v.Type())
	default:
		d.mismatch("number", v.Type(), d.off)
	}
	if !fits {
		d.mismatch("number "+s, v.Type(), d.off)
	}
	return nil
}

func (d *decoder) storeFreeNumber(s string, v view.Value) error {
	var x any = json.Number(s)
	if !d.useNumber {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			d.save(&json.UnmarshalTypeError{Value: "number " + s, Type: reflect.TypeFor[float64](), Offset: int64(d.off + 1)})
			return nil
		}
		x = f
	}
	if v.Type().NumMethod() != 0 {
		d.mismatch("number", v.Type(), d.off)
		return nil
	}
	v.SetInterface(x)
	return nil
}
