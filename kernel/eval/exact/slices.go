package exact

import (
	"go/types"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

func (b *builder) makeSlice(in *ssa.MakeSlice) {
	et := b.typ(in.Type().Underlying().(*types.Slice).Elem())
	n, c, l := b.at(in.Len).u, b.at(in.Cap).u, b.slot(in)
	limit := uint64(1<<63 - 1)
	if s := uint64(et.Mem.Size()); s > 0 {
		limit = 1 << 47 / s
	}
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		n, c := *ru(u, n), *ru(u, c)
		switch {
		case n > limit:
			m.raise(&panicking{val: runtimeErrorf("makeslice: len out of range")})
			return true
		case c < n || c > limit:
			m.raise(&panicking{val: runtimeErrorf("makeslice: cap out of range")})
			return true
		case m.rt.tooLarge(c * uint64(et.Mem.Size())):
			m.outOfMemory(c * uint64(et.Mem.Size()))
			return true
		}
		setslice(u, p, l, newArray(et, int(c)), int(n), int(c))
		return false
	})
}

// checkMake raises what make raises for a length that does not fit.
func (b *builder) checkMake(length ssa.Value, capacity int64) {
	n := b.at(length).u
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		switch v := *ri(u, n); {
		case v < 0:
			m.raise(&panicking{val: runtimeErrorf("makeslice: len out of range")})
		case v > capacity:
			m.raise(&panicking{val: runtimeErrorf("makeslice: cap out of range")})
		default:
			return false
		}
		return true
	})
}

// newArray allocates n zero elements. The result is never nil.
func newArray(et *layout.Type, n int) unsafe.Pointer {
	switch {
	case n == 0 || et.Mem.Size() == 0:
		return unsafe.Pointer(&zeroBase)
	case et.Mem.Kind() == reflect.Uint8:
		return unsafe.Pointer(unsafe.SliceData(make([]byte, n)))
	case len(et.Slots) == 1 && !et.Boxed && et.Slots[0].Kind == layout.Word64:
		return unsafe.Pointer(unsafe.SliceData(make([]uint64, n)))
	}
	return reflect.MakeSlice(reflect.SliceOf(et.Mem), n, n).UnsafePointer()
}

// slice compiles x[lo:hi:max] of a string, a slice, or an array behind a
// pointer.
func (b *builder) slice(in *ssa.Slice) {
	var lo, hi, mx int32 = -1, -1, -1
	if in.Low != nil {
		lo = b.at(in.Low).u
	}
	if in.High != nil {
		hi = b.at(in.High).u
	}
	if in.Max != nil {
		mx = b.at(in.Max).u
	}
	signs := [3]uint16{}
	for i, v := range []ssa.Value{in.Low, in.High, in.Max} {
		if v != nil {
			signs[i] = unsigned(v.Type())
		}
	}
	x, l := b.at(in.X), b.slot(in)
	get := func(u unsafe.Pointer, r int32, def uint64) uint64 {
		if r < 0 {
			return def
		}
		return *ru(u, r)
	}
	switch t := in.X.Type().Underlying().(type) {
	case *types.Basic: // string
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			n := *ru(u, x.u)
			i, j := get(u, lo, 0), get(u, hi, n)
			if j > n || i > j {
				m.raiseSlice(i, j, 0, n, signs, boundsString)
				return true
			}
			q := *rp(p, x.p)
			if i < n {
				q = unsafe.Add(q, i)
			}
			*rp(p, l.p), *ru(u, l.u) = q, j-i
			return false
		})
	case *types.Slice:
		size := uint64(b.typ(t.Elem()).Mem.Size())
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			n, c := *ru(u, x.u), *ru(u, x.u+8)
			return m.slice3(u, p, l, *rp(p, x.p), get(u, lo, 0), get(u, hi, n), get(u, mx, c), c, size, signs, mx >= 0, boundsSlice)
		})
	case *types.Pointer:
		array := t.Elem().Underlying().(*types.Array)
		if a, ok := in.X.(*ssa.Alloc); ok && a.Comment == "makeslice" { // make with a constant capacity
			b.checkMake(in.High, array.Len())
		}
		n, size := uint64(array.Len()), uint64(b.typ(array.Elem()).Mem.Size())
		b.emit(opChkNil, x.p, 0, 0)
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			return m.slice3(u, p, l, *rp(p, x.p), get(u, lo, 0), get(u, hi, n), get(u, mx, n), n, size, signs, mx >= 0, boundsArray)
		})
	default:
		b.refuse("slice of %s", layout.Name(in.X.Type()))
	}
}

func (m *machine) slice3(u, p unsafe.Pointer, l loc, q unsafe.Pointer, i, j, k, c, size uint64, signs [3]uint16, three bool, kind bounds) bool {
	if k > c || j > k || i > j {
		if three {
			kind |= boundsThree
		}
		m.raiseSlice(i, j, k, c, signs, kind)
		return true
	}
	if k > i {
		q = unsafe.Add(q, i*size) // not past the end, where another object begins
	}
	*rp(p, l.p), *ru(u, l.u), *ru(u, l.u+8) = q, j-i, k-i
	return false
}

// bounds says what was sliced, for the words of the error.
type bounds uint8

const (
	boundsSlice bounds = iota
	boundsString
	boundsArray
	boundsThree = 4
)

// raiseSlice reports that the bounds i, j and k are out of range, in the words of
// Go's runtime; c is the capacity, of strings and arrays the length.
func (m *machine) raiseSlice(i, j, k, c uint64, signs [3]uint16, kind bounds) {
	signed := func(v uint64, s uint16) any {
		if s != 0 {
			return v
		}
		return int64(v)
	}
	what := "capacity"
	if kind&^boundsThree != boundsSlice {
		what = "length"
	}
	negative := func(v uint64, s uint16) bool { return s == 0 && int64(v) < 0 }
	text := ""
	switch {
	case kind&boundsThree != 0 && k > c:
		text = boundsText(negative(k, signs[2]), "[::%v]", "[::%v] with "+what+" %v", signed(k, signs[2]), c)
	case kind&boundsThree != 0 && j > k:
		text = boundsText(negative(j, signs[1]), "[:%v:]", "[:%v:%v]", signed(j, signs[1]), k)
	case kind&boundsThree != 0:
		text = boundsText(negative(i, signs[0]), "[%v::]", "[%v:%v:]", signed(i, signs[0]), j)
	case j > c:
		text = boundsText(negative(j, signs[1]), "[:%v]", "[:%v] with "+what+" %v", signed(j, signs[1]), c)
	default:
		text = boundsText(negative(i, signs[0]), "[%v:]", "[%v:%v]", signed(i, signs[0]), j)
	}
	m.raise(&panicking{val: runtimeErrorf("slice bounds out of range %s", text)})
}

func boundsText(negative bool, short, long string, args ...any) string {
	if negative {
		return sprintf(short, args[0])
	}
	return sprintf(long, args...)
}

// appendTo compiles append(x, y...), where y is a slice or a string.
func (b *builder) appendTo(args []ssa.Value, in ssa.Value) {
	l := b.slot(in)
	x := b.at(args[0])
	if len(args) == 1 {
		b.move(l, x, in.Type())
		return
	}
	et := b.typ(in.Type().Underlying().(*types.Slice).Elem())
	y := b.at(args[1])
	size := et.Mem.Size()
	cp := copier(et)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		n, c, k := int(*ri(u, x.u)), int(*ri(u, x.u+8)), int(*ri(u, y.u))
		q, src := *rp(p, x.p), *rp(p, y.p)
		if k == 0 {
			setslice(u, p, l, q, n, c)
			return false
		}
		if n+k < 0 {
			m.raise(&panicking{val: runtimeErrorf("growslice: len out of range")})
			return true
		}
		if n+k > c {
			if m.rt.tooLarge(uint64(n+k) * uint64(size)) {
				m.outOfMemory(uint64(n+k) * uint64(size))
				return true
			}
			q, c = grow(et, q, n, n+k, c)
		}
		cp(unsafe.Add(q, uintptr(n)*size), src, k)
		setslice(u, p, l, q, n+k, c)
		return false
	})
}

// grow moves n elements to an array for at least want, as large as Go's own
// append would make it.
func grow(et *layout.Type, q unsafe.Pointer, n, want, c int) (unsafe.Pointer, int) {
	if et.Mem.Size() == 0 {
		return unsafe.Pointer(&zeroBase), want
	}
	s := struct {
		data   unsafe.Pointer
		len, c int
	}{q, n, c}
	v := reflect.NewAt(reflect.SliceOf(et.Mem), unsafe.Pointer(&s)).Elem()
	v.Grow(want - n)
	return s.data, s.c
}

// copier returns a memmove for k elements.
func copier(et *layout.Type) func(dst, src unsafe.Pointer, k int) {
	size := int(et.Mem.Size())
	if et.NP == 0 && !et.Boxed || size == 0 {
		return func(dst, src unsafe.Pointer, k int) {
			copy(unsafe.Slice((*byte)(dst), k*size), unsafe.Slice((*byte)(src), k*size))
		}
	}
	if len(et.Slots) == 1 && !et.Boxed {
		return func(dst, src unsafe.Pointer, k int) {
			copy(unsafe.Slice((*unsafe.Pointer)(dst), k), unsafe.Slice((*unsafe.Pointer)(src), k))
		}
	}
	if et.Mem.Kind() == reflect.String {
		return func(dst, src unsafe.Pointer, k int) {
			copy(unsafe.Slice((*string)(dst), k), unsafe.Slice((*string)(src), k))
		}
	}
	st := reflect.SliceOf(et.Mem)
	return func(dst, src unsafe.Pointer, k int) {
		d, s := sliceHeader{dst, k, k}, sliceHeader{src, k, k}
		reflect.Copy(reflect.NewAt(st, unsafe.Pointer(&d)).Elem(), reflect.NewAt(st, unsafe.Pointer(&s)).Elem())
	}
}

// sliceHeader is a slice in memory.
type sliceHeader struct {
	data   unsafe.Pointer
	len, c int
}

func (b *builder) copyInto(dst, src ssa.Value, l loc) {
	et := b.typ(dst.Type().Underlying().(*types.Slice).Elem())
	x, y, cp := b.at(dst), b.at(src), copier(et)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		n := min(*ri(u, x.u), *ri(u, y.u))
		if n > 0 {
			cp(*rp(p, x.p), *rp(p, y.p), int(n))
		}
		*ri(u, l.u) = n
		return false
	})
}

func (b *builder) clearSlice(v ssa.Value) {
	x := b.at(v)
	st := reflect.SliceOf(b.typ(v.Type().Underlying().(*types.Slice).Elem()).Mem)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		n := int(*ri(u, x.u))
		h := sliceHeader{*rp(p, x.p), n, n}
		reflect.NewAt(st, unsafe.Pointer(&h)).Elem().Clear()
		return false
	})
}
