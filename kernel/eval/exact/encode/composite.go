package encode

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"adkernel/kernel/eval/exact/view"
)

// indirect follows pointers, which it makes, up to what can be assigned to, or
// to a value that decodes itself. For null, the last pointer is what is
// assigned to.
func indirect(v view.Value, null bool) (json.Unmarshaler, encoding.TextUnmarshaler, view.Value) {
	original, haveAddr := v, false
	if v.Kind() != reflect.Pointer && v.Type().Name() != "" && v.CanAddr() {
		v, haveAddr = v.Addr(), true
	}
	for {
		if v.Kind() == reflect.Interface && !v.IsNil() {
			e := v.Elem()
			if e.Kind() == reflect.Pointer && !e.IsNil() && (!null || e.Elem().Kind() == reflect.Pointer) {
				v, haveAddr = e, false
				continue
			}
		}
		if v.Kind() != reflect.Pointer || null && v.CanSet() {
			return nil, nil, v
		}
		if pointsToItself(v) {
			return nil, nil, v.Elem()
		}
		if v.IsNil() {
			v.SetNew()
		}
		if v.CanInterface() {
			if u, ok := view.As[json.Unmarshaler](v); ok {
				return u, nil, view.Value{}
			}
			if !null {
				if u, ok := view.As[encoding.TextUnmarshaler](v); ok {
					return nil, u, view.Value{}
				}
			}
		}
		if haveAddr {
			v, haveAddr = original, false
		} else {
			v = v.Elem()
		}
	}
}

// pointsToItself tells p of var v any; v = &v; p = &v.
func pointsToItself(v view.Value) bool {
	if v.IsNil() || v.Elem().Kind() != reflect.Interface {
		return false
	}
	e := v.Elem().Elem()
	return e.IsValid() && e.Type() == v.Type() && e.Pointer() == v.Pointer()
}

// composite decodes an array or an object.
func (d *decoder) composite(v view.Value, opening byte) error {
	what := "array"
	if opening == '{' {
		what = "object"
	}
	u, ut, target := indirect(v, false)
	if u != nil {
		return u.UnmarshalJSON(d.skip())
	}
	after := d.off + 1
	if ut != nil {
		d.mismatch(what, v.Type(), after)
		d.skip()
		return nil
	}
	v = target
	k := v.Kind()
	switch {
	case k == reflect.Interface && v.Type().NumMethod() == 0:
		return d.free(v)
	case opening == '[' && (k == reflect.Slice || k == reflect.Array), opening == '{' && (k == reflect.Struct || k == reflect.Map):
		switch {
		case v.Type().Plain():
			return d.native(v)
		case k == reflect.Struct:
			return d.object(v)
		case k == reflect.Map:
			return d.mapping(v)
		}
		return d.array(v)
	}
	d.mismatch(what, v.Type(), after)
	d.skip()
	return nil
}

// native leaves the next value to encoding/json.
func (d *decoder) native(v view.Value) error {
	start := d.off
	dec := json.NewDecoder(bytes.NewReader(d.skip()))
	if d.useNumber {
		dec.UseNumber()
	}
	if d.noUnknown {
		dec.DisallowUnknownFields()
	}
	err := dec.Decode(v.Native().Addr().Interface())
	if m, ok := err.(*json.UnmarshalTypeError); ok {
		innermost := m.Struct
		m.Offset += int64(start)
		d.save(m)
		if innermost != "" {
			m.Struct = innermost
		}
		return nil
	}
	if goesOn(err) {
		d.save(err)
		return nil
	}
	return err
}

// goesOn tells errors after which encoding/json goes on.
func goesOn(err error) bool {
	if err == nil {
		return true
	}
	if _, ok := errors.AsType[base64.CorruptInputError](err); ok {
		return true
	}
	text := err.Error()
	for _, p := range []string{"json: unknown field ", "json: cannot set embedded pointer ", "json: invalid use of ,string struct tag, trying to unmarshal unquoted"} {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}

// free decodes into an interface without methods, as maps, slices and scalars.
func (d *decoder) free(v view.Value) error {
	var x any
	start := d.off
	dec := json.NewDecoder(bytes.NewReader(d.skip()))
	if d.useNumber {
		dec.UseNumber()
	}
	if err := dec.Decode(&x); err != nil {
		m, ok := err.(*json.UnmarshalTypeError)
		if !ok {
			return err
		}
		m.Offset += int64(start)
		d.save(m)
	}
	v.SetInterface(x)
	return nil
}

func (d *decoder) array(v view.Value) error {
	isSlice := v.Kind() == reflect.Slice
	r := v.Reflect()
	d.off++ // [
	i := 0
	for ; d.next() != ']'; i++ {
		if d.data[d.off] == ',' {
			d.off++
		}
		if isSlice {
			if i >= r.Cap() {
				r.Grow(1)
			}
			if i >= r.Len() {
				r.SetLen(i + 1)
			}
		}
		var e view.Value
		if i < r.Len() {
			e = v.Index(i)
		}
		if err := d.value(e); err != nil {
			return err
		}
	}
	d.off++ // ]
	switch {
	case isSlice && i == 0:
		r.Set(reflect.MakeSlice(r.Type(), 0, 0))
	case isSlice:
		r.SetLen(i)
	default:
		for ; i < r.Len(); i++ {
			r.Index(i).SetZero()
		}
	}
	return nil
}

// members calls visit for the members of an object, whose key it reads. visit
// reads the value.
func (d *decoder) members(visit func(key string, raw []byte, end int) error) error {
	d.off++ // {
	for d.next() != '}' {
		if d.data[d.off] == ',' {
			d.off++
			d.space()
		}
		start := d.off
		raw := d.literal()
		key, _ := unquote(raw)
		d.next()
		d.off++ // :
		if err := visit(key, raw, start+1); err != nil {
			return err
		}
	}
	d.off++ // }
	return nil
}

func (d *decoder) mapping(v view.Value) error {
	t := v.Type()
	kt := t.Key()
	byText := view.Implements[encoding.TextUnmarshaler](kt.PointerTo())
	if !byText && !isKeyKind(kt.Kind()) {
		d.mismatch("object", t, d.off+1)
		d.skip()
		return nil
	}
	m := v.Reflect()
	if m.IsNil() {
		m.Set(reflect.MakeMap(m.Type()))
	}
	return d.members(func(key string, raw []byte, at int) error {
		elem := t.Elem().New()
		if err := d.value(elem); err != nil {
			return err
		}
		k := kt.New()
		if byText {
			if err := d.store(raw, k, true); err != nil {
				return err
			}
		} else if !setKey(k, key) {
			d.mismatch("number "+key, kt, at)
			return nil
		}
		v.SetMapIndex(k, elem)
		return nil
	})
}

// setKey assigns a member's name to a key; false when it is no such number.
func setKey(k view.Value, name string) bool {
	r := k.Basic()
	switch {
	case r.Kind() == reflect.String:
		r.SetString(name)
	case r.CanInt():
		n, err := strconv.ParseInt(name, 10, 64)
		if err != nil || r.OverflowInt(n) {
			return false
		}
		r.SetInt(n)
	default:
		n, err := strconv.ParseUint(name, 10, 64)
		if err != nil || r.OverflowUint(n) {
			return false
		}
		r.SetUint(n)
	}
	return true
}

func (d *decoder) object(v view.Value) error {
	t := v.Type()
	fs := d.fields[t]
	if fs == nil {
		fs = fieldsOf(t)
		d.fields[t] = fs
	}
	outer, depth := d.structType, len(d.path)
	return d.members(func(key string, _ []byte, _ int) error {
		f := fs.find(key)
		var target view.Value
		quoted := false
		if f != nil {
			target = d.field(v, f)
			quoted = f.quoted && target.IsValid()
			d.structType = t
			d.path = append(d.path, f.name)
		} else if d.noUnknown {
			d.save(fmt.Errorf("json: unknown field %q", key))
		}
		var err error
		if quoted {
			err = d.quoted(target)
		} else {
			err = d.value(target)
		}
		if err != nil {
			return err // in the context where it occurred
		}
		d.structType, d.path = outer, d.path[:depth]
		return nil
	})
}

// field finds the field of a struct, and makes the embedded structs on the way
// to it. The result is invalid where that cannot be.
func (d *decoder) field(v view.Value, f *field) view.Value {
	for i, n := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !v.CanSet() {
					d.save(fmt.Errorf("json: cannot set embedded pointer to unexported struct: %v", v.Type().Elem()))
					return view.Value{}
				}
				v.SetNew()
			}
			v = v.Elem()
		}
		if i < len(f.index)-1 {
			d.path = append(d.path, v.FieldInfo(n).Name)
		}
		v = v.Field(n)
	}
	return v
}

// quoted decodes a value that the option string put into a string.
func (d *decoder) quoted(v view.Value) error {
	switch d.next() {
	case 'n':
		d.literal()
		return d.store([]byte("null"), v, false)
	case '"':
		s, _ := unquote(d.literal())
		return d.store([]byte(s), v, true)
	}
	d.skip()
	d.save(fmt.Errorf("json: invalid use of ,string struct tag, trying to unmarshal unquoted value into %v", v.Type()))
	return nil
}
