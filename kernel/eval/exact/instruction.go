package exact

import (
	"go/token"
	"go/types"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// instr compiles one instruction.
func (b *builder) instr(in ssa.Instruction) {
	if v, ok := in.(ssa.Value); ok && b.folded[v] {
		return
	}
	switch in := in.(type) {
	case *ssa.DebugRef:
		b.label(in)
	case *ssa.Phi: // moved by the jumps to its block
		b.slot(in)
	case *ssa.Alloc:
		b.emit(opNew, b.slot(in).p, b.typeIndex(b.typ(pointee(in.Type()))), 0)
	case *ssa.UnOp:
		b.unary(in)
	case *ssa.BinOp:
		b.binary(in)
	case *ssa.Store:
		b.store(in)
	case *ssa.FieldAddr:
		s := b.spotOf(in.X)
		off := int32(b.typ(pointee(in.X.Type())).Mem.Field(in.Field).Offset)
		if s.elem != nil {
			s = spot{base: b.addressOf(s)}
		}
		b.emit(opLea, b.slot(in).p, s.base, s.off+off)
	case *ssa.IndexAddr:
		b.emitElem(opIdxAddr, b.slot(in).p, b.element(in), 0)
	case *ssa.Field:
		b.field(in)
	case *ssa.Index:
		b.indexValue(in)
	case *ssa.Extract:
		l := b.at(in.Tuple)
		tuple := in.Tuple.Type().(*types.Tuple)
		for i := range in.Index {
			nu, np := b.size(tuple.At(i).Type())
			l = l.plus(int(nu), int(np))
		}
		b.locs[in] = l
	case *ssa.ChangeInterface:
		b.locs[in] = b.at(in.X)
	case *ssa.ChangeType:
		b.changeType(in)
	case *ssa.Convert:
		b.convert(in.X, in.Type(), b.slot(in))
	case *ssa.MultiConvert:
		b.convert(in.X, in.Type(), b.slot(in))
	case *ssa.SliceToArrayPointer:
		b.toArrayPointer(in)
	case *ssa.MakeInterface:
		b.makeInterface(in)
	case *ssa.TypeAssert:
		b.typeAssert(in)
	case *ssa.MakeClosure:
		b.makeClosure(in)
	case *ssa.MakeSlice:
		b.makeSlice(in)
	case *ssa.Slice:
		b.slice(in)
	case *ssa.MakeMap:
		b.makeMap(in)
	case *ssa.MapUpdate:
		b.mapUpdate(in)
	case *ssa.Lookup:
		b.lookup(in)
	case *ssa.Range:
		b.rangeOver(in)
	case *ssa.Next:
		b.next(in)
	case *ssa.MakeChan:
		b.makeChan(in)
	case *ssa.Send:
		b.send(in)
	case *ssa.Select:
		b.selectOn(in)
	case *ssa.Call:
		b.call(in)
	case *ssa.Defer:
		b.deferOrGo(&in.Call, opDefer, in.DeferStack)
	case *ssa.Go:
		b.deferOrGo(&in.Call, opGo, nil)
	case *ssa.RunDefers:
		b.emit(opRunDefs, 0, 0, 0)
	case *ssa.Panic:
		b.emit(opPanic, b.at(in.X).p, 0, 0)
	case *ssa.Return:
		b.ret(in)
	case *ssa.Jump:
		b.edge(in.Block(), in.Block().Succs[0])
	case *ssa.If:
		b.branch(in)
	default:
		b.refuse("instruction %T", in)
	}
}

func (b *builder) store(in *ssa.Store) {
	if fa, ok := in.Addr.(*ssa.FieldAddr); ok && fieldName(fa) == "_" {
		return // nobody can read it, and == must not see it
	}
	t := b.typ(in.Val.Type())
	val := b.at(in.Val)
	b.storeTo(b.spotOf(in.Addr), t, val)
}

// field names a part of a struct in registers, or loads it from the memory of
// one that is too large for them.
func (b *builder) field(in *ssa.Field) {
	owner := b.typ(in.X.Type())
	x := b.at(in.X)
	ft := b.typ(in.Type())
	b.checkField(owner.Go, in.Field)
	if owner.Exact && !ft.Exact {
		b.refuse("field %s of a copy of %s: take the field of a variable instead", owner.Go.Underlying().(*types.Struct).Field(in.Field).Name(), owner)
	}
	if owner.Boxed {
		l := b.slot(in)
		off := int32(owner.Mem.Field(in.Field).Offset)
		if ft.Boxed {
			b.emit(opLea, l.p, x.p, off) // nobody writes there
			return
		}
		b.loadFrom(spot{base: x.p, off: off}, ft, l)
		return
	}
	u, p := owner.FieldSlots(in.Field)
	l := x.plus(u, p)
	if ft.Boxed { // its only slot is its first word
		b.refuse("field of type %s in registers", ft)
	}
	b.locs[in] = l
}

// indexValue is an element of an array or string that is not in memory.
func (b *builder) indexValue(in *ssa.Index) {
	x, i, l := b.at(in.X), b.index(in.Index), b.slot(in)
	switch t := in.X.Type().Underlying().(type) {
	case *types.Array:
		if t.Len() == 0 || b.typ(t).Mem.Size() == 0 {
			b.emitElem(opIdxAddr, b.freshP(), spot{base: b.zeroBase(), elem: &element{i, b.intConst(t.Len()), 0, unsigned(in.Index.Type())}}, 0)
			b.loadZero(b.typ(t.Elem()), l)
			return
		}
		et := b.typ(t.Elem())
		s := spot{base: x.p, elem: &element{i, b.intConst(t.Len()), int32(et.Mem.Size()), unsigned(in.Index.Type())}}
		if et.Boxed {
			b.emitElem(opIdxAddr, l.p, s, 0)
			return
		}
		b.loadFrom(s, et, l)
	default: // string
		b.emitElem(opIdx8U, l.u, spot{base: x.p, elem: &element{i, x.u, 1, unsigned(in.Index.Type())}}, 0)
	}
}

var zeroBase byte

func (b *builder) zeroBase() int32 {
	r := b.freshP()
	b.emit(opLdP, r, b.ptrIndex(unsafe.Pointer(&zeroBase)), 0)
	return r
}

// changeType keeps the bits: identical underlying types have one layout.
func (b *builder) changeType(in *ssa.ChangeType) {
	from, to := b.typ(in.X.Type()), b.typ(in.Type())
	if from.Mem != to.Mem && (hidesForeign(from) || hidesForeign(to)) {
		b.refuse("conversion of %s to %s: native code keeps parts of it in another form", from, to)
	}
	b.locs[in] = b.at(in.X)
}

// hidesForeign says whether t is a native struct with interfaces or funcs in
// it, which lie there as native code wants them.
func hidesForeign(t *layout.Type) bool {
	if !t.Exact {
		return false
	}
	var walk func(r reflect.Type) bool
	walk = func(r reflect.Type) bool {
		switch r.Kind() {
		case reflect.Interface:
			return r.NumMethod() > 0
		case reflect.Func:
			return true
		case reflect.Array:
			return walk(r.Elem())
		case reflect.Struct:
			for i := range r.NumField() {
				if walk(r.Field(i).Type) {
					return true
				}
			}
		}
		return false
	}
	return t.Mem.Kind() == reflect.Struct && walk(t.Mem)
}

func (b *builder) toArrayPointer(in *ssa.SliceToArrayPointer) {
	x, l := b.at(in.X), b.slot(in)
	n := pointee(in.Type()).Underlying().(*types.Array).Len()
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		if have := *ri(u, x.u); have < n {
			m.raise(&panicking{val: runtimeErrorf("cannot convert slice with length %d to array or pointer to array with length %d", have, n)})
			return true
		}
		*rp(p, l.p) = *rp(p, x.p)
		return false
	})
}

// runsForeignDefers says whether f's deferred calls are all pushed by bodies of
// its range-over-func loops. Package ssa overlooks that it has to run them.
func runsForeignDefers(f *ssa.Function) bool {
	hasStack := false
	for _, block := range f.Blocks {
		for _, in := range block.Instrs {
			switch in := in.(type) {
			case *ssa.RunDefers:
				return false
			case *ssa.Call:
				if fn, ok := in.Call.Value.(*ssa.Builtin); ok && fn.Name() == "ssa:deferstack" {
					hasStack = true
				}
			}
		}
	}
	return hasStack
}

func (b *builder) ret(in *ssa.Return) {
	if b.foreignDefers {
		b.emit(opRunDefs, 0, 0, 0)
		b.reloadResults(in)
		b.lastReturn = in
		return
	}
	b.results(in)
}

// reloadResults returns once more what named results hold: deferred calls may
// have changed them.
func (b *builder) reloadResults(in *ssa.Return) {
	for _, r := range in.Results {
		if load, ok := r.(*ssa.UnOp); ok && load.Op == token.MUL && load.Block() == in.Block() {
			b.instr(load)
		}
	}
	b.results(in)
}

func (b *builder) results(in *ssa.Return) {
	dst := loc{}
	for _, r := range in.Results {
		b.move(dst, b.at(r), r.Type())
		nu, np := b.size(r.Type())
		dst = dst.plus(int(nu), int(np))
	}
	b.emit(opRet, 0, 0, 0)
}

// jumpTo emits a jump that finish completes.
func (b *builder) jumpTo(o op, to *ssa.BasicBlock, bb, c int32) {
	b.jumps = append(b.jumps, jump{b.emit(o, 0, bb, c), to})
}

// edge moves what the phis of to take from this block, and jumps.
func (b *builder) edge(from, to *ssa.BasicBlock) {
	b.phis(from, to)
	switch {
	case b.rank[to] <= b.rank[from]:
		b.jumpTo(opLoop, to, 0, 0)
	case b.rank[to] != b.rank[from]+1:
		b.jumpTo(opJmp, to, 0, 0)
	}
}

func hasPhis(to *ssa.BasicBlock) bool {
	_, ok := to.Instrs[0].(*ssa.Phi)
	return ok
}

// phis assigns all phis of a block at once: a move whose source another one
// overwrites goes through a spare register.
func (b *builder) phis(from, to *ssa.BasicBlock) {
	pred := 0
	for i, p := range to.Preds {
		if p == from {
			pred = i
		}
	}
	var us, ps []copying
	for _, in := range to.Instrs {
		phi, ok := in.(*ssa.Phi)
		if !ok {
			break
		}
		src, dst := b.at(phi.Edges[pred]), b.slot(phi)
		nu, np := b.size(phi.Type())
		for i := range nu {
			us = append(us, copying{dst.u + i*8, src.u + i*8})
		}
		for i := range np {
			ps = append(ps, copying{dst.p + i*8, src.p + i*8})
		}
	}
	b.parallel(us, opMovU, b.freshU)
	b.parallel(ps, opMovP, b.freshP)
}

type copying struct{ dst, src int32 }

// parallel orders copies so that none overwrites what a later one reads, and
// breaks cycles.
func (b *builder) parallel(list []copying, o op, fresh func() int32) {
	var left []copying
	for _, c := range list {
		if c.dst != c.src {
			left = append(left, c)
		}
	}
	for len(left) > 0 {
		done := false
		for i, c := range left {
			blocked := false
			for j, d := range left {
				if j != i && d.src == c.dst {
					blocked = true
					break
				}
			}
			if !blocked {
				b.emit(o, c.dst, c.src, 0)
				left = append(left[:i:i], left[i+1:]...)
				done = true
				break
			}
		}
		if !done {
			spare := fresh()
			b.emit(o, spare, left[0].src, 0)
			left[0].src = spare
		}
	}
}

// branch compiles a conditional jump, together with the comparison before it.
func (b *builder) branch(in *ssa.If) {
	yes, no := in.Block().Succs[0], in.Block().Succs[1]
	from := in.Block()
	// The jump is taken when the condition holds. Where the way there has
	// phis to move, or is a loop, it leads to a stub of its own.
	direct := !hasPhis(yes) && b.rank[yes] > b.rank[from]
	at := b.conditional(in.Cond)
	if direct {
		b.jumps = append(b.jumps, jump{at, yes})
		b.edge(from, no)
		return
	}
	b.phis(from, no)
	if b.rank[no] <= b.rank[from] {
		b.jumpTo(opLoop, no, 0, 0)
	} else {
		b.jumpTo(opJmp, no, 0, 0)
	}
	stub := len(b.code.ins)
	b.code.ins[at].a = int32(stub-at-1) * instrSize
	b.here = map[ssa.Value]loc{} // what the other way loaded was not loaded here
	b.edge(from, yes)
}

var compareOps = map[token.Token]struct{ signed, unsigned, number op }{
	token.EQL: {opJEq, opJEq, opJEqI}, token.NEQ: {opJNe, opJNe, opJNeI},
	token.LSS: {opJLtS, opJLtU, opJLtI}, token.LEQ: {opJLeS, opJLeU, opJLeI},
}

// conditional emits a jump that is taken when cond holds, with an open target.
func (b *builder) conditional(cond ssa.Value) int {
	x, ok := cond.(*ssa.BinOp)
	if !ok || !b.isFused(x) {
		return b.emit(opJnz, 0, b.at(cond).u, 0)
	}
	l, r, o := x.X, x.Y, x.Op
	if k, ok := smallConst(r); ok && unsigned(l.Type()) == 0 {
		n := map[token.Token]op{token.EQL: opJEqI, token.NEQ: opJNeI, token.LSS: opJLtI, token.LEQ: opJLeI, token.GTR: opJGtI, token.GEQ: opJGeI}[o]
		return b.emit(n, 0, b.at(l).u, k)
	}
	switch o {
	case token.GTR:
		l, r, o = r, l, token.LSS
	case token.GEQ:
		l, r, o = r, l, token.LEQ
	}
	ops := compareOps[o]
	n := ops.signed
	if unsigned(l.Type()) != 0 {
		n = ops.unsigned
	}
	lu := b.at(l).u
	return b.emit(n, 0, lu, b.at(r).u)
}

// isFused says whether a comparison is only the condition of the jump that
// ends its block.
func (b *builder) isFused(x *ssa.BinOp) bool {
	t, ok := x.X.Type().Underlying().(*types.Basic)
	if !ok || t.Info()&types.IsInteger == 0 {
		return false
	}
	switch x.Op {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
	default:
		return false
	}
	n := 0
	for _, r := range *x.Referrers() {
		switch r := r.(type) {
		case *ssa.DebugRef:
		case *ssa.If:
			if r.Block() != x.Block() {
				return false
			}
			n++
		default:
			return false
		}
	}
	return n == 1
}

// smallConst is an integer constant that fits an operand.
func smallConst(v ssa.Value) (int32, bool) {
	c, ok := v.(*ssa.Const)
	if !ok || c.Value == nil {
		return 0, false
	}
	t, ok := c.Type().Underlying().(*types.Basic)
	if !ok || t.Info()&types.IsInteger == 0 {
		return 0, false
	}
	if t.Info()&types.IsUnsigned != 0 {
		n := c.Uint64()
		return int32(n), n < 1<<31
	}
	n := c.Int64()
	return int32(n), n == int64(int32(n))
}
