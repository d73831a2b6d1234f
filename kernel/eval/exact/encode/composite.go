package encode

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"

	"adkernel/kernel/eval/exact/view"
)

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
