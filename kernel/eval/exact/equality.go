package exact

import (
	"go/token"
	"go/types"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

func isInterface(t types.Type) bool { return types.IsInterface(t) }

// equality compiles == and != of everything but numbers and strings.
func (b *builder) equality(in *ssa.BinOp) {
	l := b.slot(in)
	negate := in.Op == token.NEQ
	x, y := in.X, in.Y
	if isNilConst(x) {
		x, y = y, x
	}
	if isNilConst(y) {
		// The first word of everything that can be nil says whether it is.
		b.emit(map[bool]op{false: opEqP, true: opNeP}[negate], l.u, b.at(x).p, b.nilReg())
		return
	}
	xi, yi := isInterface(x.Type()), isInterface(y.Type())
	if xi != yi { // the other operand is converted
		t := x.Type()
		lx, ly := b.at(x), b.at(y)
		if xi {
			t = y.Type()
			ly = b.boxed(ly, b.typ(t))
		} else {
			lx = b.boxed(lx, b.typ(t))
		}
		b.compareInterfaces(lx, ly, l, negate)
		return
	}
	lx, ly := b.at(x), b.at(y)
	if xi {
		b.compareInterfaces(lx, ly, l, negate)
		return
	}
	t := b.typ(x.Type())
	if len(t.Slots) == 1 && !t.Boxed && t.Slots[0].Kind == layout.Pointer {
		b.emit(map[bool]op{false: opEqP, true: opNeP}[negate], l.u, lx.p, ly.p)
		return
	}
	eq := b.comparer(t)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		r, ok := eq(m, value(t, u, p, lx), value(t, u, p, ly))
		*ru(u, l.u) = bit(r != negate)
		return !ok
	})
}

func isNilConst(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	if !ok || c.Value != nil {
		return false
	}
	switch c.Type().Underlying().(type) {
	case *types.Struct, *types.Array:
		return false
	case *types.Basic:
		return c.Type().Underlying().(*types.Basic).Kind() == types.UnsafePointer || c.Type().Underlying().(*types.Basic).Kind() == types.UntypedNil
	}
	return true
}

func (b *builder) nilReg() int32 {
	r := b.freshP()
	b.head = append(b.head, instr{op: opNil, a: r})
	return r
}

func (b *builder) compareInterfaces(x, y, l loc, negate bool) {
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		r, ok := m.equalInterfaces(*rany(p, x.p), *rany(p, y.p))
		*ru(u, l.u) = bit(r != negate)
		return !ok
	})
}

// equalInterfaces is == of two interface values; false as the second result
// means that m.raised is set.
func (m *machine) equalInterfaces(x, y any) (equal, ok bool) {
	wx, wy := words(x), words(y)
	if wx.typ != wy.typ {
		return false, true
	}
	if wx.typ == nil {
		return true, true
	}
	if t := m.rt.table.ByWord(wx.typ); t != nil && !t.Comparable {
		m.raise(&panicking{val: runtimeErrorf("comparing uncomparable type %s", t)})
		return false, false
	}
	if v := genuine(func() { equal = x == y }); v != nil {
		m.raise(&panicking{val: m.rt.cellsWords(v)})
		return false, false
	}
	return equal, true
}

// iface is an interface value's two words.
type iface struct{ typ, data unsafe.Pointer }

func words(v any) iface { return *(*iface)(unsafe.Pointer(&v)) }

// comparer returns a comparison of two variables of type t. Blank fields do
// not count.
func (b *builder) comparer(t *layout.Type) func(m *machine, x, y unsafe.Pointer) (equal, ok bool) {
	switch u := t.Go.Underlying().(type) {
	case *types.Interface:
		return func(m *machine, x, y unsafe.Pointer) (bool, bool) { return m.equalInterfaces(*(*any)(x), *(*any)(y)) }
	case *types.Struct:
		if t.Exact {
			break
		}
		type part struct {
			off uintptr
			eq  func(m *machine, x, y unsafe.Pointer) (bool, bool)
		}
		var parts []part
		for i := range u.NumFields() {
			if u.Field(i).Name() != "_" {
				parts = append(parts, part{t.Mem.Field(i).Offset, b.comparer(b.typ(u.Field(i).Type()))})
			}
		}
		return func(m *machine, x, y unsafe.Pointer) (bool, bool) {
			for _, f := range parts {
				if eq, ok := f.eq(m, unsafe.Add(x, f.off), unsafe.Add(y, f.off)); !eq || !ok {
					return false, ok
				}
			}
			return true, true
		}
	case *types.Array:
		if t.Exact {
			break
		}
		et := b.typ(u.Elem())
		eq, n, size := b.comparer(et), int(u.Len()), et.Mem.Size()
		return func(m *machine, x, y unsafe.Pointer) (bool, bool) {
			for i := range n {
				if eq, ok := eq(m, unsafe.Add(x, uintptr(i)*size), unsafe.Add(y, uintptr(i)*size)); !eq || !ok {
					return false, ok
				}
			}
			return true, true
		}
	}
	return func(m *machine, x, y unsafe.Pointer) (equal, ok bool) {
		if v := genuine(func() { equal = t.At(x).Equal(t.At(y)) }); v != nil {
			m.raise(&panicking{val: m.rt.cellsWords(v)})
			return false, false
		}
		return equal, true
	}
}
