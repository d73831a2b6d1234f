package encode

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"adkernel/kernel/eval/exact/view"
)

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
		innermost, inStruct := m.Struct, m.Field != ""
		m.Offset += int64(start)
		d.save(m)
		if inStruct {
			m.Struct = innermost // which may have no name
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
