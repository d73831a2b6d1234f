package exact

import (
	"unsafe"
)

func (fr *frame) pop() *deferred {
	if fr.defers == nil || fr.defers.top == nil {
		return nil
	}
	d := fr.defers.top
	fr.defers.top = d.next
	return d
}

// runDefers runs the top frame's deferred calls as it returns.
func (m *machine) runDefers() bool {
	for {
		d := m.frames[len(m.frames)-1].pop()
		if d == nil {
			return true
		}
		if !m.runDeferred(d, nil) {
			return false
		}
	}
}

// runDeferred runs one deferred call; p is the panic that runs it, or nil. True
// means that it returned: m.raised is p again. Otherwise it is the new panic.
func (m *machine) runDeferred(d *deferred, p *panicking) bool {
	m.raised = nil
	tok := m.tok
	if p != nil && p.kill != killNone && tok.ended() {
		t, release := cleanup() // deferred calls run to their end
		defer release()
		m.tok = t
	}
	fn := d.fn
	if d.free != nil {
		fn = d.free.fn
	}
	ok := false
	switch {
	case fn == nil:
		m.raiseNil()
	case !m.enterNested():
	default:
		ok = m.callDeferred(fn, d, p)
		m.tok.nested.Add(-1)
	}
	m.tok = tok
	if ok {
		m.raised = p
	}
	return ok
}

func (m *machine) callDeferred(fn *function, d *deferred, p *panicking) bool {
	var resU, resP int32
	if c := fn.code.Load(); c != nil {
		resU, resP = c.resU, c.resP
	} else {
		resU, resP = fn.resU, fn.resP
	}
	return m.call(fn, d.free, d.u, d.p, make([]uint64, resU), make([]unsafe.Pointer, resP), p)
}

// enterNested counts calls of cells inside of native code or of deferred
// calls, which use Go's own stack.
func (m *machine) enterNested() bool {
	if m.tok.nested.Add(1) > maxNested {
		m.tok.nested.Add(-1)
		m.raise(&panicking{kill: killOverflow, val: overflowError{maxNested, " through native code or deferred calls"}})
		return false
	}
	return true
}

// recovered is what recover returns in frame fr.
func (m *machine) recovered(fr *frame) any {
	p := fr.handling
	if p == nil || p.recovered || p.kill != killNone {
		return nil
	}
	p.recovered = true
	return p.val
}

// deferCall pushes a call whose arguments lie where calls expect them. stack is
// the register of the deferStack of another frame, or -1.
func (m *machine) deferCall(fn *function, free *closure, nu, np, stack int32) {
	fr := &m.frames[len(m.frames)-1]
	s := fr.defers
	switch {
	case stack >= 0:
		s = (*deferStack)(m.p[fr.p+stack/8])
	case s == nil:
		s = &deferStack{}
		fr.defers = s
	}
	u, p := m.arguments(fr, fn, free, nu, np)
	s.top = &deferred{next: s.top, fn: fn, free: free, u: u, p: p}
}

// arguments copies the argument slots of a call that is being prepared.
func (m *machine) arguments(fr *frame, fn *function, free *closure, nu, np int32) ([]uint64, []unsafe.Pointer) {
	u, p := fr.u+fr.code.nu, fr.p+fr.code.np
	if free != nil {
		fn = free.fn
	}
	if fn != nil {
		if c := fn.code.Load(); c != nil {
			u, p = u+c.resU, p+c.resP
		} else {
			u, p = u+fn.resU, p+fn.resP
		}
	}
	au := make([]uint64, nu)
	ap := make([]unsafe.Pointer, np)
	copy(au, m.u[u:])
	copy(ap, m.p[p:])
	return au, ap
}

// goCall starts a goroutine. True means that m.raised is set.
func (m *machine) goCall(fn *function, free *closure, nu, np int32) bool {
	if fn == nil && free == nil {
		m.raise(&panicking{val: runtimeError("go of nil func value")})
		return true
	}
	fr := &m.frames[len(m.frames)-1]
	u, p := m.arguments(fr, fn, free, nu, np)
	if free != nil {
		fn = free.fn
	}
	m.start(fn, free, u, p, nil)
	return false
}
