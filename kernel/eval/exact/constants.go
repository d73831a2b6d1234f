package exact

import (
	"go/constant"
	"math"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// constant loads a constant once for a block, and once for a call where the
// block is part of a loop.
func (b *builder) constant(v ssa.Value) loc {
	if l, ok := b.here[v]; ok {
		return l
	}
	if l, ok := b.entry[v]; ok {
		return l
	}
	l := b.fresh(v.Type())
	if !b.looped[b.block] {
		b.load(v, l)
		b.here[v] = l
		return l
	}
	ins, pos := b.code.ins, b.code.pos
	b.code.ins, b.code.pos = nil, nil
	b.load(v, l)
	b.head = append(b.head, b.code.ins...)
	b.code.ins, b.code.pos = ins, pos
	b.entry[v] = l
	return l
}

// load emits what puts a constant, the address of a variable, or a function
// into registers.
func (b *builder) load(v ssa.Value, l loc) {
	switch v := v.(type) {
	case *ssa.Global:
		b.emit(opLdP, l.p, b.ptrIndex(b.global(v)), 0)
	case *ssa.Function:
		b.emit(opLdP, l.p, b.ptrIndex(unsafe.Pointer(b.function(v).value)), 0)
	case *ssa.Const:
		b.loadConst(v, l)
	}
}

func (b *builder) loadConst(v *ssa.Const, l loc) {
	t := b.typ(v.Type())
	if v.Value == nil || t.Boxed {
		b.loadZero(t, l)
		return
	}
	word := func(off int32, w uint64) {
		if i := int64(w); i == int64(int32(i)) {
			b.emit(opLdI, off, 0, int32(i))
			return
		}
		b.code.words = append(b.code.words, w)
		b.emit(opLdK, off, int32(len(b.code.words)-1), 0)
	}
	switch k := t.Mem.Kind(); k {
	case reflect.Bool:
		word(l.u, bit(constant.BoolVal(v.Value)))
	case reflect.String:
		s := ""
		if v.Value.Kind() == constant.String {
			s = constant.StringVal(v.Value)
		} else {
			s = string(rune(v.Int64()))
		}
		i, ok := b.strs[s]
		if !ok {
			i = int32(len(b.code.strs))
			b.strs[s] = i
			b.code.strs = append(b.code.strs, s)
		}
		b.emit(opLdS, l.p, l.u, i)
	case reflect.Float64:
		word(l.u, math.Float64bits(v.Float64()))
	case reflect.Float32:
		f, _ := constant.Float32Val(constant.ToFloat(v.Value))
		word(l.u, uint64(math.Float32bits(f)))
	case reflect.Complex128:
		z := v.Complex128()
		word(l.u, math.Float64bits(real(z)))
		word(l.u+8, math.Float64bits(imag(z)))
	case reflect.Complex64:
		re, _ := constant.Float32Val(constant.Real(v.Value))
		im, _ := constant.Float32Val(constant.Imag(v.Value))
		word(l.u, uint64(math.Float32bits(re)))
		word(l.u+8, uint64(math.Float32bits(im)))
	case reflect.UnsafePointer:
		b.emit(opNil, l.p, 0, 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		word(l.u, uint64(v.Int64()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		word(l.u, v.Uint64())
	default:
		b.refuse("constant of type %s", t)
	}
}

func (b *builder) loadZero(t *layout.Type, l loc) {
	if t.Boxed {
		b.emit(opLdP, l.p, b.ptrIndex(t.Zero()), 0)
		return
	}
	for i := range int32(t.NU) {
		b.emit(opLdI, l.u+i*8, 0, 0)
	}
	for i := range int32(t.NP) {
		b.emit(opNil, l.p+i*8, 0, 0)
	}
}
