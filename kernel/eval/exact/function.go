package exact

import (
	"fmt"
	"go/token"
	"strings"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// builder compiles one ssa.Function. It panics with *refusal where the
// function has no exact translation; compile turns that into an error.
type builder struct {
	*compiler
	fn   *ssa.Function
	from token.Pos // work.caller
	code *code

	locs   map[ssa.Value]loc
	nu, np int32 // slots handed out
	maxU   int32 // slots of the largest call
	maxP   int32

	pos           token.Pos
	order         []*ssa.BasicBlock // what dominates comes first
	rank          map[*ssa.BasicBlock]int
	starts        map[*ssa.BasicBlock]int
	jumps         []jump
	stubs         []stub
	vars          map[*ssa.Alloc]*registerVar
	defs          map[ssa.Value]int // instructions that do nothing but compute a value that is read once
	once          map[int32]bool    // scalar registers that are read once
	outs          []outgoing
	looped        map[*ssa.BasicBlock]bool
	loopOf        map[*ssa.BasicBlock]map[*ssa.BasicBlock]bool // header -> blocks of its loop
	here          map[ssa.Value]loc                            // constants loaded in this block
	entry         map[ssa.Value]loc                            // constants loaded when the function begins
	head          []instr                                      // which does that
	folded        map[ssa.Value]bool
	checkedFirst  map[ssa.Value]bool // folded, but checked where they are defined
	block         *ssa.BasicBlock
	foreignDefers bool // deferred calls are pushed by other functions alone
	strs          map[string]int32
	ptrs          map[unsafe.Pointer]int32
	typeIdx       map[*layout.Type]int32
	fnIdx         map[*function]int32
	assigns       map[string][]token.Pos // see assigned
	gone          map[bankSlot]bool      // registers that nothing writes after all
}

// jump is a jump instruction whose target is not known yet.
type jump struct {
	at int
	to *ssa.BasicBlock
}

// outgoing is an operand behind the frame, whose size is not known yet.
type outgoing struct {
	at      int
	operand int // 0 a, 1 b, 2 c
	pointer bool
}

// refusal is why a program is not run.
type refusal struct {
	pos token.Pos
	why string
}

func (e *refusal) Error() string { return e.why }

func (b *builder) refuse(format string, args ...any) {
	why := fmt.Sprintf(format, args...)
	if b.place() != b.pos && !isWrapper(b.fn) {
		why = b.declared() + ": " + why
	}
	panic(&refusal{b.place(), why})
}

// place is where in the user's code the compiler is: at the call that led to
// the function being compiled, where that is not the user's.
func (b *builder) place() token.Pos {
	if b.from.IsValid() && !b.isUserCode() {
		return b.from
	}
	return b.pos
}

// declared is the name of the declared function that is being compiled.
func (b *builder) declared() string {
	f := b.fn
	for f.Parent() != nil {
		f = f.Parent()
	}
	if f.Origin() != nil {
		f = f.Origin()
	}
	return f.String()
}

// newBuilder begins the code of what w has the body of.
func (c *compiler) newBuilder(w work) *builder {
	f, target := w.ssa, w.fn
	return &builder{
		compiler: c, fn: f, from: w.caller, code: &code{name: f.String(), symbol: symbol(f), fn: target, resume: -1, wrapper: isWrapper(f)},
		locs: map[ssa.Value]loc{}, starts: map[*ssa.BasicBlock]int{}, entry: map[ssa.Value]loc{}, folded: map[ssa.Value]bool{},
		checkedFirst: map[ssa.Value]bool{}, vars: map[*ssa.Alloc]*registerVar{}, defs: map[ssa.Value]int{}, once: map[int32]bool{},
		strs: map[string]int32{}, ptrs: map[unsafe.Pointer]int32{}, typeIdx: map[*layout.Type]int32{}, fnIdx: map[*function]int32{},
		pos: f.Pos(),
	}
}

// build compiles the body that w has into a code.
func (c *compiler) build(w work) *code {
	b, f := c.newBuilder(w), w.ssa
	var places map[token.Pos]token.Pos
	if s := c.world.sourceOf(f); s != nil {
		b.code.origin, places = s.origin, s.places
	}
	b.order, b.rank = order(f)
	b.looped, b.loopOf = loops(f)
	b.foreignDefers = runsForeignDefers(f)
	b.signature()
	b.fold()
	if !b.rt.plain {
		b.promote()
		b.coalesce()
	}
	for _, block := range b.order {
		b.starts[block] = len(b.code.ins)
		b.block, b.here = block, map[ssa.Value]loc{}
		if block == f.Recover {
			b.code.resume = int32(len(b.code.ins))
		}
		for _, in := range block.Instrs {
			if p := positionOf(in); p.IsValid() {
				b.pos = p
				if q, ok := places[p]; ok {
					b.pos = q
				}
			}
			before := len(b.code.ins)
			_, shared := b.locs[asValue(in)]
			b.instr(in)
			if !shared && !b.rt.plain {
				b.note(in, before)
			}
		}
	}
	b.finish()
	return b.code
}

// positionOf is where in is in the source. A function runs its deferred calls
// where it returns.
func positionOf(in ssa.Instruction) token.Pos {
	if _, ok := in.(*ssa.RunDefers); !ok {
		return in.Pos()
	}
	for _, next := range in.Block().Instrs {
		if r, ok := next.(*ssa.Return); ok && r.Pos().IsValid() {
			return r.Pos()
		}
	}
	f := in.Parent()
	if f.Syntax() == nil || f.Parent() == nil && strings.HasPrefix(f.Name(), cellMark) {
		return token.NoPos // a cell has no closing brace
	}
	return f.Syntax().End() - 1
}

// isWrapper says whether f is made by package ssa around one method: recover
// in that method belongs to who deferred f.
func isWrapper(f *ssa.Function) bool {
	return f.Syntax() == nil && f.Synthetic != "" && f.Synthetic != "package initializer" && f.Parent() == nil
}

// signature lays out results, parameters and free variables.
func (b *builder) signature() {
	c := b.code
	results := b.fn.Signature.Results()
	for i := range results.Len() {
		t := b.typ(results.At(i).Type())
		if t.Boxed {
			c.zeros = append(c.zeros, zeroSlot{b.np, t.Zero()})
		}
		b.nu, b.np = b.nu+int32(t.NU), b.np+int32(t.NP)
	}
	c.resU, c.resP = b.nu, b.np
	for _, p := range b.fn.Params {
		b.slot(p)
	}
	c.argU, c.argP = b.nu-c.resU, b.np-c.resP
	for _, v := range b.fn.FreeVars {
		b.slot(v)
	}
}

// emit appends an instruction and returns its number.
func (b *builder) emit(o op, a, bb, c int32) int {
	return b.emitK(o, 0, a, bb, c)
}

func (b *builder) emitK(o op, k uint16, a, bb, c int32) int {
	b.code.ins = append(b.code.ins, instr{o, k, a, bb, c})
	b.code.pos = append(b.code.pos, b.pos)
	return len(b.code.ins) - 1
}

func (b *builder) emitExt(x ext) {
	b.code.exts = append(b.code.exts, x)
	b.emit(opExt, int32(len(b.code.exts)-1), 0, 0)
}

func (b *builder) typeIndex(t *layout.Type) int32 {
	i, ok := b.typeIdx[t]
	if !ok {
		i = int32(len(b.code.types))
		b.typeIdx[t] = i
		b.code.types = append(b.code.types, t)
	}
	return i
}

func (b *builder) ptrIndex(p unsafe.Pointer) int32 {
	i, ok := b.ptrs[p]
	if !ok {
		i = int32(len(b.code.ptrs))
		b.ptrs[p] = i
		b.code.ptrs = append(b.code.ptrs, p)
	}
	return i
}

func (b *builder) funcIndex(f *function) int32 {
	i, ok := b.fnIdx[f]
	if !ok {
		i = int32(len(b.code.funcs))
		b.fnIdx[f] = i
		b.code.funcs = append(b.code.funcs, f)
	}
	return i
}

// finish puts the head before the body, and completes jumps and operands.
func (b *builder) finish() {
	c := b.code
	b.emit(opRet, 0, 0, 0) // where a recovered panic without named results goes on
	if !b.rt.plain {
		b.combine()
	}
	for _, j := range b.jumps {
		c.ins[j.at].a = int32(b.starts[j.to]-j.at-1) * instrSize
	}
	for _, s := range b.stubs {
		c.ins[s.at].a = int32(s.to-s.at-1) * instrSize
	}
	for _, o := range b.outs {
		base := b.nu
		if o.pointer {
			base = b.np
		}
		in := &c.ins[o.at]
		switch o.operand {
		case 0:
			in.a += base * 8
		case 1:
			in.b += base * 8
		case 2:
			in.c += base * 8
		}
	}
	n := int32(len(b.head))
	if n > 0 {
		c.ins = append(b.head, c.ins...)
		pos := make([]token.Pos, n, len(c.ins))
		for i := range pos {
			pos[i] = b.fn.Pos()
		}
		c.pos = append(pos, c.pos...)
		if c.resume >= 0 {
			c.resume += n
		}
	}
	b.noteBlocks(n)
	// The instruction pointer runs ahead: it must not leave the allocation.
	c.ins = append(make([]instr, 0, len(c.ins)+1), c.ins...)
	c.nu, c.np = b.nu, b.np
	c.needU, c.needP = b.nu+b.maxU+4, b.np+b.maxP+4
}
