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
		if b.checkedFirst[v] {
			b.checkSpot(b.spotOf(v.(*ssa.FieldAddr).X))
		}
		return
	}
	switch in := in.(type) {
	case *ssa.DebugRef:
		if b.code.origin != nil {
			b.label(in)
		}
	case *ssa.Phi: // moved by the jumps to its block
		b.slot(in)
	case *ssa.Alloc:
		b.checkSize(b.typ(pointee(in.Type())))
		if v, ok := b.vars[in]; ok {
			b.declare(in, v)
			return
		}
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
		if !b.rangePanic(in) {
			b.emit(opPanic, b.at(in.X).p, 0, 0)
		}
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
	if b.isDeclaration(in) {
		v := b.vars[in.Addr.(*ssa.Alloc)]
		v.at, v.known = val, true
		return
	}
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
		b.foreignField(in, owner, ft)
		return
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

// foreignField converts a field of a native struct that is not in memory.
func (b *builder) foreignField(in *ssa.Field, owner, ft *layout.Type) {
	if !isOpen(ft.Go) {
		b.refuse("field %s of %s: its type %s cannot be shared with native code", owner.Go.Underlying().(*types.Struct).Field(in.Field).Name(), owner, ft)
	}
	x, l, rt := b.at(in.X), b.slot(in), b.rt
	b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
		v := reflect.NewAt(ft.Native, unsafe.Add(value(owner, u, p, x), owner.Mem.Field(in.Field).Offset))
		return !rt.fromNative(m, v.Elem(), ft, u, p, l)
	})
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
	var list []assignment
	dst := loc{}
	for _, r := range in.Results {
		list = append(list, assignment{dst, r})
		nu, np := b.size(r.Type())
		dst = dst.plus(int(nu), int(np))
	}
	b.assign(list)
	b.emit(opRet, 0, 0, 0)
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
