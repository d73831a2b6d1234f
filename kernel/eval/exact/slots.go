package exact

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// typ is the layout of t.
func (b *builder) typ(t types.Type) *layout.Type {
	l, err := b.rt.table.Of(t)
	if err != nil {
		b.refuse("%v", err)
	}
	return l
}

// slot gives v registers of its own.
func (b *builder) slot(v ssa.Value) loc {
	if l, ok := b.locs[v]; ok {
		return l
	}
	l := b.fresh(v.Type())
	b.locs[v] = l
	return l
}

// fresh hands out registers for a value of type t, which may be a tuple.
func (b *builder) fresh(t types.Type) loc {
	l := loc{b.nu * 8, b.np * 8}
	nu, np := b.size(t)
	b.nu, b.np = b.nu+nu, b.np+np
	return l
}

func (b *builder) freshU() int32 { b.nu++; return (b.nu - 1) * 8 }

func (b *builder) freshP() int32 { b.np++; return (b.np - 1) * 8 }

func (b *builder) size(t types.Type) (nu, np int32) {
	if tuple, ok := t.(*types.Tuple); ok {
		for i := range tuple.Len() {
			u, p := b.size(tuple.At(i).Type())
			nu, np = nu+u, np+p
		}
		return nu, np
	}
	if t == types.Typ[types.Invalid] { // a part of a tuple that nothing uses
		return 0, 0
	}
	if isOpaque(t) {
		return 0, 1
	}
	l := b.typ(t)
	return int32(l.NU), int32(l.NP)
}

// isOpaque tells types that only package ssa has: iterators and defer stacks.
func isOpaque(t types.Type) bool {
	switch t.String() {
	case "iter", "deferStack":
		_, isNamed := t.(*types.Named)
		return !isNamed || t.(*types.Named).Obj().Pkg() == nil
	}
	return false
}

// at returns the registers of v, loading it first when it is a constant.
func (b *builder) at(v ssa.Value) loc {
	if l, ok := b.locs[v]; ok {
		return l
	}
	switch v.(type) {
	case *ssa.Const, *ssa.Global, *ssa.Function:
		return b.constant(v)
	case *ssa.Builtin:
		b.refuse("builtin %s used as a value", v.Name())
	}
	// An instruction that later code defines: phis of loops, or one that is
	// folded into its use.
	if in, ok := v.(ssa.Instruction); ok && b.folded[v] {
		return b.materialize(v, in)
	}
	return b.slot(v)
}

// move copies the slots of a value of type t.
func (b *builder) move(dst, src loc, t types.Type) {
	nu, np := b.size(t)
	b.moveSlots(dst, src, nu, np)
}

func (b *builder) moveSlots(dst, src loc, nu, np int32) {
	if dst != src {
		for i := range nu {
			b.emit(opMovU, dst.u+i*8, src.u+i*8, 0)
		}
		for i := range np {
			b.emit(opMovP, dst.p+i*8, src.p+i*8, 0)
		}
	}
}

// out is the register of a slot behind the frame, where calls expect results
// and arguments. Instructions that name it are completed by finish.
func (b *builder) outMove(u, p int32, src loc, nu, np int32) {
	for i := range nu {
		at := b.emit(opMovU, (u+i)*8, src.u+i*8, 0)
		b.outs = append(b.outs, outgoing{at, 0, false})
	}
	for i := range np {
		at := b.emit(opMovP, (p+i)*8, src.p+i*8, 0)
		b.outs = append(b.outs, outgoing{at, 0, true})
	}
	b.maxU, b.maxP = max(b.maxU, u+nu), max(b.maxP, p+np)
}

// outResult copies results from behind the frame into registers.
func (b *builder) outResult(dst loc, nu, np int32) {
	for i := range nu {
		at := b.emit(opMovU, dst.u+i*8, i*8, 0)
		b.outs = append(b.outs, outgoing{at, 1, false})
	}
	for i := range np {
		at := b.emit(opMovP, dst.p+i*8, i*8, 0)
		b.outs = append(b.outs, outgoing{at, 1, true})
	}
	b.maxU, b.maxP = max(b.maxU, nu), max(b.maxP, np)
}
