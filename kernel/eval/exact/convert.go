package exact

import (
	"go/types"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// convert compiles conversions that change the representation.
func (b *builder) convert(v ssa.Value, to types.Type, l loc) {
	from := v.Type()
	fu, tu := from.Underlying(), to.Underlying()
	fb, fromBasic := fu.(*types.Basic)
	tb, toBasic := tu.(*types.Basic)
	switch {
	case fromBasic && toBasic && fb.Info()&types.IsNumeric != 0 && tb.Info()&types.IsNumeric != 0:
		b.number(b.at(v), l, b.typ(from).Mem.Kind(), b.typ(to).Mem.Kind())
	case toBasic && tb.Info()&types.IsString != 0:
		b.toString(v, fu, b.at(v), l)
	case fromBasic && fb.Info()&types.IsString != 0:
		b.fromString(tu, b.at(v), l)
	case toBasic && tb.Kind() == types.UnsafePointer && fromBasic && fb.Kind() == types.Uintptr:
		x := b.at(v)
		b.trusted("conversion of a uintptr to unsafe.Pointer")
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			*rp(p, l.p) = *(*unsafe.Pointer)(unsafe.Pointer(ru(u, x.u)))
			return false
		})
	case fromBasic && fb.Kind() == types.UnsafePointer && toBasic && tb.Kind() == types.Uintptr:
		x := b.at(v)
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			*ru(u, l.u) = uint64(uintptr(*rp(p, x.p)))
			return false
		})
	case b.size1(from) == b.size1(to):
		if pt, ok := tu.(*types.Pointer); ok && fromBasic && !sameMemory(pt.Elem(), map[types.Type]bool{}) {
			b.trusted("memory seen as a " + layout.Name(pt.Elem()) + ", which cells keep in another form,")
		}
		if pf, ok := fu.(*types.Pointer); ok && toBasic && !sameMemory(pf.Elem(), map[types.Type]bool{}) {
			b.trusted("memory of a " + layout.Name(pf.Elem()) + ", which cells keep in another form, seen as something else,")
		}
		b.move(l, b.at(v), to) // pointers, and unsafe.Pointer
	default:
		b.refuse("conversion of %s to %s", layout.Name(from), layout.Name(to))
	}
}

// sameMemory says whether every bit of a variable of type t is what it is in
// compiled Go: not so with interfaces that have methods, funcs, and blank
// fields, which are never written.
func sameMemory(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return true
	}
	seen[t] = true
	switch u := t.Underlying().(type) {
	case *types.Interface:
		return u.Empty()
	case *types.Signature:
		return false
	case *types.Array:
		return sameMemory(u.Elem(), seen)
	case *types.Slice:
		return sameMemory(u.Elem(), seen)
	case *types.Struct:
		for f := range u.Fields() {
			if f.Name() == "_" || !sameMemory(f.Type(), seen) {
				return false
			}
		}
	}
	return true
}

func (b *builder) size1(t types.Type) [2]int32 {
	u, p := b.size(t)
	return [2]int32{u, p}
}

// trusted refuses what only the standard library's own source may do.
func (b *builder) trusted(what string) {
	if b.isUserCode() {
		b.refuse("%s", what)
	}
}

// number converts between numeric types, as gc does on this machine where the
// language leaves it open.
func (b *builder) number(x, l loc, from, to reflect.Kind) {
	isInt := func(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Uintptr }
	switch {
	case isInt(from) && isInt(to):
		if o := extensions[to]; o != opNone {
			b.emit(o, l.u, x.u, 0)
		} else {
			b.emit(opMovU, l.u, x.u, 0)
		}
		return
	case from == to:
		b.moveSlots(l, x, 1+bool32(from == reflect.Complex64 || from == reflect.Complex128), 0)
		return
	case isInt(from) && to == reflect.Float64 && from != reflect.Uint64 && from != reflect.Uint && from != reflect.Uintptr:
		b.emit(opCvtIF, l.u, x.u, 0)
		return
	case from == reflect.Float64 && (to == reflect.Int || to == reflect.Int64):
		b.emit(opCvtFI, l.u, x.u, 0)
		return
	}
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		switch {
		case isInt(from):
			fromInteger(u, x.u, l.u, from, to)
		case from == reflect.Float64:
			fromFloat(*rf(u, x.u), u, l.u, to)
		case from == reflect.Float32 && to == reflect.Float64:
			*rf(u, l.u) = float64(*rs(u, x.u))
		case from == reflect.Float32:
			toInteger(*rs(u, x.u), u, l.u, to)
		case to == reflect.Complex128:
			setc(u, l.u, complex128(rc64(u, x.u)))
		default:
			setc64(u, l.u, complex64(rc(u, x.u)))
		}
		return false
	})
}

func bool32(b bool) int32 { return int32(bit(b)) }

func fromInteger(u unsafe.Pointer, x, l int32, from, to reflect.Kind) {
	signed := from <= reflect.Int64
	if to == reflect.Float32 {
		f := float32(*ru(u, x))
		if signed {
			f = float32(*ri(u, x))
		}
		*ru(u, l) = 0
		*rs(u, l) = f
		return
	}
	if signed {
		*rf(u, l) = float64(*ri(u, x))
	} else {
		*rf(u, l) = float64(*ru(u, x))
	}
}

func fromFloat(f float64, u unsafe.Pointer, l int32, to reflect.Kind) {
	switch to {
	case reflect.Float32:
		*ru(u, l) = 0
		*rs(u, l) = float32(f)
	case reflect.Float64:
		*rf(u, l) = f
	default:
		toInteger(f, u, l, to)
	}
}

// toInteger converts from the width that the float has: where the language
// leaves the result open, it depends on that.
func toInteger[F float32 | float64](f F, u unsafe.Pointer, l int32, to reflect.Kind) {
	switch to {
	case reflect.Int, reflect.Int64:
		*ri(u, l) = int64(f)
	case reflect.Int8:
		*ri(u, l) = int64(int8(f))
	case reflect.Int16:
		*ri(u, l) = int64(int16(f))
	case reflect.Int32:
		*ri(u, l) = int64(int32(f))
	case reflect.Uint8:
		*ru(u, l) = uint64(uint8(f))
	case reflect.Uint16:
		*ru(u, l) = uint64(uint16(f))
	case reflect.Uint32:
		*ru(u, l) = uint64(uint32(f))
	default:
		*ru(u, l) = uint64(f)
	}
}

// toString converts integers, bytes and runes to a string.
func (b *builder) toString(v ssa.Value, from types.Type, x, l loc) {
	switch t := from.(type) {
	case *types.Slice:
		if b.typ(t.Elem()).Mem.Kind() == reflect.Uint8 {
			b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
				setstr(u, p, l, string(unsafe.Slice((*byte)(*rp(p, x.p)), *ri(u, x.u))))
				return false
			})
			return
		}
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			setstr(u, p, l, string(unsafe.Slice((*rune)(*rp(p, x.p)), *ri(u, x.u))))
			return false
		})
	case *types.Basic:
		if t.Info()&types.IsString != 0 {
			b.move(l, x, v.Type())
			return
		}
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			r := *ri(u, x.u)
			if r < 0 || r > 0x10ffff {
				r = 0xfffd
			}
			setstr(u, p, l, string(rune(r)))
			return false
		})
	default:
		b.refuse("conversion of %s to string", layout.Name(v.Type()))
	}
}

func (b *builder) fromString(to types.Type, x, l loc) {
	t, ok := to.(*types.Slice)
	if !ok {
		b.refuse("conversion of string to %s", layout.Name(to))
	}
	if b.typ(t.Elem()).Mem.Kind() == reflect.Uint8 {
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			s := []byte(rstr(u, p, x))
			setslice(u, p, l, unsafe.Pointer(unsafe.SliceData(s)), len(s), cap(s))
			return false
		})
		return
	}
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		s := []rune(rstr(u, p, x))
		setslice(u, p, l, unsafe.Pointer(unsafe.SliceData(s)), len(s), cap(s))
		return false
	})
}

func setslice(u, p unsafe.Pointer, l loc, data unsafe.Pointer, n, c int) {
	*rp(p, l.p) = data
	*ri(u, l.u), *ri(u, l.u+8) = int64(n), int64(c)
}
