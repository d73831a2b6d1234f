package exact

import "unsafe"

// What follows is called by the loop of run, which keeps to itself what calls
// nothing.

// enter pushes a frame for a call.
func (m *machine) enter(callee *function, free *closure) bool {
	fr := &m.frames[len(m.frames)-1]
	code := callee.code.Load()
	u, p := fr.u+fr.code.nu, fr.p+fr.code.np
	if !m.reserve(u+code.needU, p+code.needP) {
		return false
	}
	if m.tok.flag.Load() != 0 && !m.tok.poll(m) {
		return false
	}
	var handling *panicking
	if fr.code.wrapper {
		handling = fr.handling
	}
	m.push(frame{code: code, ip: unsafe.Pointer(&code.ins[0]), u: u, p: p, handling: handling})
	if free != nil {
		copy(m.u[u+code.resU+code.argU:], free.u)
		copy(m.p[p+code.resP+code.argP:], free.p)
	}
	return true
}

// pollJump looks for an interrupt, then lets fr go on where the jump before ip
// leads.
func (m *machine) pollJump(fr *frame, ip unsafe.Pointer) bool {
	fr.ip = ip
	if !m.tok.poll(m) {
		return false
	}
	fr.ip = unsafe.Add(ip, (*instr)(unsafe.Add(ip, -instrSize)).a)
	return true
}

// raiseIndexAt reports that the index of the instruction before ip, which has
// a tail, is out of range.
func (m *machine) raiseIndexAt(ub, ip unsafe.Pointer) {
	in, tail := (*instr)(unsafe.Add(ip, -2*instrSize)), (*instr)(unsafe.Add(ip, -instrSize))
	m.raiseIndex(*ru(ub, in.c), *ru(ub, tail.a), in.k)
}

func newObject(c *code, pb unsafe.Pointer, in *instr) {
	*rp(pb, in.a) = c.types[in.b].New()
}

func newCopy(c *code, pb unsafe.Pointer, in *instr) {
	tail := (*instr)(unsafe.Add(unsafe.Pointer(in), instrSize))
	t := c.types[in.c]
	q := t.New()
	t.Copy(q, unsafe.Add(*rp(pb, in.b), tail.a))
	*rp(pb, in.a) = q
}

func copyTo(c *code, pb unsafe.Pointer, in *instr) {
	tail := (*instr)(unsafe.Add(unsafe.Pointer(in), instrSize))
	c.types[in.c].Copy(unsafe.Add(*rp(pb, in.a), tail.a), *rp(pb, in.b))
}

func recoverTo(m *machine, fr *frame, pb unsafe.Pointer, in *instr) {
	*rany(pb, in.a) = m.recovered(fr)
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
