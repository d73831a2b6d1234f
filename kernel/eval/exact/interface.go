package exact

import (
	"go/types"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

func (b *builder) makeInterface(in *ssa.MakeInterface) {
	t := b.typ(in.X.Type())
	b.needMethods(in.X.Type())
	b.locs[in] = b.boxed(b.at(in.X), t)
}

// boxed makes an interface of a value in registers.
func (b *builder) boxed(x loc, t *layout.Type) loc {
	l := loc{0, b.np * 8}
	b.np += 2
	b.boxInto(x, t, l)
	return l
}

func (b *builder) boxInto(x loc, t *layout.Type, l loc) {
	b.emit(opLdP, l.p, b.ptrIndex(t.Word), 0)
	switch {
	case t.Direct && t.Boxed: // an array of one pointer
		b.emit(opLdPtr, l.p+8, x.p, 0)
	case t.Direct, t.Boxed:
		b.emit(opMovP, l.p+8, x.p, 0)
	case t.Mem.Size() == 0:
		b.emit(opLdP, l.p+8, b.ptrIndex(unsafe.Pointer(&zeroBase)), 0)
	default:
		b.emit(opNew, l.p+8, b.typeIndex(t), 0)
		b.eachSlot(t, x, func(slot layout.Slot, reg int32) {
			b.emit(storeOps[slot.Kind], reg, l.p+8, int32(slot.Offset))
		})
	}
}

// unbox copies what the data word of an interface stands for into registers.
func unbox(t *layout.Type, data unsafe.Pointer, u, p unsafe.Pointer, l loc) {
	switch {
	case t.Direct && t.Boxed:
		cell := new(unsafe.Pointer)
		*cell = data
		*rp(p, l.p) = unsafe.Pointer(cell)
		return
	case t.Direct:
		*rp(p, l.p) = data
		return
	}
	readMemory(t, data, u, p, l)
}

func (b *builder) typeAssert(in *ssa.TypeAssert) {
	if isNilCheck(in) {
		b.emit(opChkNil, b.at(in.X).p, 0, 0)
		return
	}
	x, l := b.at(in.X), b.slot(in)
	want := b.typ(in.AssertedType)
	static := in.X.Type()
	if it, ok := in.AssertedType.Underlying().(*types.Interface); ok {
		b.assertInterface(in, x, l, it)
		return
	}
	okAt := l.plus(want.NU, want.NP)
	commaOk := in.CommaOk
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		w := *(*iface)(unsafe.Pointer(rp(p, x.p)))
		if w.typ == want.Word {
			unbox(want, w.data, u, p, l)
			if commaOk {
				*ru(u, okAt.u) = 1
			}
			return false
		}
		if n := want.Native; n != nil && !want.Exact && w.typ != nil && reflect.TypeOf(*rany(p, x.p)) == n {
			// a func, or a slice of errors, that came from native code
			if commaOk {
				*ru(u, okAt.u) = 1
			}
			return !m.rt.fromNative(m, reflect.ValueOf(*rany(p, x.p)), want, u, p, l)
		}
		if !commaOk {
			m.raiseAssert(static, want.Go, *rany(p, x.p), "")
			return true
		}
		zeroSlots(want, u, p, l)
		*ru(u, okAt.u) = 0
		return false
	})
}

// isNilCheck says that package ssa checks so that the interface is not nil whose
// method value comes next.
func isNilCheck(in *ssa.TypeAssert) bool {
	if in.CommaOk || in.X.Type() != in.AssertedType {
		return false
	}
	for _, next := range in.Block().Instrs {
		if c, ok := next.(*ssa.MakeClosure); ok && c.Pos() == in.Pos() && in.Pos().IsValid() {
			return true
		}
	}
	return !in.Pos().IsValid()
}

func zeroSlots(t *layout.Type, u, p unsafe.Pointer, l loc) {
	if t.Boxed {
		*rp(p, l.p) = t.Zero()
		return
	}
	for i := range int32(t.NU) {
		*ru(u, l.u+i*8) = 0
	}
	for i := range int32(t.NP) {
		*rp(p, l.p+i*8) = nil
	}
}

func (b *builder) assertInterface(in *ssa.TypeAssert, x, l loc, it *types.Interface) {
	commaOk, static, want := in.CommaOk, in.X.Type(), in.AssertedType
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		v := *rany(p, x.p)
		missing, ok := "", v != nil
		if ok {
			missing, ok = m.rt.implements(v, it)
		}
		switch {
		case ok:
			*rany(p, l.p) = v
		case commaOk:
			*rany(p, l.p) = nil
		default:
			m.raiseAssert(static, want, v, missing)
			return true
		}
		if commaOk {
			*ru(u, l.u) = bit(ok)
		}
		return false
	})
}

// raiseAssert reports a failed type assertion.
func (m *machine) raiseAssert(static, want types.Type, v any, missing string) {
	asserted, inter, concrete := layout.Name(want), layout.Name(static), ""
	switch {
	case v == nil && isInterface(want):
		inter = ""
	case v != nil:
		concrete = m.rt.typeName(v)
	}
	m.raise(&panicking{val: assertionError(inter, concrete, asserted, missing)})
}
