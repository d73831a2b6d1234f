package exact

import (
	"go/types"
	"reflect"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// mapType is what instructions on maps of one type need.
type mapType struct {
	t, key, elem *layout.Type
	container    reflect.Type
}

func (b *builder) mapType(t types.Type) *mapType {
	l := b.typ(t)
	mt := &mapType{t: l, key: b.typ(l.Key().Go), elem: b.typ(l.Elem().Go)}
	mt.container = l.Container()
	return mt
}

// at is the map that a register points to.
func (mt *mapType) at(m unsafe.Pointer) reflect.Value {
	return reflect.NewAt(mt.container, unsafe.Pointer(&m)).Elem()
}

func (b *builder) makeMap(in *ssa.MakeMap) {
	mt, l := b.mapType(in.Type()), b.slot(in)
	reserve := int32(-1)
	if in.Reserve != nil {
		reserve = b.at(in.Reserve).u
	}
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		n := 0
		if reserve >= 0 {
			n = int(min(max(*ri(u, reserve), 0), 1<<20)) // a hint
		}
		*rp(p, l.p) = reflect.MakeMapWithSize(mt.container, n).UnsafePointer()
		return false
	})
}

// keyOf reads a key.
func (mt *mapType) keyOf(u, p unsafe.Pointer, l loc) reflect.Value {
	return mt.key.At(value(mt.key, u, p, l))
}

// access runs f on the map q; also a nil one may have no hash for a key. False:
// m.raised is set.
func (m *machine) access(q unsafe.Pointer, writes bool, f func()) bool {
	if !m.enterMap(q, writes) {
		return false
	}
	v := genuine(f)
	m.leaveMap(q, writes)
	if v != nil {
		m.raise(&panicking{val: m.rt.cellsWords(v)})
		return false
	}
	return true
}

func (b *builder) lookup(in *ssa.Lookup) {
	mt, x, k, l := b.mapType(in.X.Type()), b.at(in.X), b.at(in.Index), b.slot(in)
	okAt := l.plus(mt.elem.NU, mt.elem.NP)
	commaOk := in.CommaOk
	if fast := fastMapOf(mt); fast != nil {
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			q := *rp(p, x.p)
			if !m.enterMap(q, false) {
				return true
			}
			ok := fast.get(q, u, p, k, l)
			m.leaveMap(q, false)
			if commaOk {
				*ru(u, okAt.u) = bit(ok)
			}
			return false
		})
		return
	}
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		var v reflect.Value
		q, key := *rp(p, x.p), mt.keyOf(u, p, k)
		if !m.access(q, false, func() { v = mt.at(q).MapIndex(key) }) {
			return true
		}
		if v.IsValid() {
			mem := mt.elem.New()
			mt.elem.At(mem).Set(v)
			readMemory(mt.elem, mem, u, p, l)
		} else {
			zeroSlots(mt.elem, u, p, l)
		}
		if commaOk {
			*ru(u, okAt.u) = bit(v.IsValid())
		}
		return false
	})
}

func (b *builder) mapUpdate(in *ssa.MapUpdate) {
	mt, x, k, v := b.mapType(in.Map.Type()), b.at(in.Map), b.at(in.Key), b.at(in.Value)
	if fast := fastMapOf(mt); fast != nil {
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			q := *rp(p, x.p)
			if q == nil {
				m.raiseNilMap()
				return true
			}
			if !m.enterMap(q, true) {
				return true
			}
			fast.set(q, u, p, k, v)
			m.leaveMap(q, true)
			return false
		})
		return
	}
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		q := *rp(p, x.p)
		if q == nil {
			m.raiseNilMap()
			return true
		}
		key, elem := mt.keyOf(u, p, k), mt.elem.At(value(mt.elem, u, p, v))
		return !m.access(q, true, func() { mt.at(q).SetMapIndex(key, elem) })
	})
}

func (m *machine) raiseNilMap() {
	assign := func(to map[int]int) { to[0] = 0 }
	m.raise(&panicking{val: genuine(func() { assign(nil) })})
}

func (b *builder) deleteKey(mv, kv ssa.Value) {
	mt, x, k := b.mapType(mv.Type()), b.at(mv), b.at(kv)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		q, key := *rp(p, x.p), mt.keyOf(u, p, k)
		return !m.access(q, true, func() { mt.at(q).SetMapIndex(key, reflect.Value{}) })
	})
}

func (b *builder) clearMap(v ssa.Value) {
	mt, x := b.mapType(v.Type()), b.at(v)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		if q := *rp(p, x.p); q != nil {
			if !m.enterMap(q, true) {
				return true
			}
			mt.at(q).Clear()
			m.leaveMap(q, true)
		}
		return false
	})
}

func (b *builder) mapLen(v ssa.Value, l loc) {
	mt, x := b.mapType(v.Type()), b.at(v)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		*ri(u, l.u) = 0
		if q := *rp(p, x.p); q != nil {
			*ri(u, l.u) = int64(mt.at(q).Len())
		}
		return false
	})
}

// textIter is where a range over a string is.
type textIter struct {
	s string
	i int
}

// mapIter is where a range over a map is.
type mapIter struct {
	m    unsafe.Pointer
	iter *reflect.MapIter

	key, elem unsafe.Pointer // what it is at; registers hold copies, but of Boxed types
}

func (b *builder) rangeOver(in *ssa.Range) {
	x, l := b.at(in.X), b.slot(in)
	if _, ok := in.X.Type().Underlying().(*types.Basic); ok {
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			*rp(p, l.p) = unsafe.Pointer(&textIter{s: rstr(u, p, x)})
			return false
		})
		return
	}
	mt := b.mapType(in.X.Type())
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		it := &mapIter{m: *rp(p, x.p)}
		if it.m != nil {
			it.iter = mt.at(it.m).MapRange()
		}
		*rp(p, l.p) = unsafe.Pointer(it)
		return false
	})
}

func (b *builder) next(in *ssa.Next) {
	it, l := b.at(in.Iter), b.slot(in)
	tuple := in.Type().(*types.Tuple) // ok, key, element; those that nothing uses have no type
	ku, kp := b.size(tuple.At(1).Type())
	keyAt := l.plus(1, 0)
	elemAt := keyAt.plus(int(ku), int(kp))
	wantKey := tuple.At(1).Type() != types.Typ[types.Invalid]
	wantElem := tuple.At(2).Type() != types.Typ[types.Invalid]
	if in.IsString {
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			t := (*textIter)(*rp(p, it.p))
			if t.i >= len(t.s) {
				*ru(u, l.u) = 0
				return false
			}
			r, n := utf8.DecodeRuneInString(t.s[t.i:])
			*ru(u, l.u) = 1
			if wantKey {
				*ri(u, keyAt.u) = int64(t.i)
			}
			if wantElem {
				*ri(u, elemAt.u) = int64(r)
			}
			t.i += n
			return false
		})
		return
	}
	mt := b.mapType(in.Iter.(*ssa.Range).X.Type())
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		i := (*mapIter)(*rp(p, it.p))
		ok := false
		if i.iter != nil {
			if !m.enterMap(i.m, false) {
				return true
			}
			ok = i.iter.Next()
			m.leaveMap(i.m, false)
		}
		*ru(u, l.u) = bit(ok)
		if !ok {
			return false
		}
		if wantKey {
			if i.key == nil || mt.key.Boxed {
				i.key = mt.key.New()
			}
			mt.key.At(i.key).SetIterKey(i.iter)
			readMemory(mt.key, i.key, u, p, keyAt)
		}
		if wantElem {
			if i.elem == nil || mt.elem.Boxed {
				i.elem = mt.elem.New()
			}
			mt.elem.At(i.elem).SetIterValue(i.iter)
			readMemory(mt.elem, i.elem, u, p, elemAt)
		}
		return false
	})
}
