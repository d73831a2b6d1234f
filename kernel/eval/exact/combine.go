package exact

import "go/token"

// combine replaces instructions that follow one another by one that does the
// work of all, and drops what is left over. Jumps have no targets yet.
func (b *builder) combine() {
	n := len(b.code.ins)
	c := &combiner{b, make([]bool, n+1), make([]bool, n), make([]bool, n), make([]bool, n), false}
	for _, at := range b.starts {
		c.entered[at] = true
	}
	for _, s := range b.stubs {
		c.entered[s.to], c.jumps[s.at] = true, true
	}
	for _, j := range b.jumps {
		c.jumps[j.at] = true
	}
	for _, o := range b.outs {
		c.out[o.at] = true
	}
	if r := b.code.resume; r >= 0 {
		c.entered[r] = true
	}
	for i, in := range b.code.ins {
		switch {
		case in.op == opLoop && i+1 < n && !c.entered[i+1] && c.jumps[i+1] && !c.jumps[i]:
			c.loopEnd(i)
		case in.op == opLd64 && i+2 < n && !c.entered[i+1] && !c.entered[i+2]:
			c.addMemory(i)
		case in.op == opIdx64 && i+2 < n && !c.entered[i+2]:
			c.addElement(i)
		}
	}
	if c.changed {
		b.remove(c.dropped)
	}
}

// combiner knows of each instruction whether a jump leads to it, whether it is
// a jump itself, whether an operand lies behind the frame, and whether it is
// left over.
type combiner struct {
	*builder
	entered, jumps, out, dropped []bool
	changed                      bool
}

func (c *combiner) drop(list ...int) {
	for _, i := range list {
		c.dropped[i], c.changed = true, true
	}
}

var steps = map[op]op{opJLtS: opStepLtS, opJLeS: opStepLeS, opJLtI: opStepLtI, opJLeI: opStepLeI, opJGtI: opStepGtI, opJGeI: opStepGeI}

var polled = map[op]op{opJnz: opLoopNz, opJLtS: opLoopLtS, opJLtI: opLoopLtI}

// loopEnd combines the poll at i with the jump that follows it, and both with
// the step of the loop's variable before them.
func (c *combiner) loopEnd(i int) {
	ins := c.code.ins
	jump := &ins[i+1]
	if o, ok := steps[jump.op]; ok {
		if at := c.step(i, jump.b); at >= 0 {
			jump.op, jump.k = o, uint16(ins[at].c)
			c.drop(at, i)
			// the bound may be loaded just before
			if load := ins[i-1]; o == opStepLtS && i-1 > at && load.op == opLd64 && load.a == jump.c && load.c == 0 && c.once[load.a] && !c.out[i-1] {
				jump.op, jump.c = opStepLtMem, load.b
				c.unwritten(load.a, false)
				c.drop(i - 1)
			}
			return
		}
	}
	if o, ok := polled[jump.op]; ok {
		jump.op = o
		c.drop(i)
	}
}

// step finds the addition of a small constant to a register from which only
// loads and moves of others lead to instruction i, or returns -1.
func (c *combiner) step(i int, reg int32) int {
	for at := i - 1; at >= 0 && !c.entered[at+1]; at-- {
		switch in := c.code.ins[at]; {
		case in.op == opAddI && in.a == reg && in.b == reg && in.c == int32(int16(in.c)) && !c.out[at]:
			return at
		case in.op == opMovP, in.op == opLdI && in.a != reg, in.op == opLd64 && in.a != reg, in.op == opMovU && in.a != reg && in.b != reg:
		default:
			return -1
		}
	}
	return -1
}

// addMemory combines a load, an addition to what was loaded, and the store of
// the sum to the same place.
func (c *combiner) addMemory(i int) {
	ins := c.code.ins
	load, add, store := ins[i], ins[i+1], &ins[i+2]
	if store.op != opSt64 || store.a != add.a || store.b != load.b || store.c != load.c || !c.once[load.a] ||
		c.out[i] || c.out[i+1] || c.out[i+2] {
		return
	}
	other := add.c
	if add.c == load.a {
		other = add.b
	}
	switch {
	case add.op == opAddI && add.b == load.a && add.c == int32(int16(add.c)):
		*store = instr{opIncMem, uint16(add.c), add.a, load.b, load.c}
	case (add.op == opAdd || add.op == opAddF) && (add.b == load.a) != (add.c == load.a) && other/8 < 1<<16:
		o := opAddMem
		if add.op == opAddF {
			o = opAddMemF
		}
		*store = instr{o, uint16(other / 8), add.a, load.b, load.c}
	default:
		return
	}
	c.code.pos[i+2] = c.code.pos[i]
	c.unwritten(load.a, false)
	c.unwritten(add.a, false)
	c.drop(i, i+1)
}

// addElement combines the load of an element with its addition to a sum.
func (c *combiner) addElement(i int) {
	ins := c.code.ins
	load, add := &ins[i], ins[i+2]
	if !c.once[load.a] || add.c != load.a || add.b == load.a || add.a != add.b || c.out[i] || c.out[i+2] {
		return
	}
	switch add.op {
	case opAdd:
		load.op = opSumIdx
	case opAddF:
		load.op = opSumIdxF
	default:
		return
	}
	c.unwritten(load.a, false)
	load.a = add.a
	c.drop(i + 2)
}

// remove drops instructions. Who jumped to one comes to the next.
func (b *builder) remove(dropped []bool) {
	c := b.code
	moved := make([]int, len(c.ins)+1)
	n := 0
	var pos []token.Pos
	for i, in := range c.ins {
		moved[i] = n
		if !dropped[i] {
			c.ins[n] = in
			pos = append(pos, c.pos[i])
			n++
		}
	}
	moved[len(c.ins)] = n
	c.ins, c.pos = c.ins[:n], pos
	for block, at := range b.starts {
		b.starts[block] = moved[at]
	}
	for i := range b.jumps {
		b.jumps[i].at = moved[b.jumps[i].at]
	}
	for i := range b.stubs {
		b.stubs[i] = stub{moved[b.stubs[i].at], moved[b.stubs[i].to]}
	}
	for i := range b.outs {
		b.outs[i].at = moved[b.outs[i].at]
	}
	for i := range c.labels {
		c.labels[i].from = int32(moved[c.labels[i].from])
	}
	if c.resume >= 0 {
		c.resume = int32(moved[c.resume])
	}
}
