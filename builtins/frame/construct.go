package frame

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
)

// Values returns a column of a slice of any integer, float, bool or string
// type, of pointers to one (nil is null), or of `any` holding values of one
// kind (nil is null; integers among floats become floats where these hold them
// exactly).
func Values(name string, slice any) *Column {
	v := reflect.ValueOf(slice)
	if slice == nil || (v.Kind() != reflect.Slice && v.Kind() != reflect.Array) {
		return &Column{name: name, err: fmt.Errorf("column %q: want a slice, not %T", name, slice)}
	}
	c, err := collect(name, v.Len(), v.Type().Elem(), v.Index)
	if err != nil {
		return &Column{name: name, err: err}
	}
	return c
}

// FromStructs returns a frame of a slice of structs (or of pointers to them):
// a column for each exported field, named by its tag `frame:"name"` or, without
// one, as the field; `frame:"-"` leaves a field out, and the fields of an
// embedded struct (null where it is a nil pointer) stand in its place.
func FromStructs(rows any) *Frame {
	v := reflect.ValueOf(rows)
	if rows == nil || v.Kind() != reflect.Slice {
		return failed(fmt.Errorf("frame from structs: want a slice of structs, not %T", rows))
	}
	t := v.Type().Elem()
	pointers := t.Kind() == reflect.Pointer
	if pointers {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return failed(fmt.Errorf("frame from structs: want a slice of structs, not %T", rows))
	}
	for i := range v.Len() {
		if pointers && v.Index(i).IsNil() {
			return failed(fmt.Errorf("frame from structs: row %d is a nil pointer", i))
		}
	}
	var columns []*Column
	for _, field := range columnFields(t) {
		name := cmp.Or(field.Tag.Get(tag), field.Name)
		c, err := collect(name, v.Len(), field.Type, func(i int) reflect.Value {
			value, err := reflect.Indirect(v.Index(i)).FieldByIndexErr(field.Index)
			if err != nil { // in an embedded struct that is a nil pointer
				return reflect.Value{}
			}
			return value
		})
		if err != nil {
			return failed(fmt.Errorf("frame from structs: field %s: %w", field.Name, err))
		}
		columns = append(columns, c)
	}
	return New(columns...)
}

// tag is the key under which a field names its column.
const tag = "frame"

// columnFields returns the fields of a struct type that become columns.
func columnFields(t reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	var leftOut []int // the embedded struct that is left out: its own fields come behind it
	for _, field := range reflect.VisibleFields(t) {
		within := len(leftOut) > 0 && len(field.Index) > len(leftOut) && slices.Equal(field.Index[:len(leftOut)], leftOut)
		switch {
		case within:
		case field.Tag.Get(tag) == "-":
			leftOut = field.Index
		case field.Anonymous && isStruct(field.Type): // its fields are visible themselves
		case field.IsExported():
			fields = append(fields, field)
		}
	}
	return fields
}

// isStruct reports whether t is a struct or a pointer to one.
func isStruct(t reflect.Type) bool {
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}

// FromRecords returns a frame of rows given as maps: a column for each key
// that occurs, sorted by name; keys missing from a row are null there.
func FromRecords(rows []map[string]any) *Frame {
	var names []string
	seen := map[string]bool{}
	for _, row := range rows {
		for name := range row {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	columns := make([]*Column, len(names))
	anything := reflect.TypeFor[any]()
	for i, name := range names {
		c, err := collect(name, len(rows), anything, func(row int) reflect.Value {
			return reflect.ValueOf(rows[row][name])
		})
		if err != nil {
			return failed(fmt.Errorf("frame from records: %w", err))
		}
		columns[i] = c
	}
	return New(columns...)
}

// collect makes a column of n values of type t.
func collect(name string, n int, t reflect.Type, at func(int) reflect.Value) (*Column, error) {
	kind, err := kindOf(t)
	if t.Kind() == reflect.Interface {
		kind, err = kindOfValues(n, at)
	}
	if err != nil {
		return nil, fmt.Errorf("column %q: %w", name, err)
	}
	b := newBuilder(name, kind)
	for i := range n {
		v, isNull := concrete(at(i))
		if isNull {
			b.addNull()
			continue
		}
		if err := b.addValue(v); err != nil {
			return nil, fmt.Errorf("column %q, row %d: %w", name, i, err)
		}
	}
	return b.finish(), nil
}

// concrete follows interfaces and pointers; isNull is true when one is nil.
func concrete(v reflect.Value) (_ reflect.Value, isNull bool) {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) {
		v = v.Elem()
	}
	return v, !v.IsValid()
}

func (b *builder) addValue(v reflect.Value) error {
	switch {
	case b.column.kind == Float && v.CanFloat():
		b.addFloat(v.Float())
	case b.column.kind == Float && v.CanInt():
		f, exact := exactFloat(v.Int())
		if !exact {
			return fmt.Errorf("%d is an integer among floats, which float64 cannot hold", v.Int())
		}
		b.addFloat(f)
	case b.column.kind == Float && v.CanUint():
		f := float64(v.Uint())
		if f >= 1<<64 || uint64(f) != v.Uint() {
			return fmt.Errorf("%d is an integer among floats, which float64 cannot hold", v.Uint())
		}
		b.addFloat(f)
	case b.column.kind == Int && v.CanInt():
		b.addInt(v.Int())
	case b.column.kind == Int && v.CanUint():
		if v.Uint() > 1<<63-1 {
			return fmt.Errorf("%d does not fit int64", v.Uint())
		}
		b.addInt(int64(v.Uint()))
	case b.column.kind == Bool && v.Kind() == reflect.Bool:
		b.addBool(v.Bool())
	case b.column.kind == String && v.Kind() == reflect.String:
		b.addString(v.String())
	default:
		return fmt.Errorf("%v is %s in a column of %s", v, v.Type(), b.column.kind)
	}
	return nil
}

// kindOf returns the kind of column that holds values of type t.
func kindOf(t reflect.Type) (Kind, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Float32, reflect.Float64:
		return Float, nil
	case reflect.Bool:
		return Bool, nil
	case reflect.String:
		return String, nil
	}
	if v := reflect.Zero(t); v.CanInt() || v.CanUint() {
		return Int, nil
	}
	return 0, fmt.Errorf("a column holds numbers, bools or strings, not %s", t)
}

// kindOfValues returns the kind of the first value that is not null; Float
// when integers and floats are mixed, or when all are null.
func kindOfValues(n int, at func(int) reflect.Value) (Kind, error) {
	kind, known := Float, false
	for i := range n {
		v, isNull := concrete(at(i))
		if isNull {
			continue
		}
		k, err := kindOf(v.Type())
		if err != nil {
			return 0, fmt.Errorf("row %d: %w", i, err)
		}
		if !known {
			kind, known = k, true
		} else if kind == Int && k == Float {
			kind = Float
		}
	}
	return kind, nil
}
