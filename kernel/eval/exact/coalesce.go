package exact

import (
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"
)

// coalescer gives values that become one another at a jump or a return the same
// registers, where their lives do not overlap: then nothing is moved. Values of
// a class share registers, so none may be written while another will be read.
type coalescer struct {
	b       *builder
	members map[ssa.Value]*member
	pinned  map[ssa.Value]bool // read where no path of the control flow leads: after a recovered panic
	at      map[ssa.Instruction]int
}

// member is a value that may share registers.
type member struct {
	value   ssa.Value
	class   *class
	block   *ssa.BasicBlock
	def     int // index of the defining instruction in its block, -1 of a phi or parameter
	atomic  bool
	in, out map[*ssa.BasicBlock]bool
	last    map[*ssa.BasicBlock]int // where in a block it is read last; past the end by phis behind it
	name    string                  // source variable, "" for none
}

// class is a set of values with the same registers.
type class struct {
	members []*member
	fixed   bool
	at      loc
	nu, np  int32
	name    string
}

// Functions larger than this are compiled as they are: the analysis takes time
// in the number of values times blocks.
const maxCoalesce = 1 << 21

func (b *builder) coalesce() {
	if b.foreignDefers || len(b.fn.Blocks) == 0 {
		return
	}
	c := &coalescer{b: b, members: map[ssa.Value]*member{}, pinned: map[ssa.Value]bool{}, at: map[ssa.Instruction]int{}}
	n := 0
	for _, block := range b.order {
		for i, in := range block.Instrs {
			c.at[in] = i
			if _, ok := in.(*ssa.Phi); ok {
				n++
			}
		}
	}
	if n*len(b.order) > maxCoalesce {
		return
	}
	if r := b.fn.Recover; r != nil {
		for _, in := range r.Instrs {
			for _, v := range in.Operands(nil) {
				c.pin(*v)
			}
		}
	}
	// what moves most often goes first
	blocks := slices.Clone(b.order)
	slices.SortStableFunc(blocks, func(x, y *ssa.BasicBlock) int {
		return int(bit(b.looped[y])) - int(bit(b.looped[x]))
	})
	for _, block := range blocks {
		for _, in := range block.Instrs {
			phi, ok := in.(*ssa.Phi)
			if !ok {
				break
			}
			c.phi(phi)
		}
	}
	for _, block := range b.order {
		if ret, ok := block.Instrs[len(block.Instrs)-1].(*ssa.Return); ok {
			c.results(ret)
		}
	}
	for v, m := range c.members {
		if _, done := b.locs[v]; done || len(m.class.members) == 1 && !m.class.fixed {
			continue
		}
		if !m.class.fixed {
			m.class.at, m.class.fixed = b.fresh(v.Type()), true
		}
		b.locs[v] = m.class.at
	}
}

func (c *coalescer) pin(v ssa.Value) {
	v = c.owner(v)
	if v == nil || c.pinned[v] {
		return
	}
	c.pinned[v] = true
	if in, ok := v.(ssa.Instruction); ok && c.b.folded[v] {
		for _, x := range in.Operands(nil) {
			c.pin(*x)
		}
	}
}

// owner is the value whose registers v names.
func (c *coalescer) owner(v ssa.Value) ssa.Value {
	for {
		x := aliased(v)
		if x == nil {
			return v
		}
		v = x
	}
}

// aliased is the value of whose registers v is a part, or nil.
func aliased(v ssa.Value) ssa.Value {
	switch v := v.(type) {
	case *ssa.Extract:
		return v.Tuple
	case *ssa.ChangeInterface:
		return v.X
	case *ssa.ChangeType:
		return v.X
	case *ssa.Field:
		return v.X
	case *ssa.Call:
		if fn, ok := v.Call.Value.(*ssa.Builtin); ok && (fn.Name() == "len" || fn.Name() == "cap") {
			return v.Call.Args[0]
		}
	}
	return nil
}

func (c *coalescer) phi(phi *ssa.Phi) {
	m := c.member(phi)
	if m == nil {
		return
	}
	for i, e := range phi.Edges {
		if c.b.rank[phi.Block().Preds[i]] >= c.b.rank[phi.Block()] { // round the loop
			c.merge(m, c.member(e))
		}
	}
	for _, e := range phi.Edges {
		c.merge(m, c.member(e))
	}
}

// results lets values that are only returned be computed where the caller
// reads them.
func (c *coalescer) results(ret *ssa.Return) {
	dst := loc{}
	for _, r := range ret.Results {
		nu, np := c.b.size(r.Type())
		if m := c.member(r); m != nil && !m.class.fixed {
			// The registers of results hold nothing else before a return, but
			// what was merged with them, which other returns read.
			free := true
			for _, other := range c.members {
				if o := other.class; o != m.class && o.fixed && o.at == dst && o.nu == nu && o.np == np && !c.disjoint(m.class, o) {
					free = false
				}
			}
			if free {
				m.class.fixed, m.class.at = true, dst
			}
		}
		dst = dst.plus(int(nu), int(np))
	}
}

// member makes v a member, or returns nil where its registers are its own.
func (c *coalescer) member(v ssa.Value) *member {
	if m, ok := c.members[v]; ok {
		return m
	}
	c.members[v] = nil
	m := &member{value: v, def: -1, in: map[*ssa.BasicBlock]bool{}, out: map[*ssa.BasicBlock]bool{}, last: map[*ssa.BasicBlock]int{}}
	switch in := v.(type) {
	case *ssa.Parameter:
		m.block, m.atomic = c.b.fn.Blocks[0], true
	case ssa.Instruction:
		if !c.b.writesSlot(in) {
			delete(c.members, v)
			return nil
		}
		m.block, m.atomic = in.Block(), c.b.isAtomic(in)
		if _, ok := v.(*ssa.Phi); !ok {
			m.def = c.at[in]
		}
	default:
		delete(c.members, v)
		return nil
	}
	nu, np := c.b.size(v.Type())
	if _, known := c.b.rank[m.block]; !known || c.pinned[v] || nu+np == 0 || nu+np > 3 || m.block == c.b.fn.Recover {
		delete(c.members, v)
		return nil
	}
	if !c.live(m, v) {
		delete(c.members, v)
		return nil
	}
	m.class = &class{members: []*member{m}, nu: nu, np: np, name: m.name}
	if at, ok := c.b.locs[v]; ok {
		m.class.fixed, m.class.at = true, at
	}
	c.members[v] = m
	return m
}

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

// merge gives two values the same registers, if that does no harm.
func (c *coalescer) merge(x, y *member) {
	if x == nil || y == nil || x.class == y.class {
		return
	}
	a, b := x.class, y.class
	if a.fixed && b.fixed || a.nu != b.nu || a.np != b.np || a.name != "" && b.name != "" && a.name != b.name || !c.disjoint(a, b) {
		return
	}
	if b.fixed {
		a.fixed, a.at = true, b.at
	}
	if a.name == "" {
		a.name = b.name
	}
	for _, m := range b.members {
		m.class = a
	}
	a.members = append(a.members, b.members...)
}

// disjoint says that no value of one class is written while one of the other
// will be read.
func (c *coalescer) disjoint(a, b *class) bool {
	const most = 64
	if len(a.members)*len(b.members) > most*most {
		return false
	}
	for _, x := range a.members {
		for _, y := range b.members {
			if aliveAt(x, y) || aliveAt(y, x) {
				return false
			}
		}
	}
	return true
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
