// Package encode is encoding/json for values of cells: its rules about tags,
// embedding, methods and errors, applied to types that native code does not
// know. Native values are left to encoding/json itself.
package encode

import (
	"bytes"
	"encoding/json"
	"reflect"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// Host is what the encoder may ask of the evaluator. Of native interfaces it
// asks for json.Marshaler, json.Unmarshaler, encoding.TextMarshaler,
// encoding.TextUnmarshaler and IsZeroer.
type Host = view.Host

// IsZeroer is what the omitzero option asks.
type IsZeroer interface{ IsZero() bool }

// Marshal is json.Marshal.
func Marshal(tb *layout.Table, h Host, v any) ([]byte, error) {
	c := &view.Cells{Table: tb, Host: h}
	if !c.Value(v).HoldsCells() {
		return json.Marshal(v)
	}
	b, err := marshal(c, v, true)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	json.HTMLEscape(&out, b)
	return out.Bytes(), nil
}

// MarshalIndent is json.MarshalIndent.
func MarshalIndent(tb *layout.Table, h Host, v any, prefix, indent string) ([]byte, error) {
	b, err := Marshal(tb, h, v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, prefix, indent); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Encode is enc.Encode, with the options of enc.
func Encode(tb *layout.Table, h Host, enc *json.Encoder, v any) error {
	c := &view.Cells{Table: tb, Host: h}
	if !c.Value(v).HoldsCells() {
		return enc.Encode(v)
	}
	b, err := marshal(c, v, option(enc, "escapeHTML"))
	if err != nil {
		return err
	}
	return enc.Encode(json.RawMessage(b)) // which escapes and indents as enc is told
}

// failure carries an error out of the encoder.
type failure struct{ error }

// option reads an option of an encoder or decoder, for which encoding/json has
// no method.
func option(coder any, path ...string) bool {
	v := reflect.ValueOf(coder).Elem()
	for _, name := range path {
		v = v.FieldByName(name)
	}
	return v.Bool()
}

// marshal encodes without escaping HTML, which is done at the end. Only what
// is encoded twice, by the option string, needs to know if it will be.
func marshal(c *view.Cells, v any, escape bool) (b []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			b, err = nil, f.error
		}
	}()
	e := &encoder{escape: escape, fields: map[view.Type]*fields{}, seen: map[any]bool{}}
	e.value(c.Value(v), false)
	return e.Bytes(), nil
}
