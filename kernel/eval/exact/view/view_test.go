package view_test

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"adkernel/kernel/eval/exact/view"
	"adkernel/kernel/eval/exact/view/viewtest"
)

const source = `package p
type inner struct{ A int; b string }
type T struct {
	inner
	L []T
	M map[string]inner
	I any
	p *T
}
func (t T) Name() string { return "T" + t.b }
`

type inner struct {
	A int
	b string
}

type T struct {
	inner
	L []T
	M map[string]inner
	I any
	p *T
}

func (t T) Name() string { return "T" + t.b }

type named interface{ Name() string }

func newCells(t *testing.T) (*viewtest.World, *view.Cells) {
	w := viewtest.New(t, "adkernel/kernel/eval/exact/view_test", source, map[string]reflect.Type{"inner": reflect.TypeFor[inner](), "T": reflect.TypeFor[T]()})
	return w, w.Cells()
}

func TestAccessFollowsReflect(t *testing.T) {
	w, c := newCells(t)
	v := c.Value(w.Cell(&T{inner: inner{1, "x"}, L: []T{{}}, p: &T{L: []T{{}}}})).Elem()
	r := reflect.ValueOf(&T{inner: inner{1, "x"}, L: []T{{}}, p: &T{L: []T{{}}}}).Elem()
	for i, want := range []bool{false, true, true, true, false} {
		assert.Equal(t, want, v.Field(i).CanInterface(), i)
		assert.Equal(t, r.Field(i).CanInterface(), v.Field(i).CanInterface(), i)
		assert.Equal(t, r.Field(i).CanSet(), v.Field(i).CanSet(), i)
	}
	// Fields promoted from an unexported embedded struct are accessible; what
	// lies behind an unexported field is not.
	assert.True(t, v.Field(0).Field(0).CanInterface())
	assert.False(t, v.Field(0).Field(1).CanInterface())
	assert.False(t, v.Field(4).Elem().Field(1).Index(0).CanInterface())
	assert.False(t, c.Value(w.Cell(T{})).Field(1).CanSet(), "what an interface holds is no variable")
}

func TestAs(t *testing.T) {
	w, c := newCells(t)
	n, ok := view.As[named](c.Value(w.Cell(T{})))
	assert.True(t, ok)
	assert.Equal(t, "T", n.Name())
	_, ok = view.As[named](c.Value(w.Cell(inner{})))
	assert.False(t, ok)
	_, ok = view.As[error](c.Value(w.Cell(&T{})))
	assert.False(t, ok)
	assert.True(t, view.Implements[named](c.Value(w.Cell(&T{})).Type()))
}

func TestHoldsCells(t *testing.T) {
	w, c := newCells(t)
	cell := w.Cell(T{})
	loop := []any{1}
	loop[0] = loop
	for _, held := range []any{cell, []any{cell}, map[string]any{"a": []any{1, cell}}, &[]any{cell}, struct{ X any }{cell}, [1]any{cell}, map[any]int{w.Cell(new(T)): 1}} {
		assert.True(t, c.Value(held).HoldsCells(), "%T", held)
	}
	for _, plain := range []any{nil, 1, []any{1, nil, "x"}, map[string]any{"a": []any{}}, &loop, loop, t} {
		assert.False(t, c.Value(plain).HoldsCells(), "%T", plain)
	}
}

func TestMaps(t *testing.T) {
	w, c := newCells(t)
	m := c.Value(w.Cell(&T{M: map[string]inner{"a": {1, "x"}}})).Elem().Field(2)
	assert.Equal(t, 1, m.Len())
	e := m.MapIndex(c.Value("a"))
	assert.Equal(t, 1, e.Field(0).Scalar())
	assert.False(t, m.MapIndex(c.Value("b")).IsValid())
	m.SetMapIndex(c.Value("b"), e)
	assert.Len(t, m.Entries(), 2)
}

// guard counts who reads maps.
type guard struct {
	*viewtest.World
	reads, done int
}

func (g *guard) ReadMap(unsafe.Pointer) func() {
	g.reads++
	return func() { g.done++ }
}

func TestMapsAreGuarded(t *testing.T) {
	w, _ := newCells(t)
	g := &guard{World: w}
	c := &view.Cells{Table: w.Table, Host: g}
	m := c.Value(w.Cell(map[string]inner{"a": {}}))
	m.Entries()
	m.MapIndex(c.Value("a"))
	c.Value(map[string]any{"a": 1}).Entries()
	assert.Equal(t, [2]int{3, 3}, [2]int{g.reads, g.done})
}
