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
	overtook  *panicking // what was leaving frames, and made the deferred call run that raised this one
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
	killOther  // a goroutine of the cell panicked; val is its *eval.Error
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

// raiseIndex reports that index i is out of range for n elements; unsigned, if
// not 0, says that i is no negative number.
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
	first := p
	for first != before && first.overtook != nil {
		first = first.overtook
	}
	if first != before {
		first.overtook = before
	}
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

// place is where the top frame is.
func (m *machine) place() token.Pos {
	if len(m.frames) == 0 {
		return token.NoPos
	}
	fr := &m.frames[len(m.frames)-1]
	return fr.code.position(fr.code.index(fr.ip))
}
