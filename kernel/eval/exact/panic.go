package exact

import (
	"fmt"
	"go/token"
	goruntime "runtime"
	"strings"
	"unsafe"

	"adkernel/kernel/eval"
)

// panicking is a panic on its way up, or another reason to leave all frames.
type panicking struct {
	val       any // what panic was called with, as cells hold it
	kill      kill
	recovered bool
	displaced *panicking // what was leaving frames, not for a panic, when a deferred call raised this one
	trace     []place
	values    []eval.Variable // on the line where it happened
	more      int             // calls that trace leaves out
	noted     *machine        // whose calls are the last in trace
}

// kill says why frames are left when it is not for a panic: deferred calls run,
// and recover sees nothing.
type kill uint8

const (
	killNone kill = iota
	killGoexit
	killInterrupt // val is an error that says why, or nil
	killOverflow
	killExit   // os.Exit; val is native.Exit
	killRefuse // the program asked for what has no exact answer; val is an error
)

// place is a call on the stack.
type place struct {
	code *code
	pos  token.Pos
	at   int32 // instruction
}

const maxTrace = 50

// overflowError is what a cell that recurses too deeply ends with. Go's
// runtime would end the process.
type overflowError struct {
	depth int
	what  string
}

func (e overflowError) Error() string {
	return fmt.Sprintf("stack overflow: %d nested calls%s", e.depth, e.what)
}

// raise starts a panic.
func (m *machine) raise(p *panicking) { m.raised = p }

// note appends the calls of this machine that led here. A panic that goes
// through native code has calls of several.
func (m *machine) note(p *panicking) {
	if p.noted == m {
		return
	}
	if p.noted == nil && (p.kill == killNone || p.kill == killOverflow || p.kill == killRefuse) {
		p.values = m.values()
	}
	p.noted = m
	for i := len(m.frames) - 1; i >= 0; i-- {
		if len(p.trace) == maxTrace {
			p.more += i + 1
			return
		}
		fr := &m.frames[i]
		n := fr.code.index(fr.ip)
		p.trace = append(p.trace, place{fr.code, fr.code.position(n), n})
	}
}

// index is the number of the instruction before ip: the one that is executed.
func (c *code) index(ip unsafe.Pointer) int32 {
	return int32(uintptr(ip)-uintptr(unsafe.Pointer(&c.ins[0])))/instrSize - 1
}

// position is where instruction n comes from; instructions without a place of
// their own belong to the one before.
func (c *code) position(n int32) token.Pos {
	for i := min(n, int32(len(c.pos))-1); i >= 0; i-- {
		if c.pos[i].IsValid() {
			return c.pos[i]
		}
	}
	return token.NoPos
}

// raiseValue is the panic statement.
func (m *machine) raiseValue(v any) {
	if v == nil {
		v = genuine(func() { panic(any(nil)) })
	}
	m.raise(&panicking{val: v})
}

// genuine returns the value that Go itself panics with, so that run-time
// errors have Go's types and texts.
func genuine(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func (m *machine) raiseNil() {
	m.raise(&panicking{val: genuine(func() {
		var p *int
		_ = *p
	})})
}

func (m *machine) raiseDivide() {
	zero := 0
	m.raise(&panicking{val: genuine(func() { _ = 1 / zero })})
}

func (m *machine) raiseShift() {
	count := -1
	m.raise(&panicking{val: genuine(func() { _ = 1 << count })})
}

// raiseIndex reports an index out of range; signed says how to read it.
func (m *machine) raiseIndex(i, n uint64, unsigned uint16) {
	s := make([]struct{}, n)
	m.raise(&panicking{val: genuine(func() {
		if unsigned != 0 {
			_ = s[i]
		} else {
			_ = s[int64(i)]
		}
	})})
}

// runtimeError is a run-time error that Go's runtime cannot be made to raise
// with the right words.
type runtimeError string

func (e runtimeError) Error() string { return string(e) }
func (runtimeError) RuntimeError()   {}

// GoType implements view.Named.
func (e runtimeError) GoType() string {
	text, ok := strings.CutPrefix(string(e), "runtime error: ")
	switch {
	case strings.HasPrefix(text, "hash of unhashable type: "):
		return "maps.unhashableTypeError"
	case !ok:
		return "runtime.plainError"
	case strings.HasPrefix(text, "slice bounds out of range"), strings.HasPrefix(text, "cannot convert slice"):
		return "runtime.boundsError"
	}
	return "runtime.errorString"
}

var _ goruntime.Error = runtimeError("")

// refuse ends the cell because what it asks for has no exact answer.
func (m *machine) refuse(format string, args ...any) {
	m.raise(&panicking{kill: killRefuse, val: &eval.Error{Kind: eval.Refused, Message: fmt.Sprintf(format, args...)}})
}

// fault reports an error of the evaluator.
func (m *machine) fault(what string, in *instr) {
	m.raise(&panicking{kill: killRefuse, val: fmt.Errorf("fault in the evaluator: %s (%d)", what, in.op)})
}

// unwind leaves frames, running their deferred calls, until one recovers: then
// that frame goes on, and unwind returns true. False: the frame at base is
// left, and m.raised is set.
func (m *machine) unwind(base int) bool {
	m.note(m.raised)
	for len(m.frames) > base {
		p := m.raised
		fr := &m.frames[len(m.frames)-1]
		if d := fr.pop(); d != nil && p.kill != killExit { // os.Exit runs no deferred calls
			switch ran := m.runDeferred(d, p); {
			case !ran:
				m.raised.displace(p)
			case p.recovered && p.displaced != nil:
				m.raised = p.displaced
			case p.recovered:
				m.raised = nil
				if m.runDefers() { // the others run as the function returns
					m.resume()
					return true
				}
			}
			m.note(m.raised)
			continue
		}
		clear(m.p[fr.p : fr.p+fr.code.np])
		m.frames[len(m.frames)-1] = frame{}
		m.frames = m.frames[:len(m.frames)-1]
	}
	return false
}

// displace notes that p was raised in place of what left frames before: if that
// was not for a panic, recovering p does not end it.
func (p *panicking) displace(before *panicking) {
	switch {
	case p.kill != killNone:
	case before.kill != killNone:
		p.displaced = before
	default:
		p.displaced = before.displaced
	}
}

// resume lets the top frame return after a recovered panic: with the values of
// its named results, or with zeros.
func (m *machine) resume() {
	fr := &m.frames[len(m.frames)-1]
	c := fr.code
	at := c.resume
	if at < 0 {
		clear(m.u[fr.u : fr.u+c.resU])
		clear(m.p[fr.p : fr.p+c.resP])
		for _, z := range c.zeros {
			m.p[fr.p+z.off] = z.ptr
		}
		at = int32(len(c.ins)) - 1 // opRet
	}
	fr.ip = unsafe.Pointer(&c.ins[at])
}

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
	m.rt.start(fn, free, u, p, m.place(), nil)
	return false
}

// place is where the top frame is.
func (m *machine) place() token.Pos {
	if len(m.frames) == 0 {
		return token.NoPos
	}
	fr := &m.frames[len(m.frames)-1]
	return fr.code.position(fr.code.index(fr.ip))
}
