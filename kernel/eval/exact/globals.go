package exact

import (
	"go/types"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// global is the address of a package-level variable.
func (b *builder) global(g *ssa.Global) unsafe.Pointer {
	v, _ := g.Object().(*types.Var)
	if v == nil {
		b.refuse("variable %s", g.Name())
	}
	if x := b.globals[v]; x != nil {
		return x.ptr
	}
	if x := b.rt.globals.get(v); x != nil {
		return x.ptr
	}
	if !b.rt.isSource(v.Pkg()) {
		r := b.nativeVar(v)
		t := b.typ(v.Type())
		if !t.Exact {
			b.refuse("the address of %s.%s: native code keeps it in another form", v.Pkg().Path(), v.Name())
		}
		return r.Addr().UnsafePointer()
	}
	t := b.typ(v.Type())
	if size := uint64(t.Mem.Size()); size >= largeBytes && b.rt.tooLarge(size) {
		b.refuse("%v", b.rt.memoryError(size))
	}
	x := &variable{t.New(), t}
	b.globals[v] = x
	return x.ptr
}

func (b *builder) nativeVar(v *types.Var) reflect.Value {
	r, ok := b.rt.symbols(v.Pkg().Path(), v.Name())
	if !ok || !r.CanAddr() {
		b.refuse("variable %s.%s is not available in cells", v.Pkg().Path(), v.Name())
	}
	b.rt.table.Bind(v.Type(), r.Type())
	return r
}

// foreignGlobal is a native variable that has to be converted at each access.
func (b *builder) foreignGlobal(g *ssa.Global) (unsafe.Pointer, *layout.Type) {
	v, _ := g.Object().(*types.Var)
	if v == nil || b.rt.isSource(v.Pkg()) {
		return nil, nil
	}
	r := b.nativeVar(v)
	t := b.typ(v.Type())
	if t.Exact {
		return nil, nil
	}
	if isOpen(v.Type()) {
		return r.Addr().UnsafePointer(), t
	}
	b.refuse("variable %s.%s: its type %s cannot be shared with native code", v.Pkg().Path(), v.Name(), t)
	return nil, nil
}
