package exact

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// live notes where m is alive: v is m's value, or one that is read instead of
// it. False: that is not known.
func (c *coalescer) live(m *member, v ssa.Value) bool {
	refs := v.Referrers()
	if refs == nil {
		return false
	}
	for _, r := range *refs {
		switch r := r.(type) {
		case *ssa.DebugRef:
			if o := r.Object(); o != nil && !r.IsAddr {
				if m.name != "" && m.name != o.Name() {
					return false
				}
				m.name = o.Name()
			}
			continue
		case *ssa.Phi:
			for i, e := range r.Edges {
				if e == v {
					p := r.Block().Preds[i]
					c.read(m, p, len(p.Instrs))
				}
			}
			continue
		case *ssa.If:
			c.read(m, r.Block(), len(r.Block().Instrs)-1)
			continue
		case *ssa.Store:
			if c.b.isDeclaration(r) {
				return false // the variable is read instead
			}
		}
		if x, ok := r.(ssa.Value); ok {
			binary, isBinary := r.(*ssa.BinOp)
			if aliased(x) == v || c.b.folded[x] || isBinary && c.b.isFused(binary) {
				if !c.live(m, x) {
					return false
				}
				if aliased(x) != v {
					continue
				}
			}
		}
		if r.Block() == c.b.fn.Recover {
			return false
		}
		c.read(m, r.Block(), c.at[r])
	}
	return true
}

// read notes a read at position pos of block.
func (c *coalescer) read(m *member, block *ssa.BasicBlock, pos int) {
	if old, ok := m.last[block]; !ok || pos > old {
		m.last[block] = pos
	}
	if block == m.block {
		return
	}
	work := []*ssa.BasicBlock{block}
	for len(work) > 0 {
		x := work[len(work)-1]
		work = work[:len(work)-1]
		if m.in[x] {
			continue
		}
		m.in[x] = true
		for _, p := range x.Preds {
			m.out[p] = true
			if p != m.block {
				work = append(work, p)
			}
		}
	}
}

// aliveAt says whether y will be read after x is written.
func aliveAt(y, x *member) bool {
	if x.block == y.block && x.def == y.def {
		return true // two phis, or parameters
	}
	if x.block == y.block && x.def < y.def && !y.in[x.block] {
		return false // y comes later
	}
	if x.block != y.block && !y.in[x.block] {
		return false
	}
	if y.out[x.block] {
		return true
	}
	last, ok := y.last[x.block]
	switch {
	case !ok:
		return false
	case x.def < 0:
		return true // read somewhere in the block that x's definition begins
	case x.atomic:
		return last > x.def
	}
	return last >= x.def
}

// writesSlot says that compiling in ends with its value in b.slot(in).
func (b *builder) writesSlot(in ssa.Instruction) bool {
	v, ok := in.(ssa.Value)
	if !ok || b.folded[v] {
		return false
	}
	switch in := in.(type) {
	case *ssa.Phi, *ssa.Convert, *ssa.Slice, *ssa.MakeSlice:
		return true
	case *ssa.BinOp:
		return !b.isFused(in)
	case *ssa.UnOp:
		return in.Op != token.ARROW && (in.Op != token.MUL || !b.isConstantVar(in.X))
	case *ssa.Lookup:
		return !in.CommaOk
	case *ssa.Call:
		if _, ok := in.Type().(*types.Tuple); ok {
			return false
		}
		fn, ok := in.Call.Value.(*ssa.Builtin)
		return !ok || fn.Name() == "append"
	}
	return false
}

// isAtomic says that in writes its result when it has read all operands, so
// that the result may lie where an operand did.
func (b *builder) isAtomic(in ssa.Instruction) bool {
	switch in := in.(type) {
	case *ssa.Phi, *ssa.Call:
		return true
	case *ssa.BinOp:
		t, ok := in.X.Type().Underlying().(*types.Basic)
		return ok && t.Info()&(types.IsNumeric|types.IsString) != 0 && t.Info()&types.IsComplex == 0
	case *ssa.UnOp:
		nu, np := b.size(in.Type())
		return nu+np == 1
	case *ssa.Convert:
		x, ok := in.X.Type().Underlying().(*types.Basic)
		y, ok2 := in.Type().Underlying().(*types.Basic)
		return ok && ok2 && x.Info()&types.IsNumeric != 0 && y.Info()&types.IsNumeric != 0 && (x.Info()|y.Info())&types.IsComplex == 0
	}
	return false
}
