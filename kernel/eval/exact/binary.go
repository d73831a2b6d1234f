package exact

import (
	stdbinary "encoding/binary"
	"go/types"
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// twin gives encoding/binary, which looks at layouts and at which fields are
// blank or exported, a value of the same memory in a type like the cell's. What
// it would name in an error is refused: it knows the twin's name only.
func (rt *runtime) twin(name string) exporter {
	reads := name == "Read" || name == "Decode"
	return func(m *machine, t *layout.Type, u, p unsafe.Pointer, l loc, want reflect.Type) (reflect.Value, bool, bool) {
		if want.Kind() != reflect.Interface || want.NumMethod() > 0 {
			return reflect.Value{}, false, false
		}
		v := *rany(p, l.p)
		d := rt.table.TypeOf(v)
		if d == nil || d.Exact {
			return reflect.Value{}, false, false
		}
		var out reflect.Value
		if pt, ok := d.Go.Underlying().(*types.Pointer); ok {
			if r := rt.twinType(pt.Elem(), true); r != nil {
				out = reflect.NewAt(r, *(*unsafe.Pointer)(d.Data(v)))
			}
		} else if r := rt.twinType(d.Go, true); r != nil {
			out = reflect.NewAt(r, d.Data(v)).Elem()
		}
		variable := out.Kind() == reflect.Pointer || out.Kind() == reflect.Slice
		switch {
		case !out.IsValid(), name != "Size" && !isNilPointer(out) && stdbinary.Size(out.Interface()) < 0, reads && !variable:
			m.refuse("encoding/binary.%s: a value of type %s cannot be given to native code: it has no fixed size, or embeds an unexported type", name, d)
			return reflect.Value{}, true, false
		}
		return out, true, true
	}
}

func isNilPointer(v reflect.Value) bool { return v.Kind() == reflect.Pointer && v.IsNil() }

// twinType is a reflect type with the layout of t, in which the fields of
// structs have their names; nil where reflect cannot make it. Only the value
// itself may be a slice.
func (rt *runtime) twinType(t types.Type, outer bool) reflect.Type {
	l := rt.mustType(t)
	if l.Exact {
		return l.Mem
	}
	switch u := t.Underlying().(type) {
	case *types.Array:
		if e := rt.twinType(u.Elem(), false); e != nil {
			return reflect.ArrayOf(int(u.Len()), e)
		}
		return nil
	case *types.Slice:
		if !outer {
			return l.Mem
		}
		if e := rt.twinType(u.Elem(), false); e != nil {
			return reflect.SliceOf(e)
		}
		return nil
	case *types.Struct:
		return rt.twinStruct(u, l)
	}
	return l.Mem
}

func (rt *runtime) twinStruct(s *types.Struct, l *layout.Type) reflect.Type {
	fields := make([]reflect.StructField, s.NumFields())
	for i := range fields {
		f := s.Field(i)
		fields[i] = reflect.StructField{Name: f.Name(), Type: rt.twinType(f.Type(), false)}
		if fields[i].Type == nil || f.Embedded() && !f.Exported() {
			return nil // promoted fields can be set, and reflect makes no such types
		}
		if !f.Exported() {
			fields[i].PkgPath = cellPath
		}
	}
	if r := reflect.StructOf(fields); r.Size() == l.Mem.Size() {
		return r
	}
	return nil
}
