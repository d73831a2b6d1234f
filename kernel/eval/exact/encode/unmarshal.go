package encode

import (
	"bytes"
	"encoding/json"
	"reflect"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// Unmarshal is json.Unmarshal.
func Unmarshal(tb *layout.Table, h Host, data []byte, v any) error {
	c := &view.Cells{Table: tb, Host: h}
	if !c.Value(v).HoldsCells() {
		return json.Unmarshal(data, v)
	}
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err // of syntax
	}
	return (&decoder{cells: c, data: data}).into(v)
}

// Decode is dec.Decode, with the options of dec.
func Decode(tb *layout.Table, h Host, dec *json.Decoder, v any) error {
	c := &view.Cells{Table: tb, Host: h}
	if !c.Value(v).HoldsCells() {
		return dec.Decode(v)
	}
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	return (&decoder{
		cells:     c,
		data:      raw,
		useNumber: option(dec, "d", "useNumber"),
		noUnknown: option(dec, "d", "disallowUnknownFields"),
	}).into(v)
}

// decoder decodes data that is known to be valid.
type decoder struct {
	cells *view.Cells
	data  []byte
	off   int // what comes next

	useNumber bool
	noUnknown bool // unknown members are errors

	fields map[view.Type]*fields
	saved  error // the first error that does not end the decoding

	structType view.Type // of the innermost struct
	path       []string  // of members that lead here
}

func (d *decoder) into(v any) error {
	target := d.cells.Value(v)
	switch {
	case !target.IsValid():
		return &json.InvalidUnmarshalError{}
	case target.Kind() != reflect.Pointer || target.IsNil():
		return &json.InvalidUnmarshalError{Type: reflectType(target.Type())}
	}
	d.fields = map[view.Type]*fields{}
	if err := d.value(target); err != nil {
		return d.inContext(err)
	}
	return d.saved
}

// save keeps an error while decoding goes on.
func (d *decoder) save(err error) {
	if d.saved == nil {
		d.saved = d.inContext(err)
	}
}

// mismatch is the error of a JSON value that does not fit a type.
func (d *decoder) mismatch(what string, t view.Type, offset int) {
	d.save(&json.UnmarshalTypeError{Value: what, Type: reflectType(t), Offset: int64(offset)})
}

// inContext tells a mismatch where it occurred.
func (d *decoder) inContext(err error) error {
	e, ok := err.(*json.UnmarshalTypeError)
	if !ok || d.structType == (view.Type{}) && len(d.path) == 0 {
		return err
	}
	e.Struct = d.structType.Name()
	path := bytes.Buffer{}
	for i, p := range d.path {
		if i > 0 {
			path.WriteByte('.')
		}
		path.WriteString(p)
	}
	if e.Field != "" {
		path.WriteString("." + e.Field)
	}
	e.Field = path.String()
	return e
}

func (d *decoder) space() {
	for d.off < len(d.data) && (d.data[d.off] == ' ' || d.data[d.off] == '\n' || d.data[d.off] == '\r' || d.data[d.off] == '\t') {
		d.off++
	}
}

// next skips space, and returns what comes then.
func (d *decoder) next() byte {
	d.space()
	return d.data[d.off]
}

// literal reads a literal.
func (d *decoder) literal() []byte {
	start := d.off
	if d.data[start] == '"' {
		for d.off++; d.data[d.off] != '"'; d.off++ {
			if d.data[d.off] == '\\' {
				d.off++
			}
		}
		d.off++
		return d.data[start:d.off]
	}
	for d.off < len(d.data) && bytes.IndexByte([]byte(",:]} \n\r\t"), d.data[d.off]) < 0 {
		d.off++
	}
	return d.data[start:d.off]
}

// skip reads a value of any kind.
func (d *decoder) skip() []byte {
	d.space()
	start := d.off
	for depth := 0; ; {
		switch d.next() {
		case '[', '{':
			depth++
			d.off++
		case ']', '}':
			depth--
			d.off++
		case ',', ':':
			d.off++
		default:
			d.literal()
		}
		if depth == 0 {
			return d.data[start:d.off]
		}
	}
}

// value decodes the next value into v; an invalid v drops it. Errors end the
// decoding.
func (d *decoder) value(v view.Value) error {
	c := d.next()
	if !v.IsValid() {
		d.skip()
		return nil
	}
	switch c {
	case '[', '{':
		return d.composite(v, c)
	}
	return d.store(d.literal(), v, false)
}
