package display

import (
	"fmt"
	"reflect"
	"time"
)

// A Value is a value that can be looked into, as reflect.Value is one. Values
// of types that cells declare, which reflection may not see into, are others.
type Value interface {
	Kind() reflect.Kind // Invalid: what a nil interface holds
	// Methods returns the value, or one that stands for it, for what its
	// methods offer (error, fmt.Stringer, fmt.Formatter); nil where there is
	// none or it must not be had.
	Methods() any
	TypeName() string

	IsNil() bool      // of what may be nil
	Pointer() uintptr // of a pointer
	Elem() Value      // of a pointer or an interface

	NumField() int // of a struct
	FieldName(i int) string
	Field(i int) Value

	Len() int // of an array, slice, map, string, channel
	Index(i int) Value
	Entries(most int) []Entry // of a map, in no order, not more than so many
	Scalar() any              // of a basic kind

	// Element describes what an array, slice or map holds.
	Element() Element
}

// An Entry is a key of a map with its element.
type Entry struct{ Key, Elem Value }

// An Element is a type, as far as drawing its values in rows needs it.
type Element struct {
	Kind     reflect.Kind // of a pointer's target where Pointer is set
	Pointer  bool
	HasText  bool         // values have a text of their own
	Fields   []string     // of a struct
	Numbers  []bool       // which fields are numbers
	ElemKind reflect.Kind // of an array's or slice's own elements
}

// A Viewer is a native value that stands for one that reflection cannot look
// into.
type Viewer interface{ View() Value }

// of looks into v.
func of(v any) Value { return Native(reflect.ValueOf(v)) }

// Native is a value of the compiled program, or what stands behind a Viewer.
func Native(r reflect.Value) Value {
	if r.IsValid() && r.CanInterface() && r.Kind() != reflect.Interface && !(r.Kind() == reflect.Pointer && r.IsNil()) {
		if v, ok := r.Interface().(Viewer); ok {
			return v.View()
		}
	}
	return native{r}
}

// native is a value of the compiled program.
type native struct{ r reflect.Value }

func (n native) Kind() reflect.Kind { return n.r.Kind() }

func (n native) Methods() any {
	if !n.r.IsValid() || n.r.Kind() == reflect.Interface || !n.r.CanInterface() || n.r.Kind() == reflect.Pointer && n.r.IsNil() {
		return nil
	}
	return n.r.Interface()
}

func (n native) TypeName() string       { return n.r.Type().String() }
func (n native) IsNil() bool            { return n.r.IsNil() }
func (n native) Pointer() uintptr       { return n.r.Pointer() }
func (n native) Elem() Value            { return Native(n.r.Elem()) }
func (n native) NumField() int          { return n.r.NumField() }
func (n native) FieldName(i int) string { return n.r.Type().Field(i).Name }
func (n native) Field(i int) Value      { return Native(n.r.Field(i)) }
func (n native) Len() int               { return n.r.Len() }
func (n native) Index(i int) Value      { return Native(n.r.Index(i)) }

func (n native) Entries(most int) []Entry {
	all := make([]Entry, 0, min(most, n.r.Len()))
	for it := n.r.MapRange(); len(all) < most && it.Next(); {
		all = append(all, Entry{Native(it.Key()), Native(it.Value())})
	}
	return all
}

func (n native) Scalar() any {
	r := n.r
	switch {
	case r.Kind() == reflect.Bool:
		return r.Bool()
	case r.Kind() == reflect.String:
		return r.String()
	case r.CanInt():
		return r.Int()
	case r.CanUint():
		return r.Uint()
	case r.Kind() == reflect.Float32:
		return float32(r.Float())
	case r.CanFloat():
		return r.Float()
	case r.Kind() == reflect.Complex64:
		return complex64(r.Complex())
	case r.CanComplex():
		return r.Complex()
	}
	return fmt.Sprint(r)
}

func (n native) Element() Element { return ElementOf(n.r.Type().Elem()) }

// ElementOf describes a type of the compiled program.
func ElementOf(t reflect.Type) Element {
	e := Element{HasText: hasText(t)}
	if t.Kind() == reflect.Pointer {
		e.Pointer = true
		t = t.Elem()
	}
	e.Kind = t.Kind()
	e.HasText = e.HasText || hasText(t) || hasText(reflect.PointerTo(t)) && t.Kind() == reflect.Struct
	switch t.Kind() {
	case reflect.Struct:
		for field := range t.Fields() {
			e.Fields = append(e.Fields, field.Name)
			e.Numbers = append(e.Numbers, isNumber(field.Type.Kind()))
		}
	case reflect.Slice, reflect.Array:
		e.ElemKind = t.Elem().Kind()
	}
	return e
}

// hasText says whether values of the type have a text of their own.
func hasText(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[fmt.Stringer]()) || t.Implements(reflect.TypeFor[error]()) ||
		t.Implements(reflect.TypeFor[fmt.Formatter]()) || t.Implements(reflect.TypeFor[Viewer]()) || t == reflect.TypeFor[time.Time]()
}

// isNumber says whether values of the kind are aligned to the right.
func isNumber(k reflect.Kind) bool {
	return k >= reflect.Int && k <= reflect.Float64
}

func isScalar(k reflect.Kind) bool {
	switch k {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array, reflect.Pointer, reflect.Interface:
		return false
	}
	return true
}

// ownText is what a value says of itself.
func ownText(v Value) (string, bool) {
	switch own := v.Methods().(type) {
	case time.Time:
		return own.Round(0).String(), true // without the reading of the monotonic clock
	case error:
		return own.Error(), true
	case fmt.Stringer:
		return own.String(), true
	case fmt.Formatter:
		return fmt.Sprint(own), true
	}
	return "", false
}
