package exact

import (
	"go/types"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// A spot is an address in the making: a pointer register and an offset, or an
// element behind it.
type spot struct {
	base  int32 // pointer register
	off   int32
	elem  *element
	owner *layout.Type // of a field that lies in native memory in another layout: its struct
	field int
	ptr   unsafe.Pointer // of a native variable of another layout
	typ   *layout.Type   // what lies there then
	reg   *loc           // of a variable in registers
}

// element is an index that is checked when the spot is used.
type element struct {
	index, length int32
	size          int32
	unsigned      uint16
}

// foreign says that what lies at the spot is laid out as native code wants it,
// and is converted at each access.
func (s spot) foreign() bool { return s.owner != nil || s.ptr != nil }

func pointee(t types.Type) types.Type { return t.Underlying().(*types.Pointer).Elem() }

// isForeignField says whether a field of a native struct holds an interface
// with methods or a func, which native code lays out otherwise.
func (b *builder) isForeignField(in *ssa.FieldAddr) bool {
	owner := b.typ(pointee(in.X.Type()))
	if !owner.Exact {
		return false
	}
	b.checkField(owner.Go, in.Field)
	ft := pointee(in.Type())
	if b.typ(ft).Exact {
		return false
	}
	if isOpen(ft) {
		return true
	}
	b.pos = in.Pos()
	b.refuse("field %s of %s: its type %s cannot be shared with native code", fieldName(in), owner, layout.Name(ft))
	return false
}

// isOpen says whether a value of native code's is converted at each access.
func isOpen(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Interface, *types.Signature:
		return true
	}
	return false
}

// checkField refuses what no cell's type can give.
func (b *builder) checkField(owner types.Type, field int) {
	t := b.typ(owner)
	if t.Native == reflect.TypeFor[reflect.Method]() && t.Native.Field(field).Name == "Func" {
		b.refuse("reflect.Method.Func: methods of cells' types are not funcs of package reflect")
	}
}

// spotOf returns where v, an address, points to.
func (b *builder) spotOf(v ssa.Value) spot {
	switch x := v.(type) {
	case *ssa.Global:
		if p, t := b.foreignGlobal(x); p != nil {
			return spot{ptr: p, typ: t}
		}
	case *ssa.Alloc:
		if v, ok := b.vars[x]; ok {
			return spot{reg: &v.at}
		}
	case *ssa.FieldAddr:
		if !b.folded[x] {
			break
		}
		s := b.spotOf(x.X)
		owner := b.typ(pointee(x.X.Type()))
		if s.reg != nil {
			at := s.reg.plus(owner.FieldSlots(x.Field))
			return spot{reg: &at}
		}
		s.off += int32(owner.Mem.Field(x.Field).Offset)
		if b.isForeignField(x) {
			s.owner, s.field, s.typ = owner, x.Field, b.typ(pointee(x.Type()))
		}
		return s
	case *ssa.IndexAddr:
		if b.folded[x] {
			return b.element(x)
		}
	}
	return spot{base: b.at(v).p}
}

// element prepares the access to an element of a slice or of an array behind a
// pointer.
func (b *builder) element(x *ssa.IndexAddr) spot {
	e := &element{index: b.index(x.Index), unsigned: unsigned(x.Index.Type())}
	switch t := x.X.Type().Underlying().(type) {
	case *types.Slice:
		base := b.at(x.X)
		e.length, e.size = base.u, int32(b.typ(t.Elem()).Mem.Size())
		return spot{base: base.p, elem: e}
	case *types.Pointer:
		array := t.Elem().Underlying().(*types.Array)
		s := b.spotOf(x.X)
		if s.elem != nil || s.off != 0 {
			s = spot{base: b.addressOf(s)}
		}
		b.emit(opChkNil, s.base, 0, 0)
		e.length, e.size = b.intConst(array.Len()), int32(b.typ(array.Elem()).Mem.Size())
		return spot{base: s.base, elem: e}
	}
	b.refuse("index of %s", x.X.Type())
	return spot{}
}

// unsigned says how an index is to be read, should it be out of range.
func unsigned(t types.Type) uint16 {
	if t, ok := t.Underlying().(*types.Basic); ok && t.Info()&types.IsUnsigned != 0 {
		return 1
	}
	return 0
}

// index is the scalar register of an index.
func (b *builder) index(v ssa.Value) int32 { return b.at(v).u }

// intConst is a scalar register that holds n.
func (b *builder) intConst(n int64) int32 {
	r := b.freshU()
	in := instr{op: opLdI, a: r, c: int32(n)}
	if n != int64(int32(n)) {
		b.code.words = append(b.code.words, uint64(n))
		in = instr{op: opLdK, a: r, b: int32(len(b.code.words) - 1)}
	}
	b.head = append(b.head, in)
	return r
}

// addressOf computes a spot's address into a pointer register.
func (b *builder) addressOf(s spot) int32 {
	switch {
	case s.elem != nil:
		r := b.freshP()
		b.emitElem(opIdxAddr, r, s, 0)
		return r
	case s.off != 0:
		r := b.freshP()
		b.emit(opLea, r, s.base, s.off)
		return r
	}
	return s.base
}

func (b *builder) emitElem(o op, reg int32, s spot, off int32) {
	b.emitK(o, s.elem.unsigned, reg, s.base, s.elem.index)
	b.emit(opTail, s.elem.length, s.elem.size, s.off+off)
}

// materialize computes an address that was to be folded, where it is needed
// as a value after all.
func (b *builder) materialize(v ssa.Value, in ssa.Instruction) loc {
	b.folded[v] = false
	b.instr(in)
	b.folded[v] = true
	return b.locs[v]
}

var loadOps = map[layout.Kind]op{layout.Uint8: opLd8U, layout.Int8: opLd8S, layout.Uint16: opLd16U, layout.Int16: opLd16S, layout.Uint32: opLd32U, layout.Int32: opLd32S, layout.Word64: opLd64, layout.Float32: opLd32U, layout.Pointer: opLdPtr}
var storeOps = map[layout.Kind]op{layout.Uint8: opSt8, layout.Int8: opSt8, layout.Uint16: opSt16, layout.Int16: opSt16, layout.Uint32: opSt32, layout.Int32: opSt32, layout.Word64: opSt64, layout.Float32: opSt32, layout.Pointer: opStPtr}
var indexOps = map[layout.Kind]op{layout.Uint8: opIdx8U, layout.Int8: opIdx8S, layout.Uint16: opIdx16U, layout.Int16: opIdx16S, layout.Uint32: opIdx32U, layout.Int32: opIdx32S, layout.Word64: opIdx64, layout.Float32: opIdx32U, layout.Pointer: opIdxPtr}
var setOps = map[layout.Kind]op{layout.Uint8: opSet8, layout.Int8: opSet8, layout.Uint16: opSet16, layout.Int16: opSet16, layout.Uint32: opSet32, layout.Int32: opSet32, layout.Word64: opSet64, layout.Float32: opSet32, layout.Pointer: opSetPtr}

// loadFrom emits the load of a value of type t.
func (b *builder) loadFrom(s spot, t *layout.Type, dst loc) {
	if s.reg != nil {
		b.moveSlots(dst, *s.reg, int32(t.NU), int32(t.NP))
		return
	}
	if s.foreign() {
		b.foreignAccess(s, dst, true)
		return
	}
	if t.Boxed {
		p := b.addressOf(s)
		b.emit(opNewCopy, dst.p, p, b.typeIndex(t))
		b.emit(opTail, 0, 0, 0)
		return
	}
	b.transfer(s, t, dst, indexOps, loadOps)
}

// transfer emits what moves the slots of a value between its registers and a
// spot: elements for one slot of an element, slots for the others.
func (b *builder) transfer(s spot, t *layout.Type, l loc, elements, slots map[layout.Kind]op) {
	if len(t.Slots) == 0 {
		b.checkSpot(s)
		return
	}
	if s.elem != nil {
		if len(t.Slots) == 1 {
			reg := l.u
			if t.Slots[0].Kind == layout.Pointer {
				reg = l.p
			}
			b.emitElem(elements[t.Slots[0].Kind], reg, s, int32(t.Slots[0].Offset))
			return
		}
		s = spot{base: b.addressOf(s)}
	}
	b.eachSlot(t, l, func(slot layout.Slot, reg int32) {
		b.emit(slots[slot.Kind], reg, s.base, s.off+int32(slot.Offset))
	})
}

// checkSpot emits the checks of an access that moves nothing.
func (b *builder) checkSpot(s spot) {
	if s.elem != nil {
		b.addressOf(s)
	} else {
		b.emit(opChkNil, s.base, 0, 0)
	}
}

func (b *builder) eachSlot(t *layout.Type, l loc, f func(slot layout.Slot, reg int32)) {
	for _, slot := range t.Slots {
		if slot.Kind == layout.Pointer {
			f(slot, l.p)
			l.p += 8
		} else {
			f(slot, l.u)
			l.u += 8
		}
	}
}

// storeTo emits the store of a value of type t.
func (b *builder) storeTo(s spot, t *layout.Type, src loc) {
	if s.reg != nil {
		b.moveSlots(*s.reg, src, int32(t.NU), int32(t.NP))
		return
	}
	if s.foreign() {
		b.foreignAccess(s, src, false)
		return
	}
	if t.Boxed {
		p := b.addressOf(s)
		b.emit(opCopy, p, src.p, b.typeIndex(t))
		b.emit(opTail, 0, 0, 0)
		return
	}
	b.transfer(s, t, src, setOps, storeOps)
}

// foreignAccess loads or stores with a conversion from or to native layout.
func (b *builder) foreignAccess(s spot, l loc, load bool) {
	t, rt := s.typ, b.rt
	base, off, ptr := s.base, uintptr(s.off), s.ptr
	if s.elem != nil {
		base, off = b.addressOf(spot{base: s.base, elem: s.elem}), uintptr(s.off)
	}
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		at := ptr
		if at == nil {
			at = *rp(p, base)
			if at == nil {
				m.raiseNil()
				return true
			}
			at = unsafe.Add(at, off)
		}
		v := reflect.NewAt(t.Native, at).Elem()
		if load {
			return !rt.fromNative(m, v, t, u, p, l)
		}
		n, ok := rt.toNative(m, t, u, p, l, t.Native)
		if ok {
			v.Set(n)
		}
		return !ok
	})
}
