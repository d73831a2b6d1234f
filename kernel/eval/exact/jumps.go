package exact

import (
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"
)

// stub is a jump to an instruction of the same block.
type stub struct{ at, to int }

// jumpTo emits a jump that finish completes.
func (b *builder) jumpTo(o op, to *ssa.BasicBlock) {
	b.jumps = append(b.jumps, jump{b.emit(o, 0, 0, 0), to})
}

// edge moves what the phis of to take from this block, and jumps. It is the
// last of a block, so that what follows needs no jump.
func (b *builder) edge(from, to *ssa.BasicBlock) {
	b.phis(from, to)
	if b.rank[to] > b.rank[from] || !b.repeat(from, to) {
		b.leave(from, to)
	}
}

// leave jumps where to does not follow.
func (b *builder) leave(from, to *ssa.BasicBlock) {
	switch {
	case b.rank[to] <= b.rank[from]:
		b.jumpTo(opLoop, to)
	case b.rank[to] != b.rank[from]+1:
		b.jumpTo(opJmp, to)
	}
}

// A loopTest is the condition that a loop's header ends with.
type loopTest struct {
	cond       ssa.Value
	want       bool // go on when cond is want
	body, exit *ssa.BasicBlock
}

// test returns the test of a loop whose header does little else.
func (b *builder) test(header *ssa.BasicBlock) (t loopTest, ok bool) {
	last, ok := header.Instrs[len(header.Instrs)-1].(*ssa.If)
	if !ok || b.rt.plain {
		return t, false
	}
	loop := b.loopOf[header]
	t = loopTest{last.Cond, true, header.Succs[0], header.Succs[1]}
	if !loop[t.body] {
		t = loopTest{last.Cond, false, header.Succs[1], header.Succs[0]}
	}
	if !loop[t.body] || loop[t.exit] || !b.isFree(header, t.body) || b.rank[t.body] <= b.rank[header] {
		return t, false
	}
	const most = 6
	n := 0
	for _, in := range header.Instrs[:len(header.Instrs)-1] {
		switch in.(type) {
		case *ssa.Phi, *ssa.DebugRef:
			continue
		}
		if n++; n > most || !b.isRepeatable(in) {
			return t, false
		}
	}
	return t, true
}

// repeat ends a loop with the test that begins it, so that an iteration has
// one jump.
func (b *builder) repeat(from, header *ssa.BasicBlock) bool {
	t, ok := b.test(header)
	if !ok {
		return false
	}
	here, block := b.here, b.block
	b.here, b.block = map[ssa.Value]loc{}, header
	for _, in := range header.Instrs[:len(header.Instrs)-1] {
		if p := in.Pos(); p.IsValid() {
			b.pos = p
		}
		b.instr(in)
	}
	b.jumps = append(b.jumps, jump{b.conditional(t.cond, t.want, true), t.body})
	b.phis(header, t.exit)
	b.leave(from, t.exit)
	b.here, b.block = here, block
	return true
}

// isRepeatable says whether an instruction may be compiled a second time: its
// result lies where the first one's does.
func (b *builder) isRepeatable(in ssa.Instruction) bool {
	switch in := in.(type) {
	case *ssa.BinOp, *ssa.FieldAddr, *ssa.IndexAddr, *ssa.Field, *ssa.ChangeType, *ssa.Convert, *ssa.Next, *ssa.Extract:
		return true
	case *ssa.UnOp:
		return in.Op != token.ARROW
	case *ssa.Call:
		fn, ok := in.Call.Value.(*ssa.Builtin)
		return ok && (fn.Name() == "len" || fn.Name() == "cap")
	}
	return false
}

func hasPhis(to *ssa.BasicBlock) bool {
	_, ok := to.Instrs[0].(*ssa.Phi)
	return ok
}

// phis assigns all phis of a block at once.
func (b *builder) phis(from, to *ssa.BasicBlock) {
	pred := 0
	for i, p := range to.Preds {
		if p == from {
			pred = i
		}
	}
	var list []assignment
	for _, in := range to.Instrs {
		phi, ok := in.(*ssa.Phi)
		if !ok {
			break
		}
		list = append(list, assignment{b.slot(phi), phi.Edges[pred]})
	}
	b.assign(list)
}

// assignment is a value on its way to registers.
type assignment struct {
	dst loc
	val ssa.Value
}

// assign makes assignments at once: a move whose source another one overwrites
// goes through a spare register. Constants are loaded when nothing is read any
// more.
func (b *builder) assign(list []assignment) {
	var us, ps []copying
	for _, x := range list {
		if b.isImmediate(x.val) {
			continue
		}
		src := b.at(x.val)
		nu, np := b.size(x.val.Type())
		for i := range nu {
			us = append(us, copying{x.dst.u + i*8, src.u + i*8})
		}
		for i := range np {
			ps = append(ps, copying{x.dst.p + i*8, src.p + i*8})
		}
	}
	b.parallel(us, opMovU, b.freshU)
	b.parallel(ps, opMovP, b.freshP)
	for _, x := range list {
		if b.isImmediate(x.val) {
			b.load(x.val, x.dst)
		}
	}
}

// isImmediate tells values that are loaded, not moved.
func (b *builder) isImmediate(v ssa.Value) bool {
	switch v.(type) {
	case *ssa.Const, *ssa.Global, *ssa.Function:
		return true
	}
	return false
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

// isFree says whether nothing has to be moved on the way to a block.
func (b *builder) isFree(from, to *ssa.BasicBlock) bool {
	if !hasPhis(to) {
		return true
	}
	pred := slices.Index(to.Preds, from)
	for _, in := range to.Instrs {
		phi, ok := in.(*ssa.Phi)
		if !ok {
			break
		}
		src, known := b.locs[phi.Edges[pred]]
		if !known || src != b.slot(phi) {
			return false
		}
	}
	return true
}

// branch compiles a conditional jump, together with the comparison before it.
// A jump leads to the successor that does not follow, when nothing has to be
// moved on the way there; where both want moves, one gets a stub of its own.
func (b *builder) branch(in *ssa.If) {
	from := in.Block()
	yes, no := from.Succs[0], from.Succs[1]
	direct := func(to *ssa.BasicBlock) bool { return b.rank[to] > b.rank[from] && b.isFree(from, to) }
	again := func(to *ssa.BasicBlock) bool {
		if b.rank[to] > b.rank[from] || !b.isFree(from, to) || b.rt.plain {
			return false
		}
		_, ok := b.test(to) // which repeat copies
		return !ok
	}
	to := func(block *ssa.BasicBlock, want, polled bool) {
		b.jumps = append(b.jumps, jump{b.conditional(in.Cond, want, polled), block})
	}
	switch {
	case yes == no:
		b.edge(from, yes)
	case again(yes):
		to(yes, true, true)
		b.edge(from, no)
	case again(no):
		to(no, false, true)
		b.edge(from, yes)
	case direct(no) && (!direct(yes) || b.rank[yes] == b.rank[from]+1):
		to(no, false, false)
		b.edge(from, yes)
	case direct(yes):
		to(yes, true, false)
		b.edge(from, no)
	default:
		at := b.conditional(in.Cond, true, false)
		b.phis(from, no)
		if b.rank[no] <= b.rank[from] {
			b.jumpTo(opLoop, no)
		} else {
			b.jumpTo(opJmp, no)
		}
		b.stubs = append(b.stubs, stub{at, len(b.code.ins)})
		b.here = map[ssa.Value]loc{} // what the other way loaded was not loaded here
		b.edge(from, yes)
	}
}

var negated = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.GEQ, token.GEQ: token.LSS, token.LEQ: token.GTR, token.GTR: token.LEQ,
}

var compareOps = map[token.Token]struct{ signed, unsigned op }{
	token.EQL: {opJEq, opJEq}, token.NEQ: {opJNe, opJNe},
	token.LSS: {opJLtS, opJLtU}, token.LEQ: {opJLeS, opJLeU},
}

var compareConstOps = map[token.Token]op{
	token.EQL: opJEqI, token.NEQ: opJNeI, token.LSS: opJLtI, token.LEQ: opJLeI, token.GTR: opJGtI, token.GEQ: opJGeI,
}

// compareFloatOps are the jumps when a comparison holds, and when it does not.
var compareFloatOps = map[token.Token][2]op{
	token.EQL: {opJNeF, opJEqF}, token.NEQ: {opJEqF, opJNeF},
	token.LSS: {opJNotLtF, opJLtF}, token.LEQ: {opJNotLeF, opJLeF},
}

// conditional emits a jump that is taken when cond is want, with an open
// target; polled, after a look for an interrupt.
func (b *builder) conditional(cond ssa.Value, want, polled bool) int {
	jump := func(o op, bb, c int32) int {
		if polled {
			b.emit(opLoop, 0, 0, 0)
		}
		return b.emit(o, 0, bb, c)
	}
	x, ok := cond.(*ssa.BinOp)
	if !ok || !b.isFused(x) {
		return jump(map[bool]op{true: opJnz, false: opJz}[want], b.at(cond).u, 0)
	}
	l, r, o := x.X, x.Y, x.Op
	switch {
	case isNilConst(l):
		l, r = r, l
		fallthrough
	case isNilConst(r):
		return jump(map[bool]op{true: opJNilP, false: opJNotNil}[want == (o == token.EQL)], b.at(l).p, 0)
	case isFloat64(l.Type()):
		if o, swap := swapped(o); swap {
			lu := b.at(l).u
			return jump(compareFloatOps[o][bit(want)], b.at(r).u, lu)
		}
		lu := b.at(l).u
		return jump(compareFloatOps[o][bit(want)], lu, b.at(r).u)
	}
	if !want {
		o = negated[o]
	}
	if k, ok := smallConst(r); ok && (unsigned(l.Type()) == 0 || o == token.EQL || o == token.NEQ) {
		return jump(compareConstOps[o], b.at(l).u, k)
	}
	if p, swap := swapped(o); swap {
		l, r, o = r, l, p
	}
	ops := compareOps[o]
	n := ops.signed
	if unsigned(l.Type()) != 0 {
		n = ops.unsigned
	}
	lu := b.at(l).u
	return jump(n, lu, b.at(r).u)
}

func isFloat64(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Float64
}

// isFused says whether a comparison is only the condition of the jump that
// ends its block.
func (b *builder) isFused(x *ssa.BinOp) bool {
	if !isComparison(x.Op) {
		return false
	}
	t, ok := x.X.Type().Underlying().(*types.Basic)
	isNumber := ok && (t.Info()&types.IsInteger != 0 || t.Kind() == types.Float64)
	if !isNumber && !isNilConst(x.X) && !isNilConst(x.Y) {
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
