package exact

import (
	"go/types"
	"unsafe"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

func (b *builder) makeClosure(in *ssa.MakeClosure) {
	fn := b.function(in.Fn.(*ssa.Function))
	type capture struct {
		from   loc
		nu, np int32
	}
	var list []capture
	var nu, np int32
	for _, v := range in.Bindings {
		u, p := b.size(v.Type())
		list = append(list, capture{b.at(v), u, p})
		nu, np = nu+u, np+p
	}
	l := b.slot(in)
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		c := &closure{fn: fn}
		if nu > 0 {
			c.u = make([]uint64, 0, nu)
		}
		if np > 0 {
			c.p = make([]unsafe.Pointer, 0, np)
		}
		for _, x := range list {
			for i := range x.nu {
				c.u = append(c.u, *ru(u, x.from.u+i*8))
			}
			for i := range x.np {
				c.p = append(c.p, *rp(p, x.from.p+i*8))
			}
		}
		*rp(p, l.p) = unsafe.Pointer(c)
		return false
	})
}

// call compiles a call whose results end in registers.
func (b *builder) call(in *ssa.Call) {
	if builtin, ok := in.Call.Value.(*ssa.Builtin); ok {
		b.builtin(builtin, in.Call.Args, in)
		return
	}
	c := &in.Call
	resU, resP := b.size(c.Signature().Results())
	target := b.prepare(c, resU, resP)
	switch {
	case target.method != nil:
		b.code.exts = append(b.code.exts, target.method)
		b.emit(opCallM, 0, int32(len(b.code.exts)-1), 0)
	case target.fn == nil:
		b.emit(opCallC, target.closure, 0, 0)
	case target.fn.native != nil:
		b.emit(opCallN, b.funcIndex(target.fn), 0, 0)
	default:
		b.emit(opCall, b.funcIndex(target.fn), 0, 0)
	}
	if resU+resP > 0 {
		b.outResult(b.slot(in), resU, resP)
	}
	b.locs[in] = b.slot(in)
}

// callee is what a call calls: one of its fields.
type callee struct {
	fn      *function
	closure int32 // a pointer register
	method  ext   // finds the method of an interface value, puts the receiver into place
	nu, np  int32 // slots of the arguments
}

// prepare moves arguments to where the callee expects them.
func (b *builder) prepare(c *ssa.CallCommon, resU, resP int32) callee {
	if c.IsInvoke() {
		return b.prepareInvoke(c, resU, resP)
	}
	out := callee{}
	if fn := c.StaticCallee(); fn != nil {
		b.checkArguments(fn, c.Args)
		out.fn = b.function(fn)
		if mc, ok := c.Value.(*ssa.MakeClosure); ok {
			out.fn, out.closure = nil, b.at(mc).p
		}
	} else {
		out.closure = b.at(c.Value).p
	}
	locs := make([]loc, len(c.Args))
	for i, a := range c.Args {
		if !b.isImmediate(a) {
			locs[i] = b.at(a)
		}
	}
	u, p := resU, resP
	for i, a := range c.Args {
		nu, np := b.size(a.Type())
		b.outValue(u, p, a, locs[i])
		u, p = u+nu, p+np
	}
	out.nu, out.np = u-resU, p-resP
	b.maxU, b.maxP = max(b.maxU, u), max(b.maxP, p)
	return out
}

// prepareInvoke calls a method of an interface value. The receiver takes as
// many slots as its dynamic type does, so the arguments, which follow it, are
// moved when that is known.
func (b *builder) prepareInvoke(c *ssa.CallCommon, resU, resP int32) callee {
	x := b.at(c.Value)
	type arg struct {
		from   loc
		nu, np int32
	}
	var args []arg
	var nu, np int32
	for _, a := range c.Args {
		u, p := b.size(a.Type())
		args = append(args, arg{b.at(a), u, p})
		nu, np = nu+u, np+p
	}
	b.maxU, b.maxP = max(b.maxU, resU+nu+maxReceiver), max(b.maxP, resP+np+maxReceiver)
	site := b.newSite(c)
	code := b.code
	method := func(m *machine, u, p unsafe.Pointer) bool {
		v := *rany(p, x.p)
		if v == nil {
			m.raiseNil()
			return true
		}
		t, ok := m.find(site, v)
		if !ok {
			return true
		}
		ou, op := unsafe.Add(u, code.nu*8), unsafe.Add(p, code.np*8)
		l := loc{resU * 8, resP * 8}
		if l, ok = t.receiver(m, v, ou, op, l); !ok {
			return true
		}
		for _, a := range args {
			for i := range a.nu {
				*ru(ou, l.u) = *ru(u, a.from.u+i*8)
				l.u += 8
			}
			for i := range a.np {
				*rp(op, l.p) = *rp(p, a.from.p+i*8)
				l.p += 8
			}
		}
		m.method = t.fn
		if t.fn.native != nil {
			m.method = nil
			return t.fn.native(m, ou, op)
		}
		return false
	}
	return callee{method: method, nu: nu, np: np}
}

// maxReceiver is how many slots a receiver may take in either bank.
const maxReceiver = 16

// deferOrGo compiles defer and go statements: what is called and its arguments
// are evaluated now.
func (b *builder) deferOrGo(c *ssa.CallCommon, o op, stack ssa.Value) {
	var target callee
	if _, ok := c.Value.(*ssa.Builtin); ok || c.IsInvoke() {
		target = b.thunk(c)
	} else {
		resU, resP := b.size(c.Signature().Results())
		target = b.prepare(c, resU, resP)
	}
	at := int32(-1)
	if stack != nil {
		at = b.at(stack).p
	}
	if target.fn != nil {
		b.emit(o, b.funcIndex(target.fn), target.nu, target.np)
	} else {
		b.emit(o+1, target.closure, target.nu, target.np)
	}
	b.emit(opTail, at, 0, 0)
}

// thunk compiles a call of a builtin or of an interface's method into a
// function of its own, with the operands as its parameters.
func (b *builder) thunk(c *ssa.CallCommon) callee {
	values := c.Args
	if c.IsInvoke() {
		values = append([]ssa.Value{c.Value}, c.Args...)
		// a nil interface is noticed when the statement is executed
		b.emit(opChkNil, b.at(c.Value).p, 0, 0)
	}
	fn := newFunction(c.String())
	t := &builder{
		compiler: b.compiler, fn: b.fn, from: b.from, block: b.block,
		code: &code{name: fn.name, fn: fn, resume: -1, wrapper: true},
		locs: map[ssa.Value]loc{}, starts: map[*ssa.BasicBlock]int{}, entry: map[ssa.Value]loc{}, folded: map[ssa.Value]bool{},
		looped: map[*ssa.BasicBlock]bool{}, here: map[ssa.Value]loc{},
		strs: map[string]int32{}, ptrs: map[unsafe.Pointer]int32{}, typeIdx: map[*layout.Type]int32{}, fnIdx: map[*function]int32{}, pos: b.pos,
	}
	for _, v := range values {
		t.slot(v)
	}
	t.code.argU, t.code.argP = t.nu, t.np
	if builtin, ok := c.Value.(*ssa.Builtin); ok {
		if builtin.Name() == "recover" {
			t.emitExt(deferredRecover)
		} else {
			t.builtin(builtin, c.Args, nil)
		}
	} else {
		resU, resP := t.size(c.Signature().Results())
		target := t.prepareInvoke(c, resU, resP)
		t.code.exts = append(t.code.exts, target.method)
		t.emit(opCallM, 0, int32(len(t.code.exts)-1), 0)
	}
	t.finish()
	fn.code.Store(t.code)
	var u, p int32
	for _, v := range values {
		nu, np := b.size(v.Type())
		b.outMove(u, p, b.at(v), nu, np)
		u, p = u+nu, p+np
	}
	return callee{fn: fn, nu: u, np: p}
}

// deferredRecover is recover as a deferred call of its own. When the function
// that deferred it returns, it is as if that had called it; when a panic runs
// it, nobody has.
func deferredRecover(m *machine, u, p unsafe.Pointer) bool {
	if n := len(m.frames); n > 1 && m.frames[n-1].handling == nil {
		m.recovered(&m.frames[n-2])
	}
	return false
}

// builtin compiles a call of a predeclared function; in is nil where nothing
// uses the result.
func (b *builder) builtin(fn *ssa.Builtin, args []ssa.Value, in ssa.Value) {
	var l loc
	if in != nil {
		l = b.slot(in)
	} else if results := fn.Type().(*types.Signature).Results(); results.Len() > 0 {
		l = b.fresh(results.At(0).Type())
	}
	switch fn.Name() {
	case "len", "cap":
		b.size2(fn.Name(), args[0], l, in)
	case "append":
		b.appendTo(args, in)
	case "copy":
		b.copyInto(args[0], args[1], l)
	case "delete":
		b.deleteKey(args[0], args[1])
	case "clear":
		if _, ok := args[0].Type().Underlying().(*types.Map); ok {
			b.clearMap(args[0])
		} else {
			b.clearSlice(args[0])
		}
	case "close":
		b.closeChan(args[0])
	case "print", "println":
		b.print(fn.Name() == "println", args)
	case "panic":
		b.emit(opPanic, b.at(args[0]).p, 0, 0)
	case "recover":
		b.emit(opRecover, l.p, 0, 0)
	case "min", "max":
		b.minMax(fn.Name() == "max", args, l)
	case "real", "imag":
		off := int32(0)
		if fn.Name() == "imag" {
			off = 8
		}
		b.emit(opMovU, l.u, b.at(args[0]).u+off, 0)
	case "complex":
		re, im := b.at(args[0]).u, b.at(args[1]).u
		b.emit(opMovU, l.u, re, 0)
		b.emit(opMovU, l.u+8, im, 0)
	case "ssa:wrapnilchk":
		b.wrapNilCheck(args, l)
	case "ssa:deferstack":
		b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
			fr := &m.frames[len(m.frames)-1]
			if fr.defers == nil {
				fr.defers = &deferStack{}
			}
			*rp(p, l.p) = unsafe.Pointer(fr.defers)
			return false
		})
	default:
		b.unsafeBuiltin(fn, args, l)
	}
}

// size2 compiles len and cap. Most are registers already.
func (b *builder) size2(name string, v ssa.Value, l loc, in ssa.Value) {
	alias := func(reg int32) {
		if in != nil {
			b.locs[in] = loc{u: reg}
		}
	}
	switch t := v.Type().Underlying().(type) {
	case *types.Basic:
		alias(b.at(v).u)
	case *types.Slice:
		off := int32(0)
		if name == "cap" {
			off = 8
		}
		alias(b.at(v).u + off)
	case *types.Map:
		b.mapLen(v, l)
	case *types.Chan:
		b.chanSize(v, l, name == "cap")
	case *types.Array:
		b.emit(opMovU, l.u, b.intConst(t.Len()), 0)
	case *types.Pointer:
		b.emit(opMovU, l.u, b.intConst(t.Elem().Underlying().(*types.Array).Len()), 0)
	default:
		b.refuse("%s of %s", name, layout.Name(v.Type()))
	}
}

// minMax compiles min and max: with floats, NaN wins and -0 is less than 0.
func (b *builder) minMax(isMax bool, args []ssa.Value, l loc) {
	t := b.typ(args[0].Type())
	first := b.at(args[0])
	b.move(l, first, args[0].Type())
	for _, a := range args[1:] {
		x := b.at(a)
		b.emitExt(minMax(isMax, t, x, l, unsigned(args[0].Type()) != 0))
	}
}

func (b *builder) wrapNilCheck(args []ssa.Value, l loc) {
	x := b.at(args[0])
	typ, method := constString(args[1]), constString(args[2])
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		q := *rp(p, x.p)
		if q == nil {
			m.raise(&panicking{val: runtimeError(sprintf("value method %s.%s called using nil *%s pointer", typ, method, typ[lastDot(typ)+1:]))})
			return true
		}
		*rp(p, l.p) = q
		return false
	})
}
