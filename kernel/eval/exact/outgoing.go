package exact

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// asValue is the value that an instruction makes, or nil.
func asValue(in ssa.Instruction) ssa.Value {
	v, _ := in.(ssa.Value)
	return v
}

// note remembers what compiling in, whose code begins at before, has told of
// its value: the instruction that computes it, and that it is read once.
func (b *builder) note(in ssa.Instruction, before int) {
	v := asValue(in)
	if v == nil || len(b.code.ins) == before || v.Referrers() == nil {
		return
	}
	reader := onlyReader(v)
	if reader == nil {
		return
	}
	if _, ok := v.Type().(*types.Tuple); ok {
		return
	}
	switch r := reader.(type) {
	case *ssa.Store:
		if b.isDeclaration(r) {
			return // the variable may be read more often
		}
	case ssa.Value:
		if aliased(r) == v {
			return
		}
	}
	l, ok := b.locs[v]
	if nu, np := b.size(v.Type()); !ok || nu+np != 1 {
		return
	} else if nu == 1 {
		b.once[l.u] = true
	}
	last := len(b.code.ins) - 1
	if b.code.ins[last].op == opTail {
		last--
	}
	if last < before {
		return
	}
	x := b.code.ins[last]
	if scalar, ok := computes(x.op); ok && (scalar && x.a == l.u || !scalar && x.a == l.p) && !b.aliases(v) && !b.isNamed(v) {
		b.defs[v] = last
	}
}

// onlyReader is the instruction that reads v, when there is one.
func onlyReader(v ssa.Value) (reader ssa.Instruction) {
	for _, r := range *v.Referrers() {
		if _, ok := r.(*ssa.DebugRef); ok {
			continue
		}
		if reader != nil {
			return nil
		}
		reader = r
	}
	return reader
}

// isNamed says whether traces may show v.
func (b *builder) isNamed(v ssa.Value) bool {
	if b.code.origin == nil {
		return false
	}
	for _, r := range *v.Referrers() {
		if d, ok := r.(*ssa.DebugRef); ok {
			switch d.Expr.(type) {
			case *ast.Ident, *ast.SelectorExpr:
				return true
			}
		}
	}
	return false
}

// aliases says whether v's registers may be another value's.
func (b *builder) aliases(v ssa.Value) bool {
	switch v.(type) {
	case *ssa.BinOp, *ssa.UnOp, *ssa.Convert, *ssa.FieldAddr, *ssa.IndexAddr, *ssa.Index:
		return false
	}
	return true
}

// computes says whether an instruction only computes register a, and in which
// bank that is.
func computes(o op) (scalar, ok bool) {
	switch {
	case o == opMovU, o >= opAdd && o <= opCvtFI && o != opShift, o >= opLd8U && o <= opLd64, o >= opIdx8U && o <= opIdx64:
		return true, true
	case o == opMovP, o == opLdPtr, o == opIdxPtr, o == opLea, o == opIdxAddr:
		return false, true
	}
	return false, false
}

// outValue brings an argument to where the callee expects it. src is where it
// lies, unless it is loaded.
func (b *builder) outValue(u, p int32, v ssa.Value, src loc) {
	nu, np := b.size(v.Type())
	b.maxU, b.maxP = max(b.maxU, u+nu), max(b.maxP, p+np)
	if b.isImmediate(v) {
		first := len(b.code.ins)
		b.load(v, loc{u * 8, p * 8})
		for at := first; at < len(b.code.ins); at++ {
			switch b.code.ins[at].op {
			case opLdS:
				b.outs = append(b.outs, outgoing{at, 0, true}, outgoing{at, 1, false})
			case opLdP, opNil:
				b.outs = append(b.outs, outgoing{at, 0, true})
			default:
				b.outs = append(b.outs, outgoing{at, 0, false})
			}
		}
		return
	}
	if at, ok := b.defs[v]; ok && b.isQuiet(at+1) {
		to, pointer := u*8, np == 1
		if pointer {
			to = p * 8
		}
		b.unwritten(b.code.ins[at].a, pointer)
		b.code.ins[at].a = to
		b.outs = append(b.outs, outgoing{at, 0, pointer})
		delete(b.defs, v)
		return
	}
	b.outMove(u, p, src, nu, np)
}

// isQuiet says that from an instruction on nothing was compiled that calls,
// and that all of it belongs to the block being compiled.
func (b *builder) isQuiet(from int) bool {
	if from <= b.starts[b.block] {
		return false
	}
	for _, in := range b.code.ins[from:] {
		if in.op >= opCall && in.op != opTail || in.op == opLoop {
			return false
		}
	}
	return true
}
