package exact

import (
	stdbytes "bytes"
	"encoding/xml"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// xmlFunctions are those of encoding/xml that look into values. It is given
// plain data of cells' types as the same memory in a type like the cell's, whose
// name it is told. What is more than plain data is refused: interfaces, which
// may hold anything, and types with methods that the package would call.
var xmlFunctions = map[string]intrinsic{
	"encoding/xml.Marshal": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.xmlMarshal(u, p, *rany(p, 24), "", "")
		}
	},
	"encoding/xml.MarshalIndent": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			return m.xmlMarshal(u, p, *rany(p, 24), rstr(u, p, loc{16, 40}), rstr(u, p, loc{24, 48}))
		}
	},
	"encoding/xml.Unmarshal": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			data := rbytes(u, p, loc{0, 16})
			return m.xmlCall(p, *rany(p, 24), func(v reflect.Value, _ string) error { return xml.Unmarshal(data, v.Interface()) })
		}
	},
	"(*encoding/xml.Encoder).Encode": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			e := (*xml.Encoder)(*rp(p, 16))
			return m.xmlCall(p, *rany(p, 24), func(v reflect.Value, name string) error { return xmlEncode(e, v, name) })
		}
	},
	"(*encoding/xml.Decoder).Decode": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			d := (*xml.Decoder)(*rp(p, 16))
			return m.xmlCall(p, *rany(p, 24), func(v reflect.Value, _ string) error { return d.Decode(v.Interface()) })
		}
	},
	"(*encoding/xml.Decoder).DecodeElement": func(rt *runtime) nativeFn {
		return func(m *machine, u, p unsafe.Pointer) bool {
			d, start := (*xml.Decoder)(*rp(p, 16)), (*xml.StartElement)(*rp(p, 40))
			return m.xmlCall(p, *rany(p, 24), func(v reflect.Value, _ string) error { return d.DecodeElement(v.Interface(), start) })
		}
	},
}

func (m *machine) xmlMarshal(u, p unsafe.Pointer, v any, prefix, indent string) bool {
	var b stdbytes.Buffer
	if m.xmlCall(unsafe.Add(p, 8), v, func(v reflect.Value, name string) error {
		e := xml.NewEncoder(&b)
		e.Indent(prefix, indent)
		if err := xmlEncode(e, v, name); err != nil {
			return err
		}
		return e.Close()
	}) {
		return true
	}
	out := b.Bytes()
	if *rany(p, 8) != nil {
		out = nil
	}
	setslice(u, p, loc{}, unsafe.Pointer(unsafe.SliceData(out)), len(out), cap(out))
	return false
}

// xmlCall calls f with v as native code can have it, and with the name of the
// type of what v is, points to or has as elements. It stores the error at p.
func (m *machine) xmlCall(p unsafe.Pointer, v any, f func(v reflect.Value, name string) error) bool {
	x, name, ok := m.rt.xmlValue(v)
	switch t := m.rt.table.TypeOf(v); {
	case ok:
	case t == nil || t.Exact:
		m.refuse("encoding/xml would look into a value of type %s, and does not know %s", m.rt.typeName(v), m.rt.cellTypeIn(v))
		return true
	default:
		m.refuse(notPlain, "encoding/xml", t)
		return true
	}
	foreign := false
	if m.guarded(func() {
		err := f(x, name)
		foreign = err != nil && name != "" && strings.Contains(err.Error(), "struct {")
		m.rt.returnError(p, err)
	}) {
		return true
	}
	if foreign {
		m.refuse("encoding/xml would name another type in an error about a value of type %s", m.rt.typeName(v))
	}
	return foreign
}

// xmlValue is v for native code; the name is "" where its type is native.
func (rt *runtime) xmlValue(v any) (x reflect.Value, name string, ok bool) {
	t := rt.table.TypeOf(v)
	if t == nil || t.Exact {
		x = reflect.ValueOf(&v).Elem()
		return x, "", v == nil || !rt.holdsCells(x)
	}
	twin := rt.xmlType(t.Go)
	if twin == nil {
		return x, "", false
	}
	return reflect.NewAt(twin, t.Data(v)).Elem(), xmlName(t.Go), true
}

const notPlain = "%s would look into a value of type %s, and knows no interfaces, maps, methods and types within themselves of cells"

// xmlType is xmlTwin, and nil also where package reflect makes no such type.
func (rt *runtime) xmlType(t types.Type) (twin reflect.Type) {
	defer func() {
		if recover() != nil {
			twin = nil
		}
	}()
	return rt.xmlTwin(t, nil)
}

// xmlName is the name of the elements that values of type t are.
func xmlName(t types.Type) string {
	switch u := types.Unalias(t).(type) {
	case *types.Named:
		switch e := u.Underlying().(type) {
		case *types.Slice:
			if !types.Identical(e.Elem(), types.Typ[types.Byte]) {
				return xmlName(e)
			}
		case *types.Array:
			return xmlName(e)
		}
		return u.Obj().Name()
	case *types.Pointer:
		return xmlName(u.Elem())
	case *types.Slice:
		return xmlName(u.Elem())
	case *types.Array:
		return xmlName(u.Elem())
	}
	return ""
}

// xmlEncode is Encode for a value whose type has a name that e cannot know.
func xmlEncode(e *xml.Encoder, v reflect.Value, name string) error {
	if name == "" {
		return e.Encode(v.Interface())
	}
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if k := v.Kind(); (k == reflect.Slice || k == reflect.Array) && v.Type().Elem().Kind() != reflect.Uint8 {
		for i := range v.Len() {
			if err := xmlEncode(e, v.Index(i), name); err != nil {
				return err
			}
		}
		return e.Flush()
	}
	if v.Kind() == reflect.Struct {
		if f, ok := v.Type().FieldByName("XMLName"); ok {
			n, isName := v.FieldByIndex(f.Index).Interface().(xml.Name)
			tag, _, _ := strings.Cut(f.Tag.Get("xml"), ",")
			if tag != "" || isName && n.Local != "" {
				return e.Encode(v.Interface())
			}
		}
	}
	return e.EncodeElement(v.Interface(), xml.StartElement{Name: xml.Name{Local: name}})
}

// xmlMethods are what encoding/xml looks for in a value.
var xmlMethods = []string{"MarshalXML", "UnmarshalXML", "MarshalXMLAttr", "UnmarshalXMLAttr", "MarshalText", "UnmarshalText"}

// xmlTwin is a type with the layout of t whose structs have t's fields and
// tags; nil where t is more than plain data. within are the types around it.
func (rt *runtime) xmlTwin(t types.Type, within []types.Type) reflect.Type {
	l := rt.mustType(t)
	if slices.ContainsFunc(within, func(o types.Type) bool { return types.Identical(o, t) }) {
		return nil // it contains itself, as no type that package reflect makes does
	}
	within = append(slices.Clip(within), t)
	for _, name := range xmlMethods {
		if p := rt.mustType(types.NewPointer(t)); !l.Exact && rt.methodOf(p, name) != nil {
			return nil
		}
	}
	if _, ok := t.Underlying().(*types.Interface); ok {
		return nil
	}
	if l.Exact && types.Unalias(t) == t.Underlying() || l.Exact && l.Native != nil && l.Native.PkgPath() != "" {
		if reachesInterface(l.Mem, nil) {
			return nil
		}
		return l.Mem
	}
	elem := func(e types.Type, made func(reflect.Type) reflect.Type) reflect.Type {
		if r := rt.xmlTwin(e, within); r != nil {
			return made(r)
		}
		return nil
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return l.Mem
	case *types.Pointer:
		return elem(u.Elem(), reflect.PointerTo)
	case *types.Slice:
		return elem(u.Elem(), reflect.SliceOf)
	case *types.Array:
		return elem(u.Elem(), func(e reflect.Type) reflect.Type { return reflect.ArrayOf(int(u.Len()), e) })
	case *types.Struct:
		return rt.xmlStruct(u, l, within)
	}
	return nil
}

func (rt *runtime) xmlStruct(s *types.Struct, l *layout.Type, within []types.Type) reflect.Type {
	fields := make([]reflect.StructField, s.NumFields())
	for i := range fields {
		f := s.Field(i)
		fields[i] = reflect.StructField{Name: f.Name(), Tag: reflect.StructTag(s.Tag(i)), Anonymous: f.Embedded()}
		switch {
		case f.Exported() && fields[i].Tag.Get("xml") == "-":
			fields[i].Type = rt.mustType(f.Type()).Mem
		case f.Exported():
			fields[i].Type = rt.xmlTwin(f.Type(), within)
		case !f.Embedded():
			fields[i].PkgPath, fields[i].Type = cellPath, rt.mustType(f.Type()).Mem
		}
		if fields[i].Type == nil {
			return nil
		}
	}
	if r := reflect.StructOf(fields); r.Size() == l.Mem.Size() {
		return r
	}
	return nil
}

// reachesInterface says whether a value of a native type may hold one of cells.
func reachesInterface(r reflect.Type, seen []reflect.Type) bool {
	if slices.Contains(seen, r) {
		return false
	}
	seen = append(slices.Clip(seen), r)
	switch r.Kind() {
	case reflect.Interface, reflect.Func, reflect.Chan, reflect.Map, reflect.UnsafePointer:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return reachesInterface(r.Elem(), seen)
	case reflect.Struct:
		if r.PkgPath() != "" && (r.Implements(reflect.TypeFor[xml.Marshaler]()) || r.NumMethod() > 0) {
			return false // it says itself what it is
		}
		for i := range r.NumField() {
			if r.Field(i).IsExported() && reachesInterface(r.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}
