package exact

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// A machine runs the calls of one goroutine. Registers live in two banks, so
// that the collector sees every pointer and nothing else: scalars in u,
// pointers in p.
type machine struct {
	rt     *runtime
	tok    *permit
	u      []uint64
	p      []unsafe.Pointer
	frames []frame
	raised *panicking // what an instruction raised and nothing has handled
	method *function  // what an opCallM found, nil when it has been called

	outside atomic.Pointer[function] // the native function that is being called
}

// A frame is a call that has not returned.
type frame struct {
	code     *code
	ip       unsafe.Pointer // of the next instruction
	u, p     int32          // where the frame starts in the banks, in slots
	defers   *deferStack
	handling *panicking // of a deferred function that a panic runs: what recover returns
}

// deferStack holds the deferred calls of one frame, the last one on top.
type deferStack struct{ top *deferred }

// deferred is a call with its arguments, evaluated when it was deferred.
type deferred struct {
	next *deferred
	fn   *function
	free *closure
	u    []uint64
	p    []unsafe.Pointer
}

// Limits of a goroutine: as many nested calls, and as much memory for their
// registers, as Go's own limit of 1 GB for a stack would hold of small frames.
const (
	maxFrames = 2_000_000
	maxBank   = 48 << 20 // slots
	maxNested = 20_000   // calls of cells from native code or from deferred calls, inside each other: 5 to 10 KB of Go's stack each
)

var idle = sync.Pool{New: func() any {
	return &machine{u: make([]uint64, 256), p: make([]unsafe.Pointer, 128), frames: make([]frame, 0, 16)}
}}

// newMachine returns a machine with an empty stack.
func (rt *runtime) newMachine(tok *permit) *machine {
	m := idle.Get().(*machine)
	m.rt, m.tok, m.raised = rt, tok, nil
	return m
}

// free hands the machine back; nothing may refer to it.
func (m *machine) free() {
	if len(m.p) > 1<<16 || len(m.u) > 1<<16 || cap(m.frames) > 1<<14 {
		return
	}
	clear(m.p)
	clear(m.frames[:cap(m.frames)])
	m.frames = m.frames[:0]
	m.rt, m.tok, m.raised = nil, nil, nil
	idle.Put(m)
}

// reserve makes room for a frame at (u, p); false means that the stack has
// reached its limit, and m.raised says so.
func (m *machine) reserve(u, p int32) bool {
	if int(u) > len(m.u) {
		if u > maxBank {
			return m.overflow()
		}
		bank := make([]uint64, max(int(u), 2*len(m.u)))
		copy(bank, m.u)
		m.u = bank
	}
	if int(p) > len(m.p) {
		if p > maxBank {
			return m.overflow()
		}
		bank := make([]unsafe.Pointer, max(int(p), 2*len(m.p)))
		copy(bank, m.p)
		m.p = bank
	}
	if len(m.frames) >= maxFrames {
		return m.overflow()
	}
	return true
}

func (m *machine) overflow() bool {
	m.raise(&panicking{kill: killOverflow, val: overflowError{len(m.frames), ""}})
	return false
}

// push adds a frame. The slice grows to the limit and not beyond it, so that a
// full one says that the limit is reached.
func (m *machine) push(f frame) {
	if len(m.frames) == cap(m.frames) {
		grown := make([]frame, len(m.frames), min(max(2*cap(m.frames), 16), maxFrames))
		copy(grown, m.frames)
		m.frames = grown
	}
	m.frames = append(m.frames, f)
}

// top is where the next call's frame would start.
func (m *machine) top() (u, p int32) {
	if len(m.frames) == 0 {
		return 0, 0
	}
	fr := &m.frames[len(m.frames)-1]
	return fr.u + fr.code.nu, fr.p + fr.code.np
}

// call runs fn with the given argument slots on top of the stack, and copies
// its result slots to ru and rp. False means that m.raised is set.
func (m *machine) call(fn *function, free *closure, au []uint64, ap []unsafe.Pointer, resU []uint64, resP []unsafe.Pointer, handling *panicking) bool {
	bu, bp := m.top()
	c := fn.code.Load()
	nu, np := int32(len(au)+len(resU))+4, int32(len(ap)+len(resP))+4
	if c != nil {
		nu, np = c.needU, c.needP
	}
	if !m.reserve(bu+nu, bp+np) {
		return false
	}
	copy(m.u[int(bu)+len(resU):], au)
	copy(m.p[int(bp)+len(resP):], ap)
	if fn.native != nil {
		if fn.native(m, unsafe.Pointer(&m.u[bu]), unsafe.Pointer(&m.p[bp])) {
			return false
		}
	} else {
		if free != nil {
			copy(m.u[bu+c.resU+c.argU:], free.u)
			copy(m.p[bp+c.resP+c.argP:], free.p)
		}
		m.push(frame{code: c, ip: unsafe.Pointer(&c.ins[0]), u: bu, p: bp, handling: handling})
		if !m.run(len(m.frames) - 1) {
			return false
		}
	}
	copy(resU, m.u[bu:])
	copy(resP, m.p[bp:])
	clear(m.p[bp : bp+int32(len(resP))])
	return true
}

// callValue is call of a func value.
func (m *machine) callValue(f *closure, au []uint64, ap []unsafe.Pointer, resU []uint64, resP []unsafe.Pointer) bool {
	return m.call(f.fn, f, au, ap, resU, resP, nil)
}
