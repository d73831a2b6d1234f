package exact

import (
	"go/token"
	"reflect"
	"sync"
	"sync/atomic"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
)

// An instr is one instruction. Operands that name registers are byte offsets
// from the start of the frame in their bank. Some instructions have more
// operands than fit: the one that follows holds the rest.
type instr struct {
	op      op
	k       uint16
	a, b, c int32
}

const instrSize = int32(unsafe.Sizeof(instr{}))

// A code is a compiled function body.
//
// A frame has, in both banks, its results first, then its parameters, then
// what a closure captured, then everything else; behind it lie the results
// and arguments of the calls that it makes.
type code struct {
	name   string
	symbol string // as package runtime names it
	fn     *function
	ins    []instr
	pos    []token.Pos // of each instruction

	resU, resP   int32 // slots of the results
	argU, argP   int32 // slots of the parameters
	nu, np       int32 // slots of the frame
	needU, needP int32 // and of the calls that it makes

	resume  int32 // instruction at which the function goes on after a recovered panic, -1 to return zeros
	wrapper bool  // made by the compiler: what it calls counts as called by its caller
	zeros   []zeroSlot

	words  []uint64
	ptrs   []unsafe.Pointer // constants and variables; keeps them alive
	strs   []string
	types  []*layout.Type
	funcs  []*function
	exts   []ext
	labels []varLabel // which variable lives where, for traces
	blocks []block    // and which blocks dominate which
	found  sync.Map   // what onLine found
	origin *origin    // of a cell's code
}

// zeroSlot is a result slot whose zero is not the zero pointer.
type zeroSlot struct {
	off int32
	ptr unsafe.Pointer
}

// A function is what calls refer to: its code may be replaced when a later
// cell declares it again with the same signature.
type function struct {
	name   string
	code   atomic.Pointer[code]
	native nativeFn      // instead of code
	origin reflect.Value // what native calls, when it is a func that native code made
	value  *closure      // the func value of a function that captures nothing

	resU, resP int32 // slots of the results, when it is native
	takes      taker // how much it allocates, when its arguments say so
	replaced   replacement
}

// A nativeFn runs native code. Its results and arguments lie at u and p as in
// a frame. True means that m.raised is set.
type nativeFn func(m *machine, u, p unsafe.Pointer) bool

// An ext is an instruction compiled to a Go closure. u and p are the frame's
// banks. True means that m.raised is set.
type ext func(m *machine, u, p unsafe.Pointer) bool

// A closure is a func value: a function and the registers that it captured.
type closure struct {
	fn *function
	u  []uint64
	p  []unsafe.Pointer
}

func newFunction(name string) *function {
	f := &function{name: name}
	f.value = &closure{fn: f}
	return f
}

// A loc is where a value's slots begin in both banks, in bytes.
type loc struct{ u, p int32 }

func (l loc) plus(u, p int) loc { return loc{l.u + int32(u)*8, l.p + int32(p)*8} }

// register access; the compiler of Go inlines these
func ru(b unsafe.Pointer, o int32) *uint64 { return (*uint64)(unsafe.Add(b, o)) }
func ri(b unsafe.Pointer, o int32) *int64  { return (*int64)(unsafe.Add(b, o)) }
func rf(b unsafe.Pointer, o int32) *float64 {
	return (*float64)(unsafe.Add(b, o))
}
func rs(b unsafe.Pointer, o int32) *float32 { return (*float32)(unsafe.Add(b, o)) }
func rp(b unsafe.Pointer, o int32) *unsafe.Pointer {
	return (*unsafe.Pointer)(unsafe.Add(b, o))
}

// rany is an interface in two pointer registers.
func rany(b unsafe.Pointer, o int32) *any { return (*any)(unsafe.Add(b, o)) }

// rstr reads a string whose pointer and length lie in the two banks.
func rstr(u, p unsafe.Pointer, l loc) string {
	return unsafe.String((*byte)(*rp(p, l.p)), *ri(u, l.u))
}

func setstr(u, p unsafe.Pointer, l loc, s string) {
	*rp(p, l.p) = unsafe.Pointer(unsafe.StringData(s))
	*ri(u, l.u) = int64(len(s))
}
