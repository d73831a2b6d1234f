package exact

import (
	"fmt"
	"go/types"
	"reflect"
	"time"

	"adkernel/kernel/display"
	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// How native code that shows values looks into those of cells: held implements
// host.MethodHolder and display.Viewer.

// Method implements host.MethodHolder.
func (h held) Method(name string, want reflect.Type) (any, bool) {
	t := h.rt.table.TypeOf(h.v)
	if t == nil {
		return nil, false
	}
	sig := h.rt.methodOf(t, name)
	if sig == nil {
		return nil, false
	}
	if typ, err := h.rt.table.Of(sig); err != nil || typ.Native != want {
		return nil, false
	}
	return h.rt.boundMethod(h.v, name, sig, want).Interface(), true
}

// View implements display.Viewer.
func (h held) View() display.Value {
	return outside((&view.Cells{Table: h.rt.table, Host: h.rt}).Value(h.v))
}

func outside(v view.Value) display.Value {
	if v.Cell() == nil && (!v.IsValid() || !v.HoldsCells()) {
		return display.Native(v.Native())
	}
	return outsideValue{v}
}

// outsideValue is a value of a cell's type, or a native one that holds some,
// seen from outside.
type outsideValue struct{ v view.Value }

func (o outsideValue) Kind() reflect.Kind        { return o.v.Kind() }
func (o outsideValue) TypeName() string          { return o.v.TypeName() }
func (o outsideValue) IsNil() bool               { return o.v.IsNil() }
func (o outsideValue) Pointer() uintptr          { return o.v.Pointer() }
func (o outsideValue) Elem() display.Value       { return outside(o.v.Elem()) }
func (o outsideValue) NumField() int             { return o.v.NumField() }
func (o outsideValue) FieldName(i int) string    { return o.v.FieldInfo(i).Name }
func (o outsideValue) Field(i int) display.Value { return outside(o.v.Field(i)) }
func (o outsideValue) Len() int                  { return o.v.Len() }
func (o outsideValue) Index(i int) display.Value { return outside(o.v.Index(i)) }
func (o outsideValue) Scalar() any               { return o.v.Scalar() }

// Methods returns what has a text of its own.
func (o outsideValue) Methods() any {
	if !o.v.CanInterface() || o.v.Kind() == reflect.Interface || o.v.Kind() == reflect.Pointer && o.v.IsNil() {
		return nil
	}
	if err, ok := view.As[error](o.v); ok {
		return err
	}
	if s, ok := view.As[fmt.Stringer](o.v); ok {
		return s
	}
	return nil
}

func (o outsideValue) Entries(most int) []display.Entry {
	all := o.v.SomeEntries(most)
	out := make([]display.Entry, len(all))
	for i, e := range all {
		out[i] = display.Entry{Key: outside(e.Key), Elem: outside(e.Elem)}
	}
	return out
}

func (o outsideValue) Element() display.Element {
	if o.v.Cell() == nil {
		return display.ElementOf(o.v.Native().Type().Elem())
	}
	t := o.v.Cell().Elem()
	if t.Exact && t.Native != nil {
		return display.ElementOf(t.Native)
	}
	e := display.Element{HasText: speaks(t.Go)}
	if p, ok := t.Go.Underlying().(*types.Pointer); ok {
		e.Pointer = true
		e.HasText = e.HasText || speaks(p.Elem())
		t = t.Elem()
	}
	e.Kind = view.KindOf(t)
	switch u := t.Go.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			b, ok := f.Type().Underlying().(*types.Basic)
			e.Fields = append(e.Fields, f.Name())
			e.Numbers = append(e.Numbers, ok && b.Info()&(types.IsInteger|types.IsFloat) != 0)
		}
	case *types.Slice, *types.Array:
		e.ElemKind = kindOfElement(t)
	}
	return e
}

func kindOfElement(t *layout.Type) reflect.Kind { return view.KindOf(t.Elem()) }

// speaks says whether values of the type have a text of their own.
func speaks(t types.Type) bool {
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() != nil && named.String() == reflect.TypeFor[time.Time]().String() {
		return true
	}
	methods := types.NewMethodSet(t)
	for _, name := range []string{"String", "Error", "Format"} {
		if methods.Lookup(nil, name) != nil {
			return true
		}
	}
	return false
}
