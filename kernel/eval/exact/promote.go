package exact

import (
	"reflect"

	"golang.org/x/tools/go/ssa"

	"adkernel/kernel/eval/exact/layout"
)

// registerVar is a local variable that lives in registers, because nothing has
// its address. Package ssa does that for variables of one word; these are
// structs, of which fields are read and written.
type registerVar struct {
	at       loc
	constant bool // assigned once, where it is declared: it lies where that value does
	known    bool // a constant's place is
}

// Structs with more slots stay in memory: all of them are moved at once.
const maxPromoted = 12

// promote finds the variables that may live in registers.
func (b *builder) promote() {
	for _, block := range b.order {
		for _, in := range block.Instrs {
			a, ok := in.(*ssa.Alloc)
			if !ok || a.Heap {
				continue
			}
			t := b.typ(pointee(a.Type()))
			if t.Boxed || t.NU+t.NP > maxPromoted || t.Exact && t.Mem.Kind() == reflect.Struct || !b.isPromotable(a, t) {
				continue
			}
			v := &registerVar{}
			if v.constant = b.writes(a) == 1 && declaring(a) != nil; !v.constant {
				v.at = b.fresh(pointee(a.Type()))
			}
			b.vars[a] = v
			b.foldFields(a)
		}
	}
}

// isPromotable says whether all that is done with an address of type *t is to
// load from and to store to it, or to its fields.
func (b *builder) isPromotable(v ssa.Value, t *layout.Type) bool {
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.FieldAddr:
			ft := b.typ(pointee(r.Type()))
			if ft.Boxed || t.Exact || !b.isPromotable(r, ft) {
				return false
			}
		default:
			if !accesses(r, v) {
				return false
			}
		}
	}
	return true
}

// writes counts the stores to a variable and to its fields.
func (b *builder) writes(v ssa.Value) int {
	n := 0
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			n++
		case *ssa.FieldAddr:
			n += b.writes(r)
		}
	}
	return n
}

func (b *builder) foldFields(v ssa.Value) {
	for _, r := range *v.Referrers() {
		if f, ok := r.(*ssa.FieldAddr); ok {
			b.folded[f] = true
			b.foldFields(f)
		}
	}
}

// declaring is the store right behind a variable's declaration, or nil.
func declaring(a *ssa.Alloc) *ssa.Store {
	here := false
	for _, in := range a.Block().Instrs {
		if in == ssa.Instruction(a) {
			here = true
			continue
		}
		if _, ok := in.(*ssa.DebugRef); ok || !here {
			continue
		}
		if s, ok := in.(*ssa.Store); ok && s.Addr == ssa.Value(a) {
			return s
		}
		return nil
	}
	return nil
}

// isDeclaration says whether a store only names its value: a variable that is
// assigned nothing else lies where that does.
func (b *builder) isDeclaration(s *ssa.Store) bool {
	a, ok := s.Addr.(*ssa.Alloc)
	if !ok {
		return false
	}
	v := b.vars[a]
	return v != nil && v.constant
}

// isConstantVar says whether v is the address of such a variable, or of a field
// of one.
func (b *builder) isConstantVar(v ssa.Value) bool {
	for {
		switch x := v.(type) {
		case *ssa.Alloc:
			p := b.vars[x]
			return p != nil && p.constant
		case *ssa.FieldAddr:
			v = x.X
		default:
			return false
		}
	}
}

// declare makes a variable zero, where it is not assigned at once.
func (b *builder) declare(a *ssa.Alloc, v *registerVar) {
	if !v.constant && declaring(a) == nil {
		b.loadZero(b.typ(pointee(a.Type())), v.at)
	}
}
