package exact

import (
	"go/types"
	"iter"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// fold marks the addresses that are computed where they are used. An address
// that was checked elsewhere is computed there: p := &a[i] panics although
// nobody ever uses p.
func (b *builder) fold() {
	for _, block := range b.fn.Blocks {
		for i, in := range block.Instrs {
			after := block.Instrs[i+1:]
			switch in := in.(type) {
			case *ssa.FieldAddr:
				if b.isForeignField(in) {
					b.folded[in] = true
					for r := range uses(in) {
						if !accesses(r, in) {
							b.pos = in.Pos()
							b.refuse("the address of field %s of %s: native code keeps it in another form", fieldName(in), layout.Name(pointee(in.X.Type())))
						}
						if !mayCheckAt(in, r, after) {
							b.checkedFirst[in] = true
						}
					}
				} else if usedOnce(in, after) {
					b.folded[in] = true
				}
			case *ssa.IndexAddr:
				if usedOnce(in, after) {
					b.folded[in] = true
				}
			}
		}
	}
}

// uses are the instructions that use v, save those for debuggers.
func uses(v ssa.Value) iter.Seq[ssa.Instruction] {
	return func(yield func(ssa.Instruction) bool) {
		for _, r := range *v.Referrers() {
			if _, ok := r.(*ssa.DebugRef); !ok && !yield(r) {
				return
			}
		}
	}
}

func fieldName(in *ssa.FieldAddr) string {
	return pointee(in.X.Type()).Underlying().(*types.Struct).Field(in.Field).Name()
}

// accesses says whether r loads from or stores to the address v.
func accesses(r ssa.Instruction, v ssa.Value) bool {
	switch r := r.(type) {
	case *ssa.UnOp:
		return true
	case *ssa.Store:
		return r.Addr == v && r.Val != v
	case *ssa.DebugRef:
		return true
	}
	return false
}

// usedOnce says whether the address v has one use, to load from it, to store to
// it or to go on to a part, and may be checked there.
func usedOnce(v ssa.Value, after []ssa.Instruction) bool {
	n := 0
	for r := range uses(v) {
		switch r := r.(type) {
		case *ssa.UnOp, *ssa.FieldAddr:
		case *ssa.IndexAddr:
			if r.X != v {
				return false
			}
		case *ssa.Store:
			if r.Addr != v || r.Val == v {
				return false
			}
		default:
			return false
		}
		if n++; n > 1 || !mayCheckAt(v, r, after) {
			return false
		}
	}
	return n == 1
}

// mayCheckAt says whether the address v, which after follows in its block, may
// be checked at its use r: that is a part of the same expression, which package
// ssa has where Go does its checks, or the program itself takes the address,
// and nothing happens in between.
func mayCheckAt(v ssa.Value, r ssa.Instruction, after []ssa.Instruction) bool {
	return !isTaken(v) || comesNext(r, after)
}

// isTaken says whether v is the value of an expression of the program: &x, or
// what holds that.
func isTaken(v ssa.Value) bool {
	for _, r := range *v.Referrers() {
		if d, ok := r.(*ssa.DebugRef); ok && !d.IsAddr {
			return true
		}
	}
	return false
}

// comesNext says whether r is in list, with nothing before it that others could
// see or that could panic.
func comesNext(r ssa.Instruction, list []ssa.Instruction) bool {
	for _, x := range list {
		if x == r {
			return true
		}
		switch x.(type) {
		case *ssa.DebugRef, *ssa.ChangeType, *ssa.ChangeInterface, *ssa.Convert, *ssa.MakeInterface:
		default:
			return false
		}
	}
	return false
}
