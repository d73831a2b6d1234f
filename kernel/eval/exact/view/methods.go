package view

import (
	"go/types"
	"reflect"
	"slices"
	"sync"

	"adkernel/kernel/eval/exact/layout"
)

// lack is a type that does not implement an interface.
type lack struct {
	typ   *layout.Type
	iface reflect.Type
}

// as asks the host for v, of a cell's type, as an interface, if the type could
// have the methods.
func (c *Cells) as(v Value, iface reflect.Type) (any, bool) {
	key := lack{v.typ, iface}
	if c.lacks[key] {
		return nil, false
	}
	if mayHave(v.typ.Go, methodNames(iface)) {
		if n, ok := c.Host.As(v.Interface(), iface); ok {
			return n, true
		}
	}
	if c.lacks == nil {
		c.lacks = map[lack]bool{}
	}
	c.lacks[key] = true
	return nil, false
}

var names sync.Map // reflect.Type of an interface -> []string

func methodNames(iface reflect.Type) []string {
	if n, ok := names.Load(iface); ok {
		return n.([]string)
	}
	var out []string
	for i := range iface.NumMethod() {
		out = append(out, iface.Method(i).Name)
	}
	names.Store(iface, out)
	return out
}

// mayHave says whether a type could have methods of all these names. It is
// quick where it says no.
func mayHave(t types.Type, names []string) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Pointer:
		_, isPointer := t.Elem().Underlying().(*types.Pointer)
		return !isPointer && mayHave(t.Elem(), names)
	case *types.Named:
		if embeds(t.Underlying()) {
			return true
		}
		has := 0
		for m := range t.Origin().Methods() {
			if slices.Contains(names, m.Name()) {
				has++
			}
		}
		return has == len(names)
	}
	return embeds(t)
}

func embeds(t types.Type) bool {
	s, ok := t.(*types.Struct)
	if !ok {
		return false
	}
	for f := range s.Fields() {
		if f.Embedded() {
			return true
		}
	}
	return false
}
