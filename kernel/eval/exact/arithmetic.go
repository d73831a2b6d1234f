package exact

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

func runtimeErrorf(format string, args ...any) runtimeError {
	return runtimeError("runtime error: " + fmt.Sprintf(format, args...))
}

func (b *builder) unary(in *ssa.UnOp) {
	switch in.Op {
	case token.MUL:
		if b.isConstantVar(in.X) {
			b.locs[in] = *b.spotOf(in.X).reg
			return
		}
		b.loadFrom(b.spotOf(in.X), b.typ(in.Type()), b.slot(in))
		b.leaveRange(in)
		return
	case token.ARROW:
		b.receive(in)
		return
	}
	x, l := b.at(in.X), b.slot(in)
	t := b.typ(in.Type())
	switch k := t.Mem.Kind(); {
	case in.Op == token.NOT:
		b.emit(opNot, l.u, x.u, 0)
	case in.Op == token.XOR:
		b.emit(opCom, l.u, x.u, 0)
		b.extend(k, l.u)
	case k == reflect.Float64:
		b.emit(opNegF, l.u, x.u, 0)
	case k == reflect.Float32:
		b.emit(opNegF32, l.u, x.u, 0)
	case k == reflect.Complex128:
		b.emit(opNegF, l.u, x.u, 0)
		b.emit(opNegF, l.u+8, x.u+8, 0)
	case k == reflect.Complex64:
		b.emit(opNegF32, l.u, x.u, 0)
		b.emit(opNegF32, l.u+8, x.u+8, 0)
	default:
		b.emit(opNeg, l.u, x.u, 0)
		b.extend(k, l.u)
	}
}

// extend brings the result of 64-bit arithmetic back to the type's width.
func (b *builder) extend(k reflect.Kind, reg int32) {
	if o := extensions[k]; o != opNone {
		b.emit(o, reg, reg, 0)
	}
}

var extensions = map[reflect.Kind]op{
	reflect.Int8: opExt8S, reflect.Int16: opExt16S, reflect.Int32: opExt32S,
	reflect.Uint8: opExt8U, reflect.Uint16: opExt16U, reflect.Uint32: opExt32U,
}

var integerOps = map[token.Token]struct{ signed, unsigned op }{
	token.ADD: {opAdd, opAdd}, token.SUB: {opSub, opSub}, token.MUL: {opMul, opMul},
	token.QUO: {opDivS, opDivU}, token.REM: {opRemS, opRemU},
	token.AND: {opAnd, opAnd}, token.OR: {opOr, opOr}, token.XOR: {opXor, opXor}, token.AND_NOT: {opAndNot, opAndNot},
	token.EQL: {opEq, opEq}, token.NEQ: {opNe, opNe}, token.LSS: {opLtS, opLtU}, token.LEQ: {opLeS, opLeU},
}

var floatOps = map[token.Token]struct{ wide, narrow op }{
	token.ADD: {opAddF, opAddF32}, token.SUB: {opSubF, opSubF32}, token.MUL: {opMulF, opMulF32}, token.QUO: {opDivF, opDivF32},
	token.EQL: {opEqF, opEqF32}, token.NEQ: {opNeF, opNeF32}, token.LSS: {opLtF, opLtF32}, token.LEQ: {opLeF, opLeF32},
}

// swapped turns > and >= into < and <=, which are the same the other way round,
// for NaN too, and says whether it did.
func swapped(o token.Token) (token.Token, bool) {
	switch o {
	case token.GTR:
		return token.LSS, true
	case token.GEQ:
		return token.LEQ, true
	}
	return o, false
}

func isComparison(o token.Token) bool {
	switch o {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		return true
	}
	return false
}

func (b *builder) binary(in *ssa.BinOp) {
	if isComparison(in.Op) && b.isFused(in) {
		return
	}
	t := b.typ(in.X.Type())
	basic, isBasic := in.X.Type().Underlying().(*types.Basic)
	if in.Op == token.SHL || in.Op == token.SHR {
		b.shift(in, t)
		return
	}
	if !isBasic || basic.Kind() == types.UnsafePointer || basic.Kind() == types.UntypedNil || isInterface(in.Y.Type()) {
		b.equality(in)
		return
	}
	x, y, l := in.X, in.Y, b.slot(in)
	o, swap := swapped(in.Op)
	if swap {
		x, y = y, x
	}
	switch k := t.Mem.Kind(); {
	case basic.Info()&types.IsString != 0:
		b.stringOp(o, b.at(x), b.at(y), l)
	case basic.Info()&types.IsComplex != 0:
		b.complexOp(o, k, b.at(x), b.at(y), l)
	case k == reflect.Float64:
		xu := b.at(x).u
		b.emit(floatOps[o].wide, l.u, xu, b.at(y).u)
	case k == reflect.Float32:
		xu := b.at(x).u
		b.emit(floatOps[o].narrow, l.u, xu, b.at(y).u)
	default:
		b.integer(o, k, x, y, l, basic.Info()&types.IsUnsigned != 0)
	}
}

func (b *builder) integer(o token.Token, k reflect.Kind, x, y ssa.Value, l loc, unsigned bool) {
	if n, ok := smallConst(y); ok {
		done := true
		xu := int32(0)
		switch o {
		case token.ADD:
			xu = b.at(x).u
			b.emit(opAddI, l.u, xu, n)
		case token.SUB:
			if n == -1<<31 {
				done = false
				break
			}
			xu = b.at(x).u
			b.emit(opAddI, l.u, xu, -n)
		case token.MUL:
			xu = b.at(x).u
			b.emit(opMulI, l.u, xu, n)
		case token.AND:
			xu = b.at(x).u
			b.emit(opAndI, l.u, xu, n)
		default:
			done = false
		}
		if done {
			b.extend(k, l.u)
			return
		}
	}
	ops := integerOps[o]
	n := ops.signed
	if unsigned {
		n = ops.unsigned
	}
	xu := b.at(x).u
	b.emit(n, l.u, xu, b.at(y).u)
	switch o {
	case token.ADD, token.SUB, token.MUL, token.QUO, token.AND_NOT:
		b.extend(k, l.u)
	}
}

func (b *builder) shift(in *ssa.BinOp, t *layout.Type) {
	x, l := b.at(in.X), b.slot(in)
	k := t.Mem.Kind()
	signed := in.X.Type().Underlying().(*types.Basic).Info()&types.IsUnsigned == 0
	if n, ok := smallConst(in.Y); ok && n >= 0 {
		switch {
		case in.Op == token.SHL:
			b.emit(opShlI, l.u, x.u, n)
			b.extend(k, l.u)
		case signed:
			b.emit(opShrSI, l.u, x.u, n)
		default:
			b.emit(opShrUI, l.u, x.u, n)
		}
		return
	}
	y := b.at(in.Y)
	if unsigned(in.Y.Type()) == 0 {
		b.emit(opShift, y.u, 0, 0)
	}
	switch {
	case in.Op == token.SHL:
		b.emit(opShl, l.u, x.u, y.u)
		b.extend(k, l.u)
	case signed:
		b.emit(opShrS, l.u, x.u, y.u)
	default:
		b.emit(opShrU, l.u, x.u, y.u)
	}
}

func (b *builder) stringOp(o token.Token, x, y, l loc) {
	switch o {
	case token.ADD:
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			a, b := rstr(u, p, x), rstr(u, p, y)
			if n := uint64(len(a)) + uint64(len(b)); n >= largeBytes && m.rt.tooLarge(n) {
				m.outOfMemory(n)
				return true
			}
			setstr(u, p, l, a+b)
			return false
		})
	case token.EQL:
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			*ru(u, l.u) = bit(rstr(u, p, x) == rstr(u, p, y))
			return false
		})
	case token.NEQ:
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			*ru(u, l.u) = bit(rstr(u, p, x) != rstr(u, p, y))
			return false
		})
	case token.LSS:
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			*ru(u, l.u) = bit(rstr(u, p, x) < rstr(u, p, y))
			return false
		})
	case token.LEQ:
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			*ru(u, l.u) = bit(rstr(u, p, x) <= rstr(u, p, y))
			return false
		})
	}
}

func rc(u unsafe.Pointer, o int32) complex128  { return complex(*rf(u, o), *rf(u, o+8)) }
func rc64(u unsafe.Pointer, o int32) complex64 { return complex(*rs(u, o), *rs(u, o+8)) }
func setc(u unsafe.Pointer, o int32, z complex128) {
	*rf(u, o), *rf(u, o+8) = real(z), imag(z)
}
func setc64(u unsafe.Pointer, o int32, z complex64) {
	*ru(u, o), *ru(u, o+8) = 0, 0
	*rs(u, o), *rs(u, o+8) = real(z), imag(z)
}

func (b *builder) complexOp(o token.Token, k reflect.Kind, x, y, l loc) {
	wide := k == reflect.Complex128
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		if wide {
			v, w := rc(u, x.u), rc(u, y.u)
			switch o {
			case token.ADD:
				setc(u, l.u, v+w)
			case token.SUB:
				setc(u, l.u, v-w)
			case token.MUL:
				setc(u, l.u, v*w)
			case token.QUO:
				setc(u, l.u, v/w)
			case token.EQL:
				*ru(u, l.u) = bit(v == w)
			case token.NEQ:
				*ru(u, l.u) = bit(v != w)
			}
			return false
		}
		v, w := rc64(u, x.u), rc64(u, y.u)
		switch o {
		case token.ADD:
			setc64(u, l.u, v+w)
		case token.SUB:
			setc64(u, l.u, v-w)
		case token.MUL:
			setc64(u, l.u, v*w)
		case token.QUO:
			setc64(u, l.u, v/w)
		case token.EQL:
			*ru(u, l.u) = bit(v == w)
		case token.NEQ:
			*ru(u, l.u) = bit(v != w)
		}
		return false
	})
}
