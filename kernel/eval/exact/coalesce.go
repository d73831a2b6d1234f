package exact

import (
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
